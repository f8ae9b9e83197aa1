/*
 * engine_lock.h - one engine for each state folder: whoever runs it holds a
 * lock on FOLDER/engine.pid, and so the kernel knows who that is. What the
 * file says is for people; a process that died holds nothing.
 *
 * `given` is the folder, NULL for that of this network namespace.
 */
#ifndef WAYMARK_ENGINE_LOCK_H
#define WAYMARK_ENGINE_LOCK_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

struct engine_lock {
	int fd;			/* -1: not held */
	bool is_default;	/* the folder above it is ours too */
	char dir[PATH_MAX];
};

/*
 * Take the lock; the folder is made if need be. It lasts until it is released
 * or the process ends; nobody else in this process may open the file
 * meanwhile. -EBUSY: another process has it.
 */
int engine_lock_take(struct engine_lock *lock, const char *given);
/* Folders that are empty then go. */
void engine_lock_release(struct engine_lock *lock);

/* The process that holds the lock; 0: none does. */
pid_t engine_lock_owner(const char *given);

/*
 * End the engine that holds the lock, and wait until it is gone. 1: it ended;
 * 0: none was running; -EXDEV: it runs in another network namespace and was
 * left alone; -ETIMEDOUT or another -errno: it still runs. *ret_pid is the
 * process in each case, 0 for none.
 */
int engine_lock_end_owner(const char *given, int timeout_ms, pid_t *ret_pid);

/*
 * Who keeps the set-up of this network namespace true, by another folder than
 * `given`; 0: nobody that is known. `dir` is that folder then.
 */
pid_t engine_lock_elsewhere(const char *given, char dir[static PATH_MAX]);

#endif
