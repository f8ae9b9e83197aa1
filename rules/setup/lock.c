/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lock.c - the state directory and its lock. */
#include "rules/setup/lock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules/util/state_dir.h"
#include "rules/util/state_file.h"
#include "rules/setup/setup.h"

#define DIR "/run/waymark"
/* How long to wait for another process: TRIES * PAUSE_US. */
#define TRIES 100
#define PAUSE_US 100000

int setup_state_dir(const char *given, char dir[static PATH_MAX])
{
	struct stat net;

	if (given != NULL) {
		if (snprintf(dir, PATH_MAX, "%s", given) >= PATH_MAX - 16)
			return -ENAMETOOLONG;
		return 0;
	}
	if (stat("/proc/self/ns/net", &net) < 0)
		return -errno;
	snprintf(dir, PATH_MAX, DIR "/netns-%lu", (unsigned long)net.st_ino);
	return 0;
}

bool lock_is_current(int fd, const char *path)
{
	struct stat held, there;

	return fstat(fd, &held) == 0 && stat(path, &there) == 0 &&
	       held.st_ino == there.st_ino && held.st_dev == there.st_dev;
}

/* -EAGAIN: try again. */
static int try_lock(struct lock *lock)
{
	char path[PATH_MAX + 8];
	int rc = state_dir_make(lock->dir);

	if (rc < 0)
		return rc;
	snprintf(path, sizeof(path), "%s/lock", lock->dir);
	lock->fd = state_file_open(path);
	if (lock->fd < 0)
		return lock->fd == -ENOENT ? -EAGAIN : lock->fd;
	if (flock(lock->fd, LOCK_EX | LOCK_NB) == 0) {
		if (lock_is_current(lock->fd, path))
			return 0;
		errno = EAGAIN;
	}
	rc = -errno;
	close(lock->fd);
	lock->fd = -1;
	return rc;
}

int lock_open(struct lock *lock, const char *given,
	      char error[static SETUP_ERROR_MAX])
{
	char path[PATH_MAX + 8], why[STATE_WHY_MAX];
	int rc;

	lock->fd = -1;
	lock->is_default = given == NULL;
	rc = setup_state_dir(given, lock->dir);
	if (rc < 0)
		return set_error(error, rc, "state directory: %s",
				 strerror(-rc));
	rc = try_lock(lock);
	for (int i = 0; i < TRIES && rc == -EAGAIN; i++) {
		usleep(PAUSE_US);
		rc = try_lock(lock);
	}
	if (rc == -EAGAIN)
		return set_error(error, rc,
				 "%s: another waymark holds the lock; "
				 "wait for it, or stop it",
				 lock->dir);
	snprintf(path, sizeof(path), "%s/lock", lock->dir);
	if (rc < 0)
		return set_error(error, rc, "%s: %s; or choose another "
				 "directory with --state-dir", path,
				 state_file_reason(path, rc, why));
	return 0;
}

void lock_close(struct lock *lock, bool remove)
{
	char path[PATH_MAX + 8];

	if (lock->fd < 0)
		return;
	if (remove) {
		snprintf(path, sizeof(path), "%s/lock", lock->dir);
		unlink(path);
		if (rmdir(lock->dir) == 0 && lock->is_default)
			rmdir(DIR);
	}
	close(lock->fd);
	lock->fd = -1;
}
