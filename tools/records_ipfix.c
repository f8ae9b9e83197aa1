/* SPDX-License-Identifier: GPL-2.0-or-later */
/* records_ipfix.c - start waymark-ipfix, see records_ipfix.h. */
#include "tools/records_ipfix.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "waymark-ipfix"
/* Lines that wait while the process is busy. */
#define PIPE_BYTES (1 << 20)

static int fail(const char *what, int error)
{
	fprintf(stderr, "waymark records: %s: %s\n", what, strerror(error));
	return EXIT_FAILURE;
}

/* Beside this program, as it is built, or where it is installed. */
static bool find_program(char path[static PATH_MAX])
{
	static const char *const places[] = {
		PROGRAM, "../libexec/waymark/" PROGRAM,
	};
	char self[PATH_MAX / 2];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len <= 0)
		return false;
	self[len] = '\0';
	*strrchr(self, '/') = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, PATH_MAX, "%s/%s", self, places[i]);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

static _Noreturn void run_child(const char *path, const char *collector,
				uint32_t domain, const int fds[static 2])
{
	char number[16];

	snprintf(number, sizeof(number), "%" PRIu32, domain);
	if (dup2(fds[0], STDIN_FILENO) >= 0)
		execl(path, PROGRAM, collector, number, (char *)NULL);
	_exit(fail(path, errno));
}

int records_ipfix_start(const char *collector, uint32_t domain,
			struct records_ipfix *ret)
{
	char path[PATH_MAX];
	int fds[2];

	if (!find_program(path)) {
		fputs("waymark records: --ipfix: waymark was built without "
		      "libfixbuf; build it again with libfixbuf-dev\n", stderr);
		return EXIT_FAILURE;
	}
	if (pipe2(fds, O_CLOEXEC) < 0)
		return fail("pipe", errno);
	/* Best effort: the usual size works, too. */
	(void)fcntl(fds[1], F_SETPIPE_SZ, PIPE_BYTES);
	signal(SIGPIPE, SIG_IGN);
	ret->pid = fork();
	if (ret->pid == 0)
		run_child(path, collector, domain, fds);
	close(fds[0]);
	ret->input = ret->pid > 0 ? fdopen(fds[1], "w") : NULL;
	if (ret->input != NULL)
		return EXIT_SUCCESS;
	close(fds[1]);
	return fail(PROGRAM, errno);
}

int records_ipfix_finish(struct records_ipfix *ipfix, int status)
{
	int ended = 0;

	fclose(ipfix->input);
	while (waitpid(ipfix->pid, &ended, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(ended))
		return WEXITSTATUS(ended) != 0 ? WEXITSTATUS(ended) : status;
	fprintf(stderr, "waymark records: " PROGRAM " was ended by signal "
		"%d\n", WTERMSIG(ended));
	return EXIT_FAILURE;
}
