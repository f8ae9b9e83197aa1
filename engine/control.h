/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control.h - the control socket of a running engine: one line of request, one
 * text in reply, then the connection closes. Everything is for one thread and
 * never blocks; control_fd() goes into that thread's poll().
 *
 * The cost of clients is bounded: their number, their time and the size of
 * their requests are limited.
 */
#ifndef WAYMARK_CONTROL_H
#define WAYMARK_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#define CONTROL_CLIENTS 8
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

/* Readable when control_turn() has something to do. */
int control_fd(const struct control *control);
/* How long control_turn() may wait in spite of that; -1: for ever. */
int control_wait_ms(const struct control *control, uint64_t now_ms);
/* Serve clients, without blocking. */
void control_turn(struct control *control, uint64_t now_ms);

/* Connect as a client: a socket, or -errno. */
int control_connect(const char *dir);

#endif
