/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * events.h - what happens to the daemon, as lines of JSON for subscribers.
 *
 * Two rings of fixed size: one for events, one for flows, which are many. A
 * subscriber has a cursor in each; one that is too slow loses the oldest events
 * and gets their number. Any thread but the workers may emit; nothing here waits
 * for a subscriber.
 */
#ifndef WAYMARK_EVENTS_H
#define WAYMARK_EVENTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENTS_LINE_MAX 1024

struct events;

/* NULL: out of memory. */
struct events *events_new(void);
void events_free(struct events *events);

/* Readable when there are new events; events_drain() resets it. */
int events_fd(const struct events *events);
void events_drain(struct events *events);

/*
 * Emit an event of that name with the members of `data`, which is consumed and
 * may be NULL. A line that is too long loses its `message`. NULL is accepted
 * for `events`.
 */
void events_emit(struct events *events, const char *name, json_t *data);
/* The same for events of flows, without a wake-up. */
void events_emit_flow(struct events *events, const char *name, json_t *data);

struct events_cursor {
	uint64_t next;
	uint64_t next_flow;
	bool with_flows;
};

/* Start with the next event. */
void events_subscribe(struct events *events, bool with_flows,
		      struct events_cursor *cursor);
/* Copy whole lines, at most `size` bytes of at least EVENTS_LINE_MAX, and
 * advance the cursor; returns the length. Gaps are reported as events. */
size_t events_read(struct events *events, struct events_cursor *cursor,
		   char *buffer, size_t size);

#endif
