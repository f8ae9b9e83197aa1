/* SPDX-License-Identifier: GPL-2.0-or-later */
/* web_broker.c - open what the page may read, and run what it may change, see
 * web_broker.h. */
#include "tools/web_broker.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/client.h"
#include "tools/cmd.h"
#include "tools/web_change.h"

/* Of a command that an answer comes from. */
#define COMMAND_SECONDS 20

/* ---- passing a descriptor ---- */

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

/* Send `rc`, and the descriptor with it if there is one. */
static int send_answer(int socket, int rc, int fd)
{
	union control control = { .bytes = { 0 } };
	struct iovec iov = { .iov_base = &rc, .iov_len = sizeof(rc) };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *header;

	if (fd >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int web_broker_ask(int socket, const struct web_request *request)
{
	union control control;
	int rc = 0, fd = -1;
	struct iovec iov = { .iov_base = &rc, .iov_len = sizeof(rc) };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *header;

	if (send(socket, request, sizeof(*request), MSG_NOSIGNAL) < 0)
		return -errno;
	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != sizeof(rc))
		return -EPIPE;
	header = CMSG_FIRSTHDR(&message);
	if (header != NULL && header->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd >= 0 ? fd : rc < 0 ? rc : -EPROTO;
}

/* ---- answers ---- */

static const char *option_of(const struct web_request *request,
			     const char *name)
{
	for (size_t i = 0; i < request->count; i++)
		if (strcmp(request->options[i].name, name) == 0)
			return request->options[i].value;
	return NULL;
}

static char with_json[] = "--json", with_state_dir[] = "--state-dir";
static char end_of_options[] = "--";

/* In the child of a request, which ends with its command. */
static void become_command(int fd)
{
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	alarm(COMMAND_SECONDS);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	optind = 1;
}

static void run_command(const struct web_request *request,
			const char *state_dir, int fd)
{
	char words[WEB_VALUES][WEB_VALUE_MAX + 32], name[32];
	char *argv[WEB_VALUES + 5];
	int argc = 1;

	snprintf(name, sizeof(name), "waymark %s", request->what);
	argv[0] = name;
	argv[argc++] = with_json;
	for (size_t i = 0; i < request->count; i++) {
		snprintf(words[i], sizeof(words[i]), "--%s=%s",
			 request->options[i].name, request->options[i].value);
		argv[argc++] = words[i];
	}
	if (state_dir != NULL) {
		argv[argc++] = with_state_dir;
		argv[argc++] = (char *)(uintptr_t)state_dir;
	}
	argv[argc] = NULL;
	become_command(fd);
	argc = strcmp(request->what, "flows") == 0 ? cmd_flows(argc, argv) :
						     cmd_history(argc, argv);
	fflush(stdout);
	_exit(argc);
}

static void run_change(const struct web_request *request,
		       const char *state_dir, int fd)
{
	const char *words[WEB_WORDS];
	size_t count = web_change_words(request, words);
	char name[32], *argv[WEB_WORDS + 5];
	int argc = 1;

	snprintf(name, sizeof(name), "waymark %s", request->what);
	argv[0] = name;
	if (state_dir != NULL) {
		argv[argc++] = with_state_dir;
		argv[argc++] = (char *)(uintptr_t)state_dir;
	}
	argv[argc++] = end_of_options;
	for (size_t i = 0; i < count; i++)
		argv[argc++] = (char *)(uintptr_t)words[i];
	argv[argc] = NULL;
	become_command(fd);
	argc = strcmp(request->what, "uplink") == 0 ? cmd_uplink(argc, argv) :
						      cmd_exempt(argc, argv);
	putchar(argc);
	fflush(stdout);
	_exit(argc);
}

static int command_fd(const struct web_request *request, const char *state_dir)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0 && request->is_change)
		run_change(request, state_dir, fds[1]);
	if (pid == 0)
		run_command(request, state_dir, fds[1]);
	close(fds[1]);
	if (pid > 0)
		return fds[0];
	close(fds[0]);
	return -EAGAIN;
}

static int control_fd(const char *state_dir, json_t *request)
{
	FILE *stream = NULL;
	int fd;

	if (client_follow("web", state_dir, request, &stream) != EXIT_SUCCESS)
		return -ECONNREFUSED;
	fd = fcntl(fileno(stream), F_DUPFD_CLOEXEC, 0);
	fclose(stream);
	return fd < 0 ? -errno : fd;
}

/* The file that the daemon has read. */
static int policy_fd(const char *state_dir)
{
	json_t *status = NULL;
	const char *path;
	int fd = -ECONNREFUSED;

	if (client_ask("web", state_dir, json_pack("{s:s}", "do", "status"),
		       &status) == EXIT_SUCCESS) {
		path = json_string_value(json_object_get(status, "policy"));
		fd = path == NULL ? -1 :
		     open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd < 0)
			fd = -errno;
	}
	json_decref(status);
	return fd;
}

static json_t *traffic_request(const struct web_request *request)
{
	const char *rows = option_of(request, "rows");

	return json_pack("{s:s, s:s*, s:s*, s:i}", "do", "traffic",
			 "by", option_of(request, "by"),
			 "sort", option_of(request, "sort"),
			 "rows", rows != NULL ? atoi(rows) : 0);
}

/* What may be asked for, and with which options. */
static const struct {
	const char *what;
	const char *options[WEB_VALUES];
} allowed[] = {
	{ "status", { NULL } }, { "policy", { NULL } },
	{ "traffic", { "by", "sort", "rows", NULL } },
	{ "history", { "last", "step", "by", NULL } },
	{ "flows", { "client", "uplink", "class", "host", "app", "line",
		     "sort", "rows", NULL } },
	{ "events", { NULL } }, { "exempt-list", { NULL } },
};

static bool has_option(const char *const *options, const char *name)
{
	for (; *options != NULL; options++)
		if (strcmp(*options, name) == 0)
			return true;
	return false;
}

static bool is_text(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

/* The other process is not trusted. */
static bool is_whole(const struct web_request *request)
{
	if (!is_text(request->what, sizeof(request->what)) ||
	    request->count > WEB_VALUES)
		return false;
	for (size_t i = 0; i < request->count; i++)
		if (!is_text(request->options[i].name,
			     sizeof(request->options[i].name)) ||
		    !is_text(request->options[i].value, WEB_VALUE_MAX))
			return false;
	return true;
}

static bool is_allowed(const struct web_request *request)
{
	size_t row = 0;

	while (row < sizeof(allowed) / sizeof(allowed[0]) &&
	       strcmp(allowed[row].what, request->what) != 0)
		row++;
	if (row == sizeof(allowed) / sizeof(allowed[0]))
		return false;
	for (size_t i = 0; i < request->count; i++)
		if (!has_option(allowed[row].options, request->options[i].name))
			return false;
	return true;
}

static int change_fd(const struct web_request *request,
		     const struct web_broker *broker)
{
	const char *words[WEB_WORDS];
	int rc = web_change_permit(request, broker->allowed, broker->token);

	if (rc < 0)
		return rc;
	if (web_change_words(request, words) == 0)
		return -EINVAL;
	return command_fd(request, broker->state_dir);
}

static int open_answer(const struct web_request *request,
		       const struct web_broker *broker)
{
	const char *state_dir = broker->state_dir;

	if (!is_whole(request))
		return -EPERM;
	if (request->is_change)
		return change_fd(request, broker);
	if (!is_allowed(request))
		return -EPERM;
	if (strcmp(request->what, "status") == 0 ||
	    strcmp(request->what, "events") == 0 ||
	    strcmp(request->what, "exempt-list") == 0)
		return control_fd(state_dir, json_pack("{s:s}", "do",
						       request->what));
	if (strcmp(request->what, "traffic") == 0)
		return control_fd(state_dir, traffic_request(request));
	if (strcmp(request->what, "policy") == 0)
		return policy_fd(state_dir);
	return command_fd(request, state_dir);
}

int web_broker_serve(int socket, const struct web_broker *broker)
{
	struct web_request request;
	int fd, rc;

	signal(SIGCHLD, SIG_IGN);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	for (;;) {
		ssize_t len = recv(socket, &request, sizeof(request), 0);

		if (len < 0 && errno == EINTR)
			continue;
		if (len != (ssize_t)sizeof(request))
			return len == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
		fd = open_answer(&request, broker);
		rc = send_answer(socket, fd < 0 ? fd : 0, fd);
		if (fd >= 0)
			close(fd);
		if (rc < 0)
			return EXIT_FAILURE;
	}
}
