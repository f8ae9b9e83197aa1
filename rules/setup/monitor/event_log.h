/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * event_log.h - log each event by one line, and limit the lines of an object
 * whose state keeps changing: EVENT_LOG_MAX a minute. Of more lines the last
 * one, which has the present state, is written when the minute is over, with
 * their number. One thread.
 */
#ifndef WAYMARK_SETUP_EVENT_LOG_H
#define WAYMARK_SETUP_EVENT_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/setup/setup.h"
#include "rules/util/log.h"

#define EVENT_LOG_MAX 10
#define EVENT_LOG_OBJECTS 32
#define EVENT_LOG_KEY_MAX 48
#define EVENT_LOG_TEXT_MAX 1024

/* Of one object, such as "uplink fibre". */
struct event_log_object {
	char key[EVENT_LOG_KEY_MAX];
	uint64_t since_ms;	/* start of the minute of `count` */
	unsigned int count;	/* of lines written */
	unsigned int held;	/* of lines not written */
	enum log_level level;	/* of the last of these */
	char text[EVENT_LOG_TEXT_MAX];
};

struct event_log {
	log_sink *write;
	void *ctx;
	bool has_ended;
	struct event_log_object objects[EVENT_LOG_OBJECTS];
};

/* The key is the text up to the first colon if it is NULL. */
void event_log_write(struct event_log *log, const char *key,
		     enum log_level level, const char *text, uint64_t now_ms);
/* Write the lines that are due; all of them if `is_end`, and then no later line
 * is held back. */
void event_log_flush(struct event_log *log, bool is_end, uint64_t now_ms);
/* Return when the next line is due; 0: none is. */
uint64_t event_log_next_ms(const struct event_log *log);

/* The steps of one check. All zero: none. */
struct event_steps {
	unsigned int count;
	enum log_level level;
	char sign;
	char thing[256];	/* of the first */
	char cause[160];
};

void event_steps_add(struct event_steps *steps, enum log_level level,
		     const struct setup_change *change, const char *cause);
/* Write one line for all of them, at `level_max` or less urgent. */
void event_steps_write(const struct event_steps *steps, struct event_log *log,
		       enum log_level level_max, uint64_t now_ms);

#endif
