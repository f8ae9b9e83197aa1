/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_event_log.c - one line for each event, and not too many. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "rules/setup/monitor/event_log.h"

struct lines {
	unsigned int count;
	enum log_level level;
	char last[EVENT_LOG_TEXT_MAX + 64];
};

static void keep(void *ctx, enum log_level level, const char *line)
{
	struct lines *lines = ctx;

	lines->count++;
	lines->level = level;
	snprintf(lines->last, sizeof(lines->last), "%s", line);
}

/* 22 minutes of an uplink that flaps each second. */
START_TEST(flapping)
{
	struct lines lines = { 0 };
	struct event_log log = { .write = keep, .ctx = &lines };
	uint64_t now = 1000;

	for (unsigned int i = 0; i < 22 * 60; i++, now += 1000) {
		event_log_flush(&log, false, now);
		event_log_write(&log, NULL, LOG_LEVEL_WARNING,
				i % 2 ? "uplink one: up" : "uplink one: down",
				now);
	}
	ck_assert_uint_le(lines.count, 22 * (EVENT_LOG_MAX + 1));
	ck_assert_uint_ge(lines.count, 22 * 2);
	ck_assert_uint_ne(event_log_next_ms(&log), 0);
	event_log_flush(&log, true, now);
	ck_assert_ptr_nonnull(strstr(lines.last, "uplink one: up (and "));
	ck_assert_uint_eq(event_log_next_ms(&log), 0);
}
END_TEST

/* The last of many lines has the present state; others are not limited. */
START_TEST(held)
{
	struct lines lines = { 0 };
	struct event_log log = { .write = keep, .ctx = &lines };
	char text[32];

	for (unsigned int i = 0; i < EVENT_LOG_MAX + 3; i++) {
		snprintf(text, sizeof(text), "uplink one: state %u", i);
		event_log_write(&log, NULL, LOG_LEVEL_NOTICE, text, 1000);
	}
	ck_assert_uint_eq(lines.count, EVENT_LOG_MAX);
	event_log_write(&log, NULL, LOG_LEVEL_NOTICE, "uplink two: up", 1000);
	ck_assert_str_eq(lines.last, "uplink two: up");
	event_log_flush(&log, false, 60999);
	ck_assert_str_eq(lines.last, "uplink two: up");
	ck_assert_uint_eq(event_log_next_ms(&log), 61000);
	event_log_flush(&log, false, 61000);
	ck_assert_str_eq(lines.last, "uplink one: state 12 (and 2 more in "
			 "60 s)");
}
END_TEST

/* As many lines as are written at once, and one more that nothing would flush. */
START_TEST(end)
{
	struct lines lines = { 0 };
	struct event_log log = { .write = keep, .ctx = &lines };

	for (unsigned int i = 0; i < EVENT_LOG_MAX; i++)
		event_log_write(&log, NULL, LOG_LEVEL_NOTICE, "uplink one: up",
				1000);
	event_log_flush(&log, true, 1001);
	event_log_write(&log, NULL, LOG_LEVEL_WARNING, "uplink one: down, and "
			"probes end", 1002);
	ck_assert_str_eq(lines.last, "uplink one: down, and probes end");
	ck_assert_uint_eq(event_log_next_ms(&log), 0);
}
END_TEST

/* More objects than are remembered lose no line. */
START_TEST(many)
{
	struct lines lines = { 0 };
	struct event_log log = { .write = keep, .ctx = &lines };
	char text[32];

	for (unsigned int i = 0; i < 3 * EVENT_LOG_OBJECTS; i++) {
		snprintf(text, sizeof(text), "link up%u: down", i);
		event_log_write(&log, NULL, LOG_LEVEL_NOTICE, text, 1000 + i);
	}
	ck_assert_uint_eq(lines.count, 3 * EVENT_LOG_OBJECTS);
}
END_TEST

START_TEST(steps)
{
	struct lines lines = { 0 };
	struct event_log log = { .write = keep, .ctx = &lines };
	const struct setup_change rule = { '+', "ip -4 rule pref 20101" };
	const struct setup_change table = { '~', "table inet waymark" };
	struct event_steps all = { 0 };

	event_steps_write(&all, &log, LOG_LEVEL_ERROR, 1000);
	ck_assert_uint_eq(lines.count, 0);
	event_steps_add(&all, LOG_LEVEL_NOTICE, &rule, "changed by ip");
	event_steps_write(&all, &log, LOG_LEVEL_ERROR, 1000);
	ck_assert_str_eq(lines.last, "ip -4 rule pref 20101: restored: "
			 "changed by ip");
	event_steps_add(&all, LOG_LEVEL_WARNING, &table, "changed by ip");
	event_steps_write(&all, &log, LOG_LEVEL_ERROR, 1000);
	ck_assert_str_eq(lines.last, "ip -4 rule pref 20101 and 1 more: "
			 "restored: changed by ip");
	ck_assert_int_eq(lines.level, LOG_LEVEL_WARNING);
	event_steps_write(&all, &log, LOG_LEVEL_DEBUG, 1000);
	ck_assert_int_eq(lines.level, LOG_LEVEL_DEBUG);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("event_log");
	TCase *tcase = tcase_create("event_log");

	tcase_add_test(tcase, flapping);
	tcase_add_test(tcase, held);
	tcase_add_test(tcase, end);
	tcase_add_test(tcase, many);
	tcase_add_test(tcase, steps);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
