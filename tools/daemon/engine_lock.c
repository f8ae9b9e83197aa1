/* SPDX-License-Identifier: GPL-2.0-or-later */
/* engine_lock.c - allow one engine per state directory, see engine_lock.h. */
#include "tools/daemon/engine_lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rules/util/state_dir.h"
#include "rules/util/state_file.h"
#include "rules/setup/plan/health.h"
#include "rules/setup/lock.h"
#include "rules/setup/setup.h"

/* The owner unlinks the file when it releases the lock: another process may
 * have opened the old file, and has to try again. */
#define TRIES 20
#define NAME "/engine.pid"

static int file_path(const char *dir, char path[static PATH_MAX])
{
	if (snprintf(path, PATH_MAX, "%s" NAME, dir) >= PATH_MAX)
		return -ENAMETOOLONG;
	return 0;
}

/* -EAGAIN: the file was replaced. */
static int try_take(struct engine_lock *lock, const char *path)
{
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int rc = state_dir_make(lock->dir);

	if (rc < 0)
		return rc;
	lock->fd = state_file_open(path);
	if (lock->fd < 0)
		return lock->fd == -ENOENT ? -EAGAIN : lock->fd;
	if (fcntl(lock->fd, F_SETLK, &all) < 0)
		rc = errno == EACCES || errno == EAGAIN ? -EBUSY : -errno;
	else if (!lock_is_current(lock->fd, path))
		rc = -EAGAIN;
	if (rc < 0) {
		close(lock->fd);
		lock->fd = -1;
	}
	return rc;
}

int engine_lock_take(struct engine_lock *lock, const char *given)
{
	char path[PATH_MAX], text[16];
	int rc, len;

	lock->fd = -1;
	lock->is_default = given == NULL;
	rc = setup_state_dir(given, lock->dir);
	if (rc == 0)
		rc = file_path(lock->dir, path);
	if (rc < 0)
		return rc;
	rc = try_take(lock, path);
	for (int i = 0; i < TRIES && rc == -EAGAIN; i++)
		rc = try_take(lock, path);
	if (rc < 0)
		return rc;

	len = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (ftruncate(lock->fd, 0) == 0 &&
	    pwrite(lock->fd, text, (size_t)len, 0) == len)
		return 0;
	rc = -errno;
	engine_lock_release(lock);
	return rc;
}

void engine_lock_release(struct engine_lock *lock)
{
	char path[PATH_MAX];
	char *end;

	if (lock->fd < 0)
		return;
	/* A killed engine left its socket, too. */
	if (snprintf(path, sizeof(path), "%s/control", lock->dir) < PATH_MAX)
		unlink(path);
	if (file_path(lock->dir, path) == 0)
		unlink(path);
	close(lock->fd);
	lock->fd = -1;
	if (rmdir(lock->dir) < 0 || !lock->is_default)
		return;
	end = strrchr(lock->dir, '/');
	*end = '\0';
	rmdir(lock->dir);
}

/* The kernel reports the owner as a PID of this PID namespace. */
pid_t engine_lock_owner(const char *given)
{
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char dir[PATH_MAX], path[PATH_MAX];
	pid_t owner = 0;
	int fd;

	if (setup_state_dir(given, dir) < 0 || file_path(dir, path) < 0)
		return 0;
	fd = state_file_open_read(path);
	if (fd < 0)
		return 0;
	if (fcntl(fd, F_GETLK, &all) == 0 && all.l_type != F_UNLCK)
		owner = all.l_pid;
	close(fd);
	return owner > 0 ? owner : 0;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Return -EXDEV for another network namespace, -errno if that is unknown. */
static int check_network(pid_t pid)
{
	struct stat ours, theirs;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	if (stat("/proc/self/ns/net", &ours) < 0)
		return -errno;
	if (stat(path, &theirs) < 0)
		return errno == ENOENT ? 0 : -errno;	/* ended meanwhile */
	return is_same(&ours, &theirs) ? 0 : -EXDEV;
}

static int end_process(int pidfd, int timeout_ms)
{
	struct pollfd gone = { .fd = pidfd, .events = POLLIN };

	if (syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0) < 0)
		return errno == ESRCH ? 1 : -errno;
	switch (poll(&gone, 1, timeout_ms)) {
	case 1:
		return 1;
	case 0:
		return -ETIMEDOUT;
	default:
		return -errno;
	}
}

/* PIDs are reused: open a pidfd first, then check that the process still holds
 * the lock. */
static int end_owner(const char *given, int timeout_ms, pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int rc = 0;

	if (pidfd < 0)
		return errno == ESRCH ? 0 : -errno;
	if (engine_lock_owner(given) == pid) {
		rc = check_network(pid);
		if (rc == 0)
			rc = end_process(pidfd, timeout_ms);
	}
	close(pidfd);
	return rc;
}

/* A killed engine leaves its files. */
static void remove_remains(const char *given)
{
	struct engine_lock lock;
	char dir[PATH_MAX], path[PATH_MAX];

	if (setup_state_dir(given, dir) < 0 || file_path(dir, path) < 0 ||
	    access(path, F_OK) < 0)
		return;
	if (engine_lock_take(&lock, given) == 0)
		engine_lock_release(&lock);
}

int engine_lock_end_owner(const char *given, int timeout_ms, pid_t *ret_pid)
{
	pid_t pid = engine_lock_owner(given);
	int rc = pid != 0 ? end_owner(given, timeout_ms, pid) : 0;

	*ret_pid = pid;
	if (rc >= 0)
		remove_remains(given);
	return rc;
}

/* ---- an engine with another state directory ---- */

/* Find the directory of the engine.pid that the process has open. */
static bool dir_of(unsigned int pid, char dir[static PATH_MAX])
{
	char path[64 + sizeof(((struct dirent *)0)->d_name)];
	struct dirent *entry;
	bool found = false;
	ssize_t len;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%u/fd", pid);
	fds = opendir(path);
	while (fds != NULL && !found && (entry = readdir(fds)) != NULL) {
		snprintf(path, sizeof(path), "/proc/%u/fd/%s", pid,
			 entry->d_name);
		len = readlink(path, dir, PATH_MAX - 1);
		if (len <= 0)
			continue;
		dir[len] = '\0';
		found = len > (ssize_t)strlen(NAME) &&
			strcmp(dir + len - strlen(NAME), NAME) == 0;
		if (found)
			dir[len - (ssize_t)strlen(NAME)] = '\0';
	}
	if (fds != NULL)
		closedir(fds);
	return found;
}

/* Directories that do not exist are never the same. */
static bool same_dir(const char *a, const char *b)
{
	struct stat first, second;

	return stat(a, &first) == 0 && stat(b, &second) == 0 &&
	       is_same(&first, &second);
}

/* Whether the process holds the lock of a directory other than `ours` and
 * maintains the set-up of this network namespace. The order matters: closing
 * its own file would release the caller's lock. */
static bool is_elsewhere(pid_t pid, const char *ours, char dir[static PATH_MAX])
{
	return pid != getpid() && dir_of((unsigned int)pid, dir) &&
	       !same_dir(dir, ours) && engine_lock_owner(dir) == pid &&
	       check_network(pid) == 0 && health_is_kept(dir);
}

pid_t engine_lock_elsewhere(const char *given, char dir[static PATH_MAX])
{
	DIR *processes = opendir("/proc");
	char ours[PATH_MAX];
	struct dirent *entry;
	pid_t found = 0;

	if (setup_state_dir(given, ours) < 0)
		ours[0] = '\0';
	while (processes != NULL && found == 0 &&
	       (entry = readdir(processes)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0 && is_elsewhere(pid, ours, dir))
			found = pid;
	}
	if (processes != NULL)
		closedir(processes);
	return found;
}
