/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child.c - read the output of a child process, see child.h. */
#include "rules/setup/kernel/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What a process that hangs may use in a second: a thread of the C library or of
 * a sanitizer may wake up in it. */
#define IDLE_NS 2000000

/* The processor time of a process; -1: unknown. */
static int64_t cpu_ns(pid_t pid)
{
	struct timespec used;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 ||
	    clock_gettime(clock, &used) < 0)
		return -1;
	return used.tv_sec * INT64_C(1000000000) + used.tv_nsec;
}

/* Wait until `fd` is readable; false: the child hangs. */
static bool wait_for(int fd, pid_t pid)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	int64_t before = cpu_ns(pid), now;
	int idle_s = 0, rc;

	while (idle_s < CHILD_STALL_S) {
		rc = poll(&readable, 1, 1000);
		if (rc > 0 || (rc < 0 && errno != EINTR))
			return true;
		now = cpu_ns(pid);
		idle_s = now - before > IDLE_NS ? 0 : idle_s + 1;
		before = now;
	}
	return false;
}

/* All that can be read from `fd`; NULL: out of memory, or the child hangs. */
static char *read_all(int fd, pid_t pid, bool *ret_hangs)
{
	char buffer[4096], *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	ssize_t len = 1;

	*ret_hangs = false;
	if (out == NULL)
		return NULL;
	while (len > 0 || (len < 0 && errno == EINTR)) {
		*ret_hangs = !wait_for(fd, pid);
		if (*ret_hangs)
			break;
		len = read(fd, buffer, sizeof(buffer));
		if (len > 0)
			fwrite(buffer, 1, (size_t)len, out);
	}
	if (fclose(out) == 0 && !*ret_hangs)
		return text;
	free(text);
	return NULL;
}

/* Whether the child ended with exit status 0. */
static bool has_succeeded(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

static char *read_once(int (*run)(int fd, const void *arg), const void *arg,
		       bool *ret_hangs)
{
	char *text = NULL;
	pid_t pid;
	int fds[2];

	*ret_hangs = false;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return NULL;
	pid = fork();
	if (pid == 0)
		_exit(run(fds[1], arg));
	close(fds[1]);
	if (pid > 0)
		text = read_all(fds[0], pid, ret_hangs);
	close(fds[0]);
	if (*ret_hangs)
		kill(pid, SIGKILL);
	if (pid > 0 && has_succeeded(pid))
		return text;
	free(text);
	return NULL;
}

char *child_read(int (*run)(int fd, const void *arg), const void *arg)
{
	bool hangs = true;
	char *text = NULL;

	for (int tries = 0; hangs && tries < CHILD_TRIES; tries++)
		text = read_once(run, arg, &hangs);
	return text;
}
