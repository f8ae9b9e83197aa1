/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine_lock.h - allow one engine per state directory. The engine holds a
 * POSIX lock on DIR/engine.pid, and the kernel reports the owner of a lock, so
 * that a process that died holds none. The number in the file is for people.
 *
 * `given` is the directory, NULL for that of this network namespace.
 */
#ifndef WAYMARK_ENGINE_LOCK_H
#define WAYMARK_ENGINE_LOCK_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

struct engine_lock {
	int fd;			/* -1: not held */
	bool is_default;	/* remove its parent directory, too */
	char dir[PATH_MAX];
};

/*
 * Take the lock, and create the directory if necessary. The lock lasts until
 * it is released or the process ends. Until then, no other code of this
 * process may open the file: closing it would release the lock. Returns 0,
 * -EBUSY if another process holds the lock, or another -errno.
 */
int engine_lock_take(struct engine_lock *lock, const char *given);
/* Release the lock, and remove directories that are empty then. */
void engine_lock_release(struct engine_lock *lock);

/* Return the process that holds the lock, or 0. */
pid_t engine_lock_owner(const char *given);

/*
 * End the engine that holds the lock, and wait for it. Returns 1 if it ended,
 * 0 if none was running, -EXDEV if it runs in another network namespace and
 * was left alone, -ETIMEDOUT or another -errno if it still runs. *ret_pid is
 * the process in each case, 0 for none.
 */
int engine_lock_end_owner(const char *given, int timeout_ms, pid_t *ret_pid);

/*
 * Find a process that maintains the set-up of this network namespace with
 * another state directory than `given`. Returns it and that directory, or 0.
 */
pid_t engine_lock_elsewhere(const char *given, char dir[static PATH_MAX]);

#endif
