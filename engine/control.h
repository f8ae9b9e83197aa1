/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control.h - the control socket of a running engine: one line of request, one
 * text in reply, then the connection closes; or a stream of text until the
 * client closes it. Everything is for one thread and
 * never blocks; control_fd() goes into that thread's poll().
 *
 * The cost of clients is bounded: their number, their time and the size of
 * their requests are limited.
 */
#ifndef WAYMARK_CONTROL_H
#define WAYMARK_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTROL_CLIENTS 16
/* Of these, clients that a stream is sent to. */
#define CONTROL_STREAMS 8
#define CONTROL_REQUEST_MAX ((size_t)64 * 1024)
/* Time limits for the whole request and the whole answer. */
#define CONTROL_REQUEST_MS 2000
#define CONTROL_ANSWER_MS 10000

struct control;

/* Answer a line with a text from malloc(); NULL: none. `line` ends with a '\0'
 * that is not counted in `len`, and may contain others. */
typedef char *(*control_answer)(void *ctx, const char *line, size_t len,
				size_t *ret_len);

/*
 * Listen at `dir`/control, for this user only. Whatever has that name is
 * replaced: the caller ensures that no other engine listens there. 0 or -errno.
 */
int control_open(const char *dir, control_answer answer, void *ctx,
		 struct control **ret_control);
/* Close and remove the socket's name. NULL is fine. */
void control_close(struct control *control);

/*
 * A stream, which a request may begin instead of being answered. Its text is
 * fetched with each control_turn(), while the client keeps up: it never waits
 * in memory.
 */
struct control_stream {
	/* Whether the line begins a stream; `state` is the stream's. */
	bool (*begin)(void *ctx, const char *line, size_t len, void *state);
	/* Write the next text, at most `size` bytes; returns its length. */
	size_t (*more)(void *ctx, void *state, char *text, size_t size);
	void (*end)(void *ctx, void *state);
};
#define CONTROL_STREAM_STATE 64		/* bytes of a stream's own */

/* `stream` is borrowed; its functions get the ctx of control_open(). */
void control_set_stream(struct control *control,
			const struct control_stream *stream);

/* Readable when control_turn() has something to do. */
int control_fd(const struct control *control);
/* How long control_turn() may wait in spite of that; -1: for ever. */
int control_wait_ms(const struct control *control, uint64_t now_ms);
/* Serve clients, without blocking. */
void control_turn(struct control *control, uint64_t now_ms);

/* Connect as a client: a socket, or -errno. */
int control_connect(const char *dir);

#endif
