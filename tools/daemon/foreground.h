/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * foreground.h - the daemon of `run` and `up`: one process in the foreground,
 * until a signal ends it. Main thread only. Errors are logged.
 */
#ifndef WAYMARK_FOREGROUND_H
#define WAYMARK_FOREGROUND_H

/* Exit status of `run` and `up`: the policy is refused, so that a service manager
 * does not start them again (EX_CONFIG of sysexits.h). */
#define EXIT_POLICY 78

struct foreground;

/*
 * Read the policy in `path`, take the lock of `state_dir` (NULL: the default)
 * and start the engine. Signals are blocked until foreground_wait(). Returns
 * NULL on failure, with the exit status in *ret_status: EXIT_POLICY if another
 * attempt would fail, too. Programs in `events_dir` (NULL: none) are run when an
 * uplink changes. The strings must outlive the result.
 */
struct foreground *foreground_start(const char *path, const char *state_dir,
				    const char *events_dir, int *ret_status);

/* Set up the kernel, now and at each reload. 0 or -errno. */
int foreground_set_up(struct foreground *fg);

/* Without a set-up: find out which uplinks are down. */
void foreground_look(struct foreground *fg);

/*
 * Log that the daemon is ready, then reload on SIGHUP and answer clients of
 * the control socket. Returns 0 after SIGINT or SIGTERM, or -errno when the
 * engine failed.
 */
int foreground_wait(struct foreground *fg);

/* Stop the engine, log its totals, release the lock. NULL is accepted. */
void foreground_stop(struct foreground *fg);

#endif
