/*
 * control.h - a socket by which others talk to a running engine: a line is
 * asked, a text is answered, and that is the end of a connection. All of it is
 * for one thread and never waits: control_fd() goes into that thread's poll().
 *
 * However clients behave, they cost little: there are few at a time, each has
 * seconds, and what it may say is bounded.
 */
#ifndef WAYMARK_CONTROL_H
#define WAYMARK_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#define CONTROL_CLIENTS 8
#define CONTROL_REQUEST_MAX ((size_t)64 * 1024)
/* From the first byte to the last, for the request and for the answer. */
#define CONTROL_REQUEST_MS 2000
#define CONTROL_ANSWER_MS 10000

struct control;

/* The answer to a line, from malloc(); NULL: none. `line` ends with a '\0'
 * that is not counted in `len`, and may have others. */
typedef char *(*control_answer)(void *ctx, const char *line, size_t len,
				size_t *ret_len);

/*
 * Listen at `dir`/control, for this user alone. Whatever is there under that
 * name is replaced: that nobody else listens is for the caller to know. 0 or
 * -errno.
 */
int control_open(const char *dir, control_answer answer, void *ctx,
		 struct control **ret_control);
/* The socket's name goes, too. NULL is fine. */
void control_close(struct control *control);

/* Readable when there is something to do. */
int control_fd(const struct control *control);
/* How long nothing has to be done without it; -1: for ever. */
int control_wait_ms(const struct control *control, uint64_t now_ms);
/* Do what there is to do, without waiting. */
void control_turn(struct control *control, uint64_t now_ms);

/* The client's side: a connected socket, or -errno. */
int control_connect(const char *dir);

#endif
