/*
 * engine_lock.h - one engine for each state directory: whoever runs it holds
 * a lock on STATE_DIR/engine.pid, and so the kernel knows who that is. What
 * the file says is for people; a process that died holds nothing.
 */
#ifndef WAYMARK_ENGINE_LOCK_H
#define WAYMARK_ENGINE_LOCK_H

#include <sys/types.h>

/* Where the journal and the lock are kept: it does not outlive a boot. */
#define ENGINE_STATE_DIR "/run/waymark"

/*
 * Take the lock; the directory is made if need be. The lock lasts until
 * engine_lock_release() or the process ends; nobody else in this process may
 * open the file meanwhile. -EBUSY: another has it.
 */
int engine_lock_take(const char *state_dir, int *ret_fd);
void engine_lock_release(int fd);

/* The process that holds the lock; 0: none does. */
pid_t engine_lock_owner(const char *state_dir);

/*
 * End the engine that holds the lock, and wait until it is gone. 1: it ended;
 * 0: none was running; -EXDEV: it runs in another network namespace and was
 * left alone; -ETIMEDOUT, -errno: it still runs. *ret_pid tells which, and may
 * be written on failure too.
 */
int engine_lock_end_owner(const char *state_dir, int timeout_ms,
			  pid_t *ret_pid);

#endif
