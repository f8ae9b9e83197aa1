/*
 * foreground.h - the engine as `run` and `up` have it: one process in the
 * foreground, until a signal ends it.
 */
#ifndef WAYMARK_FOREGROUND_H
#define WAYMARK_FOREGROUND_H

#include "rules/policy.h"

struct foreground;

/*
 * Take the lock of `state_dir`, NULL for the usual one, and start the engine;
 * signals that end it wait from now on for foreground_wait(). Complaints go to
 * stderr, with `name`, the policy's, in front. NULL on failure; else the policy
 * is the engine's.
 */
struct foreground *foreground_start(const char *name,
				    struct policy *policy,
				    const char *state_dir);

/* Say that it is ready; return 0 after SIGINT, SIGTERM or SIGHUP, or -errno,
 * and the reason on stderr, when the engine failed. */
int foreground_wait(struct foreground *fg);

/* Stop the engine, say what it did, let go of the lock. NULL is fine. */
void foreground_stop(struct foreground *fg);

#endif
