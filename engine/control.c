/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control.c - the control socket of a running engine, see control.h. */
#include "engine/control.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "rules/util/state_file.h"

#define NAME "control"

struct client {
	int fd;			/* -1: free */
	bool is_answered;
	bool is_stream;
	uint64_t deadline_ms;
	char *text;		/* the request, then the answer */
	size_t len;
	size_t done;		/* of the answer: sent */
	_Alignas(uint64_t) char state[CONTROL_STREAM_STATE];
};

struct control {
	int epoll;
	int listener;
	int dir;
	bool is_bound;
	bool is_full;		/* new clients wait in the listener */
	control_answer answer;
	void *ctx;
	const struct control_stream *stream;	/* NULL: there are none */
	struct client clients[CONTROL_CLIENTS];
};

/* A directory's path may be longer than sun_path, so the socket is named
 * through the directory's descriptor. */
static void address_in(int dir, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(address->sun_path, sizeof(address->sun_path),
		 "/proc/self/fd/%d/" NAME, dir);
}

static int watch(struct control *control, int fd, uint32_t events, void *what,
		 int how)
{
	struct epoll_event event = { .events = events, .data.ptr = what };

	return epoll_ctl(control->epoll, how, fd, &event) < 0 ? -errno : 0;
}

/* ---- open and close ---- */

static int bind_name(struct control *control)
{
	struct sockaddr_un address;

	unlinkat(control->dir, NAME, 0);
	address_in(control->dir, &address);
	/* The name gets the mode of the socket, see unix_bind() of Linux. */
	if (fchmod(control->listener, 0600) < 0 ||
	    bind(control->listener, (struct sockaddr *)&address,
		 sizeof(address)) < 0)
		return -errno;
	control->is_bound = true;
	return listen(control->listener, CONTROL_CLIENTS) < 0 ? -errno : 0;
}

static int open_all(struct control *control, const char *dir)
{
	int rc = state_dir_check(dir);

	if (rc < 0)
		return rc;
	control->dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (control->dir < 0)
		return -errno;
	control->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
				   SOCK_NONBLOCK, 0);
	if (control->listener < 0)
		return -errno;
	control->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (control->epoll < 0)
		return -errno;
	rc = bind_name(control);
	return rc < 0 ? rc : watch(control, control->listener, EPOLLIN, NULL,
				   EPOLL_CTL_ADD);
}

int control_open(const char *dir, control_answer answer, void *ctx,
		 struct control **ret_control)
{
	struct control *control = calloc(1, sizeof(*control));
	int rc;

	if (control == NULL)
		return -ENOMEM;
	control->answer = answer;
	control->ctx = ctx;
	control->epoll = -1;
	control->listener = -1;
	control->dir = -1;
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		control->clients[i].fd = -1;
	rc = open_all(control, dir);
	if (rc < 0) {
		control_close(control);
		return rc;
	}
	*ret_control = control;
	return 0;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void drop(struct control *control, struct client *client)
{
	if (client->is_stream)
		control->stream->end(control->ctx, client->state);
	close_fd(client->fd);
	free(client->text);
	*client = (struct client){ .fd = -1 };
	if (control->is_full)
		watch(control, control->listener, EPOLLIN, NULL,
		      EPOLL_CTL_MOD);
	control->is_full = false;
}

void control_close(struct control *control)
{
	if (control == NULL)
		return;
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		drop(control, &control->clients[i]);
	if (control->is_bound)
		unlinkat(control->dir, NAME, 0);
	close_fd(control->listener);
	close_fd(control->epoll);
	close_fd(control->dir);
	free(control);
}

/* ---- clients ---- */

static struct client *free_place(struct control *control)
{
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		if (control->clients[i].fd < 0)
			return &control->clients[i];
	return NULL;
}

/* Clients over the limit wait in the listener's backlog. */
static void accept_client(struct control *control, uint64_t now_ms)
{
	struct client *client = free_place(control);
	int fd;

	if (client == NULL) {
		watch(control, control->listener, 0, NULL, EPOLL_CTL_MOD);
		control->is_full = true;
		return;
	}
	fd = accept4(control->listener, NULL, NULL,
		     SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	*client = (struct client){
		.fd = fd,
		.deadline_ms = now_ms + CONTROL_REQUEST_MS,
		.text = malloc(CONTROL_REQUEST_MAX + 1),
	};
	if (client->text == NULL ||
	    watch(control, fd, EPOLLIN, client, EPOLL_CTL_ADD) < 0)
		drop(control, client);
}

/* ---- streams ---- */

void control_set_stream(struct control *control,
			const struct control_stream *stream)
{
	control->stream = stream;
}

static int count_streams(const struct control *control)
{
	int count = 0;

	for (int i = 0; i < CONTROL_CLIENTS; i++)
		count += control->clients[i].is_stream;
	return count;
}

/* The request's memory holds the stream's text from now on. */
static bool begin_stream(struct control *control, struct client *client,
			 size_t len)
{
	if (control->stream == NULL ||
	    count_streams(control) >= CONTROL_STREAMS ||
	    !control->stream->begin(control->ctx, client->text, len,
				    client->state))
		return false;
	client->is_stream = true;
	client->len = 0;
	client->done = 0;
	client->deadline_ms = UINT64_MAX;
	return true;
}

/* Send what waits, then what is new, until the client does not keep up. */
static void feed(struct control *control, struct client *client)
{
	ssize_t sent;

	for (;;) {
		if (client->done == client->len) {
			client->done = 0;
			client->len = control->stream->more(
				control->ctx, client->state, client->text,
				CONTROL_REQUEST_MAX);
		}
		if (client->len == 0)
			break;
		sent = send(client->fd, client->text + client->done,
			    client->len - client->done, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno != EAGAIN) {
			drop(control, client);
			return;
		}
		if (sent < 0)
			break;
		client->done += (size_t)sent;
	}
	watch(control, client->fd, client->len > 0 ? EPOLLIN | EPOLLOUT :
						     EPOLLIN, client,
	      EPOLL_CTL_MOD);
}

/* What a client of a stream still sends is ignored. */
static void check_end(struct control *control, struct client *client)
{
	char byte;
	ssize_t got = recv(client->fd, &byte, 1, 0);

	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		drop(control, client);
}

static void send_more(struct control *control, struct client *client)
{
	ssize_t sent = send(client->fd, client->text + client->done,
			    client->len - client->done, MSG_NOSIGNAL);

	if (sent >= 0)
		client->done += (size_t)sent;
	else if (errno != EAGAIN && errno != EINTR)
		client->done = client->len;
	if (client->done == client->len)
		drop(control, client);
}

static void answer(struct control *control, struct client *client, size_t len)
{
	char *line = client->text;

	line[len] = '\0';
	if (begin_stream(control, client, len))
		return;
	client->len = 0;
	client->text = control->answer(control->ctx, line, len, &client->len);
	free(line);
	client->is_answered = true;
	if (client->text == NULL ||
	    watch(control, client->fd, EPOLLOUT, client, EPOLL_CTL_MOD) < 0)
		drop(control, client);
}

static void receive(struct control *control, struct client *client)
{
	ssize_t got = recv(client->fd, client->text + client->len,
			   CONTROL_REQUEST_MAX - client->len, 0);
	char *end;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		drop(control, client);
		return;
	}
	end = memchr(client->text + client->len, '\n', (size_t)got);
	client->len += (size_t)got;
	if (end != NULL)
		answer(control, client, (size_t)(end - client->text));
	else if (client->len == CONTROL_REQUEST_MAX)
		drop(control, client);
}

static void serve(struct control *control, const struct epoll_event *event,
		  uint64_t now_ms)
{
	struct client *client = event->data.ptr;

	if (client == NULL)
		accept_client(control, now_ms);
	else if (client->fd < 0)
		return;
	else if (client->is_stream)
		check_end(control, client);
	else if (client->is_answered)
		send_more(control, client);
	else
		receive(control, client);
	if (client != NULL && client->is_answered && client->done == 0)
		client->deadline_ms = now_ms + CONTROL_ANSWER_MS;
}

void control_turn(struct control *control, uint64_t now_ms)
{
	struct epoll_event events[CONTROL_CLIENTS + 1];
	int count = epoll_wait(control->epoll, events, CONTROL_CLIENTS + 1, 0);

	for (int i = 0; i < count; i++)
		serve(control, &events[i], now_ms);
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		if (control->clients[i].is_stream)
			feed(control, &control->clients[i]);
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		if (control->clients[i].fd >= 0 &&
		    control->clients[i].deadline_ms <= now_ms)
			drop(control, &control->clients[i]);
}

int control_fd(const struct control *control)
{
	return control->epoll;
}

int control_wait_ms(const struct control *control, uint64_t now_ms)
{
	uint64_t min = INT_MAX;
	bool any = false;

	for (int i = 0; i < CONTROL_CLIENTS; i++) {
		const struct client *client = &control->clients[i];
		uint64_t left = client->deadline_ms > now_ms ?
				client->deadline_ms - now_ms : 0;

		if (client->fd < 0 || client->is_stream)
			continue;
		any = true;
		if (left < min)
			min = left;
	}
	return any ? (int)min : -1;
}

/* ---- the client's side ---- */

int control_connect(const char *dir)
{
	struct sockaddr_un address;
	int dir_fd, fd, rc = state_dir_check(dir);

	if (rc < 0)
		return rc;
	dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return -errno;
	address_in(dir_fd, &address);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	rc = fd < 0 || connect(fd, (struct sockaddr *)&address,
			       sizeof(address)) < 0 ? -errno : fd;
	close(dir_fd);
	if (rc < 0)
		close_fd(fd);
	return rc;
}
