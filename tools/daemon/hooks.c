/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hooks.c - the process that runs hooks, see hooks.h. */
#include "tools/daemon/hooks.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rules/util/clock.h"
#include "rules/util/log.h"

#define MESSAGE_MAX 1024
#define VARIABLES 8
/* Between SIGTERM and SIGKILL. */
#define END_MS 1000

/* ---- the process ---- */

/* Others than root must not be able to choose what runs here. */
static bool is_trusted(const struct stat *st)
{
	return st->st_uid == 0 && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* As run-parts(8) does: no backups, no files of dpkg. */
static int has_plain_name(const struct dirent *entry)
{
	const char *name = entry->d_name;

	if (name[0] == '.' || name[0] == '\0')
		return 0;
	for (; *name != '\0'; name++)
		if (!isalnum((unsigned char)*name) && *name != '-' &&
		    *name != '_')
			return 0;
	return 1;
}

static bool may_run(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) ||
	    (st.st_mode & S_IXUSR) == 0)
		return false;
	if (is_trusted(&st))
		return true;
	log_warning("%s: not run: it must belong to root and be writable by "
		    "root only", path);
	return false;
}

static void execute(const char *path, char *variables[])
{
	sigset_t none;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	if (chdir("/") == 0)
		execve(path, (char *[]){ (char *)path, NULL }, variables);
	log_warning("%s: %s", path, strerror(errno));
	_exit(127);
}

/* Whether it has ended by then. */
static bool wait_until(pid_t pid, uint64_t end_ms, int *ret_status)
{
	while (waitpid(pid, ret_status, WNOHANG) != pid) {
		if (clock_ms() >= end_ms)
			return false;
		poll(NULL, 0, 20);
	}
	return true;
}

static void wait_for(const char *path, pid_t pid)
{
	int status = 0;

	if (!wait_until(pid, clock_ms() + HOOKS_SECONDS * 1000, &status)) {
		log_warning("%s: ended after %d seconds", path, HOOKS_SECONDS);
		kill(-pid, SIGTERM);
		if (!wait_until(pid, clock_ms() + END_MS, &status)) {
			kill(-pid, SIGKILL);
			waitpid(pid, &status, 0);
		}
		return;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		log_warning("%s: exit status %d", path, WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		log_warning("%s: ended by signal %d", path, WTERMSIG(status));
}

static void run_one(const char *path, char *variables[])
{
	pid_t pid;

	if (!may_run(path))
		return;
	pid = fork();
	if (pid == 0)
		execute(path, variables);
	if (pid > 0)
		wait_for(path, pid);
	else
		log_warning("%s: not run: %s", path, strerror(errno));
}

static void run_all(const char *dir, char *variables[])
{
	struct dirent **entries = NULL;
	char path[PATH_MAX];
	struct stat st;
	int count;

	if (stat(dir, &st) < 0)
		return;
	if (!is_trusted(&st)) {
		log_warning("%s: nothing is run: it must belong to root and be "
			    "writable by root only", dir);
		return;
	}
	count = scandir(dir, &entries, has_plain_name, alphasort);
	for (int i = 0; i < count; i++) {
		int len = snprintf(path, sizeof(path), "%s/%s", dir,
				   entries[i]->d_name);

		if (i < HOOKS_MAX && len > 0 && (size_t)len < sizeof(path))
			run_one(path, variables);
		free(entries[i]);
	}
	if (count > HOOKS_MAX)
		log_warning("%s: only the first %d of %d programs are run",
			    dir, HOOKS_MAX, count);
	free(entries);
}

/* Variables that each end with a '\0'. */
static void take_message(const char *dir, char *message, size_t len)
{
	char *variables[VARIABLES + 2] = { "PATH=/usr/local/sbin:"
					   "/usr/local/bin:/usr/sbin:/usr/bin:"
					   "/sbin:/bin" };
	size_t count = 1;

	message[len] = '\0';
	for (size_t at = 0; at < len && count < VARIABLES + 1;
	     at += strlen(message + at) + 1)
		variables[count++] = message + at;
	run_all(dir, variables);
}

/* Until the daemon closes its end, or has ended. */
_Noreturn static void run_process(const char *dir, int fd)
{
	char message[MESSAGE_MAX + 1];
	ssize_t len;

	prctl(PR_SET_NAME, "waymark-hooks");
	signal(SIGPIPE, SIG_DFL);
	for (;;) {
		len = recv(fd, message, MESSAGE_MAX, 0);
		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0)
			_exit(0);
		take_message(dir, message, (size_t)len);
	}
}

/* ---- the daemon ---- */

int hooks_start(struct hooks *hooks, const char *dir)
{
	char path[PATH_MAX];
	int fds[2];
	pid_t pid;

	hooks->fd = -1;
	if (realpath(dir, path) == NULL)
		return errno == ENOENT ? 0 : -errno;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	pid = fork();
	if (pid < 0) {
		close(fds[0]);
		close(fds[1]);
		return -errno;
	}
	if (pid == 0) {
		close(fds[0]);
		run_process(path, fds[1]);
	}
	close(fds[1]);
	hooks->fd = fds[0];
	return 0;
}

void hooks_stop(struct hooks *hooks)
{
	if (hooks->fd >= 0)
		close(hooks->fd);
	hooks->fd = -1;
}

static size_t add(char *message, size_t len, const char *name,
		  const char *value)
{
	int more = snprintf(message + len, MESSAGE_MAX - len, "%s=%s", name,
			    value);

	return len + (size_t)more + 1 < MESSAGE_MAX ? len + (size_t)more + 1 :
						      len;
}

int hooks_run(const struct hooks *hooks, const struct hook_event *event)
{
	char message[MESSAGE_MAX];
	size_t len = 0;

	if (hooks->fd < 0)
		return 0;
	len = add(message, len, "WAYMARK_EVENT", "uplink");
	len = add(message, len, "WAYMARK_UPLINK", event->uplink);
	len = add(message, len, "WAYMARK_DEV", event->dev);
	len = add(message, len, "WAYMARK_FAMILY", event->family);
	len = add(message, len, "WAYMARK_STATE", event->is_up ? "up" : "down");
	len = add(message, len, "WAYMARK_REASON", event->reason);
	len = add(message, len, "WAYMARK_ACTIVE", event->active);
	return send(hooks->fd, message, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ?
	       -errno : 0;
}
