/* SPDX-License-Identifier: GPL-2.0-or-later */
/* client.c - ask the engine that runs, from a command. */
#include "tools/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "engine/control.h"
#include "rules/setup/journal.h"
#include "rules/setup/setup.h"
#include "rules/util/state_file.h"

/* A reload reads lists and changes the kernel, perhaps after another waymark
 * that holds its lock. */
#define ANSWER_SECONDS 60

/* Describe a set-up whose engine has ended: what happens to packets, the fix. */
static void explain_left(const char *name, const char *dir)
{
	struct journal journal;

	if (journal_load(dir, &journal) < 0)
		return;
	if (journal.exists)
		fprintf(stderr, "waymark %s: the set-up is still in force: "
			"settled flows and header-only routes keep their "
			"uplinks; other flows %s; `waymark up` starts the "
			"engine again, `waymark down` undoes the set-up\n",
			name, journal.queue_drop ? "are dropped" :
						   "use the main table");
	journal_fini(&journal);
}

static void explain(const char *name, const char *dir, int rc)
{
	char why[STATE_WHY_MAX];

	if (rc == -ENOENT || rc == -ECONNREFUSED) {
		fprintf(stderr, "waymark %s: no engine is running here (%s); "
			"start it with `waymark up`\n", name, dir);
		explain_left(name, dir);
	} else if (rc == -EACCES) {
		fprintf(stderr, "waymark %s: %s/control: %s; only who runs the "
			"engine may ask it\n", name, dir, strerror(-rc));
	} else if (rc == -EPERM) {
		fprintf(stderr, "waymark %s: %s: %s\n", name, dir,
			state_file_reason(dir, rc, why));
	} else {
		fprintf(stderr, "waymark %s: the engine does not answer: %s\n",
			name, strerror(-rc));
	}
}

static int send_line(int fd, const json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);
	size_t len = text != NULL ? strlen(text) : 0;
	size_t sent = 0;

	if (text == NULL)
		return -ENOMEM;
	text[len++] = '\n';	/* in the place of its end */
	while (sent < len) {
		ssize_t more = send(fd, text + sent, len - sent, MSG_NOSIGNAL);

		if (more < 0 && errno != EINTR)
			break;
		if (more > 0)
			sent += (size_t)more;
	}
	free(text);
	return sent == len ? 0 : -errno;
}

static size_t read_some(void *buffer, size_t size, void *ctx)
{
	const int *fd = ctx;
	ssize_t got;

	do
		got = recv(*fd, buffer, size, 0);
	while (got < 0 && errno == EINTR);
	return got < 0 ? (size_t)-1 : (size_t)got;
}

static int talk(const char *dir, const json_t *request, json_t **ret_answer)
{
	const struct timeval patience = { .tv_sec = ANSWER_SECONDS };
	int fd = control_connect(dir);
	int rc;

	if (fd < 0)
		return fd;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	errno = EPROTO;
	rc = send_line(fd, request);
	if (rc == 0) {
		errno = 0;
		*ret_answer = json_load_callback(read_some, &fd, 0, NULL);
		if (*ret_answer == NULL)
			rc = errno != 0 ? -errno : -EPROTO;
	}
	close(fd);
	return rc;
}

int client_ask(const char *name, const char *state_dir, json_t *request,
	       json_t **ret_data)
{
	char dir[PATH_MAX];
	json_t *answer = NULL;
	int rc = setup_state_dir(state_dir, dir);
	int status;

	*ret_data = NULL;
	if (rc == 0)
		rc = talk(dir, request, &answer);
	json_decref(request);
	if (rc < 0) {
		explain(name, dir, rc);
		return EXIT_FAILURE;
	}
	if (json_is_string(json_object_get(answer, "message")))
		fputs(json_string_value(json_object_get(answer, "message")),
		      stderr);
	status = (int)json_integer_value(json_object_get(answer, "exit"));
	*ret_data = json_incref(json_object_get(answer, "data"));
	json_decref(answer);
	return status;
}

int client_follow(const char *name, const char *state_dir, json_t *request,
		  FILE **ret_stream)
{
	char dir[PATH_MAX];
	int rc = setup_state_dir(state_dir, dir);
	int fd = rc < 0 ? rc : control_connect(dir);

	errno = EPROTO;
	rc = fd < 0 ? fd : send_line(fd, request);
	json_decref(request);
	if (rc == 0) {
		*ret_stream = fdopen(fd, "r");
		if (*ret_stream != NULL)
			return EXIT_SUCCESS;
		rc = -errno;
	}
	if (fd >= 0)
		close(fd);
	explain(name, dir, rc);
	return EXIT_FAILURE;
}
