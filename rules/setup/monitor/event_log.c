/* SPDX-License-Identifier: GPL-2.0-or-later */
/* event_log.c - one line for each event, and not too many. */
#include "rules/setup/monitor/event_log.h"

#include <stdio.h>
#include <string.h>

#define MINUTE_MS 60000u

static void write_held(struct event_log *log, struct event_log_object *object,
		       uint64_t now_ms)
{
	char text[EVENT_LOG_TEXT_MAX + 64];

	snprintf(text, sizeof(text), "%s (and %u more in %u s)", object->text,
		 object->held - 1, (unsigned int)((now_ms - object->since_ms +
						   999) / 1000));
	log->write(log->ctx, object->level,
		   object->held > 1 ? text : object->text);
	object->held = 0;
	object->count = 1;
	object->since_ms = now_ms;
}

/* The object that was idle longest makes room. */
static struct event_log_object *object_of(struct event_log *log,
					  const char *key, uint64_t now_ms)
{
	struct event_log_object *oldest = &log->objects[0];

	for (size_t i = 0; i < EVENT_LOG_OBJECTS; i++) {
		struct event_log_object *object = &log->objects[i];

		if (strcmp(object->key, key) == 0)
			return object;
		if (object->since_ms < oldest->since_ms)
			oldest = object;
	}
	if (oldest->held)
		write_held(log, oldest, now_ms);
	*oldest = (struct event_log_object){ .since_ms = now_ms };
	snprintf(oldest->key, sizeof(oldest->key), "%s", key);
	return oldest;
}

void event_log_write(struct event_log *log, const char *key,
		     enum log_level level, const char *text, uint64_t now_ms)
{
	struct event_log_object *object;
	char own[EVENT_LOG_KEY_MAX];

	if (level == LOG_LEVEL_DEBUG || log->has_ended) {
		log->write(log->ctx, level, text);
		return;
	}
	snprintf(own, sizeof(own), "%.*s", (int)strcspn(text, ":"), text);
	object = object_of(log, key != NULL ? key : own, now_ms);
	if (!object->held && now_ms - object->since_ms >= MINUTE_MS) {
		object->since_ms = now_ms;
		object->count = 0;
	}
	if (object->count < EVENT_LOG_MAX) {
		object->count++;
		log->write(log->ctx, level, text);
		return;
	}
	object->held++;
	object->level = level;
	snprintf(object->text, sizeof(object->text), "%s", text);
}

void event_log_flush(struct event_log *log, bool is_end, uint64_t now_ms)
{
	log->has_ended |= is_end;
	for (size_t i = 0; i < EVENT_LOG_OBJECTS; i++) {
		struct event_log_object *object = &log->objects[i];

		if (object->held &&
		    (is_end || now_ms - object->since_ms >= MINUTE_MS))
			write_held(log, object, now_ms);
	}
}

uint64_t event_log_next_ms(const struct event_log *log)
{
	uint64_t next = 0;

	for (size_t i = 0; i < EVENT_LOG_OBJECTS; i++) {
		uint64_t due = log->objects[i].since_ms + MINUTE_MS;

		if (log->objects[i].held && (!next || due < next))
			next = due;
	}
	return next;
}

/* ---- steps ---- */

void event_steps_add(struct event_steps *steps, enum log_level level,
		     const struct setup_change *change, const char *cause)
{
	if (steps->count++ == 0) {
		steps->sign = change->sign;
		steps->level = level;
		snprintf(steps->thing, sizeof(steps->thing), "%s",
			 change->thing);
		snprintf(steps->cause, sizeof(steps->cause), "%s", cause);
	}
	if (level < steps->level)
		steps->level = level;
}

void event_steps_write(const struct event_steps *steps, struct event_log *log,
		       enum log_level level_max, uint64_t now_ms)
{
	char text[EVENT_LOG_TEXT_MAX], more[32] = "", key[EVENT_LOG_KEY_MAX];

	if (steps->count == 0)
		return;
	if (steps->count > 1)
		snprintf(more, sizeof(more), " and %u more", steps->count - 1);
	snprintf(text, sizeof(text), "%s%s: %s: %s", steps->thing, more,
		 steps->sign == '+' ? "restored" :
		 steps->sign == '~' ? "corrected" : "removed", steps->cause);
	snprintf(key, sizeof(key), "%.*s", EVENT_LOG_KEY_MAX - 1, steps->thing);
	event_log_write(log, key, steps->level < level_max ? level_max :
			steps->level, text, now_ms);
}
