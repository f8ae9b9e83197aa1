/* engine_lock.c - who runs the engine, see engine_lock.h. */
#include "tools/engine_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_file(const char *state_dir, int flags)
{
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof(path), "%s/engine.pid", state_dir) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0644);
	return fd < 0 ? -errno : fd;
}

static void write_pid(int fd)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)len, 0) < 0)
		return;		/* only people read it */
}

int engine_lock_take(const char *state_dir, int *ret_fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd;

	if (mkdir(state_dir, 0755) < 0 && errno != EEXIST)
		return -errno;
	fd = open_file(state_dir, O_RDWR | O_CREAT);
	if (fd < 0)
		return fd;
	if (fcntl(fd, F_SETLK, &lock) < 0) {
		int rc = errno == EACCES || errno == EAGAIN ? -EBUSY : -errno;

		close(fd);
		return rc;
	}
	write_pid(fd);
	*ret_fd = fd;
	return 0;
}

void engine_lock_release(int fd)
{
	if (fd < 0)
		return;
	if (ftruncate(fd, 0) < 0)
		write_pid(fd);
	close(fd);
}

pid_t engine_lock_owner(const char *state_dir)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open_file(state_dir, O_RDONLY);
	pid_t owner = 0;

	if (fd < 0)
		return 0;
	/* The kernel's word, in this process's numbering: 0 or less when the
	 * owner is of a PID namespace that has no number here. */
	if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
		owner = lock.l_pid;
	close(fd);
	return owner > 0 ? owner : 0;
}

static bool same_network(pid_t pid)
{
	struct stat ours, theirs;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	return stat("/proc/self/ns/net", &ours) == 0 &&
	       stat(path, &theirs) == 0 && ours.st_dev == theirs.st_dev &&
	       ours.st_ino == theirs.st_ino;
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

/* A pid may be given anew at any time: the descriptor is opened first, and
 * then its process must still be the one that holds the lock. */
int engine_lock_end_owner(const char *state_dir, int timeout_ms,
			  pid_t *ret_pid)
{
	pid_t pid = engine_lock_owner(state_dir);
	int pidfd, rc;

	*ret_pid = pid;
	if (pid == 0)
		return 0;
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		return errno == ESRCH ? 0 : -errno;
	if (engine_lock_owner(state_dir) != pid)
		rc = 0;
	else if (!same_network(pid))
		rc = -EXDEV;
	else
		rc = end_process(pidfd, timeout_ms);
	close(pidfd);
	return rc;
}
