/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table_holder.c - the process that keeps a socket, see table_holder.h. */
#include "rules/setup/kernel/table_holder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME "table"
#define OOM_FILE "/proc/self/oom_score_adj"
#define OOM_SCORE "-900"
#define WAIT_S 2
/* The netlink socket and a pidfd. */
#define FDS 2

/* ---- both sides ---- */

static int open_name(const char *dir, struct sockaddr_un *address)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	/* sun_path is shorter than a path may be. */
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(address->sun_path, sizeof(address->sun_path),
		 "/proc/self/fd/%d/" NAME, fd);
	return fd < 0 ? -errno : fd;
}

/* `fd`; or `rc`, if that is an error: then it is closed. */
static int fd_unless(int rc, int fd)
{
	if (rc == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return rc;
}

/* Whether the other side is root's, this user's or `owner`'s. It is given
 * WAIT_S. */
static bool is_trusted(int fd, uid_t owner)
{
	struct timeval limit = { .tv_sec = WAIT_S };
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid() || peer.uid == owner) &&
	       setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit,
			  sizeof(limit)) == 0 &&
	       setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit,
			  sizeof(limit)) == 0;
}

/* Room for the descriptors of one message. */
union fds_message {
	char buffer[CMSG_SPACE(FDS * sizeof(int))];
	struct cmsghdr align;
};

/* ---- the process ---- */

static void give(int client, int socket)
{
	int fds[FDS] = { socket, (int)syscall(SYS_pidfd_open, getpid(), 0) };
	char byte = 0;
	struct iovec data = { &byte, 1 };
	union fds_message room = { 0 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1,
		.msg_control = room.buffer,
		.msg_controllen = sizeof(room.buffer),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(header), fds, sizeof(fds));
	if (fds[1] >= 0) {
		(void)sendmsg(client, &message, MSG_NOSIGNAL);
		close(fds[1]);
	}
}

_Noreturn static void serve(int listener, int socket)
{
	char what;
	int client;

	for (;;) {
		client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (client < 0)
			continue;
		what = '\0';
		if (is_trusted(client, 0) && recv(client, &what, 1, 0) == 1) {
			if (what == 'e')
				_exit(0);
			if (what == 'g')
				give(client, socket);
		}
		close(client);
	}
}

/* Best effort: its file may be read-only, and the kernel may refuse it. */
static void set_score(const char *score)
{
	int fd = open(OOM_FILE, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, score, strlen(score)) < 0)
		errno = 0;
	close(fd);
}

void table_holder_lower_score(char old[static OOM_SCORE_MAX])
{
	int fd = open(OOM_FILE, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, old, OOM_SCORE_MAX - 1);

	old[len > 0 ? len : 0] = '\0';
	if (fd >= 0)
		close(fd);
	set_score(OOM_SCORE);
}

void table_holder_restore_score(const char old[static OOM_SCORE_MAX])
{
	set_score(old);
}

/* The kernel checks the rights of those who send. */
static void drop_rights(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	syscall(SYS_capset, &header, none);
}

static void reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
}

/* Leave the caller's session, directory, memory of descriptors and rights. */
_Noreturn static void run_process(int listener, int socket)
{
	int null = open("/dev/null", O_RDWR);

	/* Above those that are assigned below. */
	listener = fcntl(listener, F_DUPFD, 8);
	socket = fcntl(socket, F_DUPFD, 8);
	if (null < 0 || listener < 0 || socket < 0)
		_exit(1);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	dup2(listener, 3);
	dup2(socket, 4);
	syscall(SYS_close_range, 5, ~0U, 0);
	prctl(PR_SET_NAME, "waymark-table");
	reset_signals();
	if (chdir("/") < 0)
		_exit(1);
	set_score(OOM_SCORE);
	drop_rights();
	serve(3, 4);
}

/* ---- those who use it ---- */

static int open_listener(const char *dir)
{
	struct sockaddr_un address;
	int at = open_name(dir, &address);
	int fd, rc = 0;

	if (at < 0)
		return at;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unlinkat(at, NAME, 0);
	/* The name gets the mode of the socket, see unix_bind() of Linux. */
	if (fd < 0 || fchmod(fd, 0600) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, 8) < 0)
		rc = -errno;
	close(at);
	return fd_unless(rc, fd);
}

int table_holder_start(const char *dir, int socket, int *ret_holder)
{
	int listener = open_listener(dir);
	int same = -1;
	pid_t pid;
	int rc;

	if (listener < 0)
		return listener;
	pid = fork();
	if (pid == 0) {
		setsid();
		pid = fork();
		if (pid == 0)
			run_process(listener, socket);
		_exit(pid < 0);
	}
	rc = pid < 0 ? -errno : 0;
	close(listener);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (rc == 0)
		rc = table_holder_ask(dir, &same, ret_holder);
	if (same >= 0)
		close(same);
	return rc;
}

/* Connect and send the request; a descriptor or -errno. */
static int request(const char *dir, char what)
{
	struct sockaddr_un address;
	int at = open_name(dir, &address);
	struct stat st;
	int fd, rc = 0;

	if (at < 0)
		return at;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || fstat(at, &st) < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		rc = -errno;
	else if (!is_trusted(fd, st.st_uid))
		rc = -EPERM;
	else if (send(fd, &what, 1, MSG_NOSIGNAL) != 1)
		rc = -EPIPE;
	close(at);
	return fd_unless(rc, fd);
}

static int receive_fds(int fd, int fds[static FDS])
{
	char byte;
	struct iovec data = { &byte, 1 };
	union fds_message room = { 0 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1,
		.msg_control = room.buffer,
		.msg_controllen = sizeof(room.buffer),
	};
	struct cmsghdr *header;

	if (recvmsg(fd, &message, MSG_CMSG_CLOEXEC) != 1)
		return -EPIPE;
	header = CMSG_FIRSTHDR(&message);
	if (header == NULL || header->cmsg_type != SCM_RIGHTS ||
	    header->cmsg_len != CMSG_LEN(FDS * sizeof(int)))
		return -EPROTO;
	memcpy(fds, CMSG_DATA(header), FDS * sizeof(int));
	return 0;
}

/* Whether it is a netfilter socket of this network namespace: a directory may
 * have been used in another one before. */
static bool is_usable(int socket)
{
	struct stat theirs, ours;
	int protocol = -1;
	socklen_t len = sizeof(protocol);
	int net = ioctl(socket, SIOCGSKNS);
	bool is_here = net >= 0 && fstat(net, &theirs) == 0 &&
		       stat("/proc/thread-self/ns/net", &ours) == 0 &&
		       theirs.st_ino == ours.st_ino;

	if (net >= 0)
		close(net);
	return is_here && getsockopt(socket, SOL_SOCKET, SO_PROTOCOL,
				     &protocol, &len) == 0 &&
	       protocol == NETLINK_NETFILTER;
}

int table_holder_ask(const char *dir, int *ret_socket, int *ret_holder)
{
	int fd = request(dir, 'g');
	int fds[FDS];
	int rc;

	if (fd < 0)
		return fd;
	rc = receive_fds(fd, fds);
	close(fd);
	if (rc < 0)
		return rc;
	if (!is_usable(fds[0])) {
		close(fds[0]);
		close(fds[1]);
		return -EXDEV;
	}
	*ret_socket = fds[0];
	*ret_holder = fds[1];
	return 0;
}

void table_holder_end(const char *dir)
{
	struct sockaddr_un address;
	int fd = request(dir, 'e');
	char byte;
	int at;

	/* Until it has ended. */
	if (fd >= 0) {
		(void)recv(fd, &byte, 1, 0);
		close(fd);
	}
	at = open_name(dir, &address);
	if (at < 0)
		return;
	unlinkat(at, NAME, 0);
	close(at);
}
