/*
 * foreground.h - the engine as `run` and `up` have it: one process in the
 * foreground, until a signal ends it.
 */
#ifndef WAYMARK_FOREGROUND_H
#define WAYMARK_FOREGROUND_H

struct foreground;

/*
 * Read the policy in `path`, take the lock of `state_dir`, NULL for the usual
 * one, and start the engine; signals wait from now on for foreground_wait().
 * NULL on failure, complaints went to stderr. Both texts are kept.
 */
struct foreground *foreground_start(const char *path, const char *state_dir);

/* Have the kernel follow the policy, now and at each reload. 0, or -errno and
 * the reason on stderr. */
int foreground_set_up(struct foreground *fg);

/* Or, where somebody else does that: find out which uplinks are dead. */
void foreground_look(struct foreground *fg);

/*
 * Say that it is ready; reload at SIGHUP, and answer whom the control socket
 * brings. 0 after SIGINT or SIGTERM, or -errno, and the reason on stderr, when
 * the engine failed.
 */
int foreground_wait(struct foreground *fg);

/* Stop the engine, say what it did, let go of the lock. NULL is fine. */
void foreground_stop(struct foreground *fg);

#endif
