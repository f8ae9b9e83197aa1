/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_events.c - Rings of events and their subscribers. */
#include <stdio.h>
#include <string.h>

#include "tools/daemon/events.h"
#include "unit.h"

#define BUFFER 65536

static void emit(struct events *events, int number)
{
	events_emit(events, "test", json_pack("{s:i}", "number", number));
}

/* Count the lines of what is read, and return the last as an object. */
static json_t *read_all(struct events *events, struct events_cursor *cursor,
			size_t size, size_t *ret_lines)
{
	static char text[BUFFER];
	json_t *last = NULL;
	size_t len;

	*ret_lines = 0;
	while ((len = events_read(events, cursor, text, size)) > 0) {
		ck_assert_uint_le(len, size);
		ck_assert_int_eq(text[len - 1], '\n');
		for (size_t at = 0; at < len;) {
			char *end = memchr(text + at, '\n', len - at);

			json_decref(last);
			last = json_loadb(text + at,
					  (size_t)(end - text) - at, 0, NULL);
			ck_assert_ptr_nonnull(last);
			at = (size_t)(end - text) + 1;
			(*ret_lines)++;
		}
	}
	return last;
}

static int number_of(const json_t *event)
{
	return (int)json_integer_value(json_object_get(event, "number"));
}

START_TEST(in_order)
{
	struct events *events = events_new();
	struct events_cursor early, late;
	json_t *last;
	size_t lines;

	ck_assert_ptr_nonnull(events);
	emit(events, 1);		/* before there are followers */
	events_subscribe(events, false, &early);
	emit(events, 2);
	events_subscribe(events, false, &late);
	emit(events, 3);
	/* A buffer for one line at a time does the same. */
	last = read_all(events, &early, EVENTS_LINE_MAX, &lines);
	ck_assert_uint_eq(lines, 2);
	ck_assert_int_eq(number_of(last), 3);
	ck_assert_str_eq(json_string_value(json_object_get(last, "event")),
			 "test");
	ck_assert_uint_eq(strlen(json_string_value(
		json_object_get(last, "time"))), 24);
	json_decref(last);
	last = read_all(events, &late, BUFFER, &lines);
	ck_assert_uint_eq(lines, 1);
	ck_assert_int_eq(number_of(last), 3);
	json_decref(last);
	events_free(events);
}
END_TEST

/* The oldest are lost, and counted. */
START_TEST(slow)
{
	struct events *events = events_new();
	struct events_cursor cursor;
	char text[BUFFER];
	json_t *first, *last;
	size_t lines;

	events_subscribe(events, false, &cursor);
	for (int i = 0; i < 300; i++)
		emit(events, i);
	ck_assert_uint_gt(events_read(events, &cursor, text, EVENTS_LINE_MAX),
			  0);
	first = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
	ck_assert_str_eq(json_string_value(json_object_get(first, "event")),
			 "lost");
	ck_assert_int_eq(json_integer_value(json_object_get(first, "count")),
			 300 - 256);
	last = read_all(events, &cursor, BUFFER, &lines);
	ck_assert_int_eq(number_of(last), 299);
	json_decref(first);
	json_decref(last);
	events_free(events);
}
END_TEST

/* Many flows do not push out other events. */
START_TEST(flows_apart)
{
	struct events *events = events_new();
	struct events_cursor with, without;
	size_t lines;
	json_t *last;

	events_subscribe(events, true, &with);
	events_subscribe(events, false, &without);
	emit(events, 1);
	for (int i = 0; i < 5000; i++)
		events_emit_flow(events, "settled", json_object());
	last = read_all(events, &without, BUFFER, &lines);
	ck_assert_uint_eq(lines, 1);
	ck_assert_int_eq(number_of(last), 1);
	json_decref(last);
	last = read_all(events, &with, BUFFER, &lines);
	ck_assert_uint_eq(lines, 1 + 1 + 2048);
	json_decref(last);
	events_free(events);
}
END_TEST

/* A message that does not fit is left out, the rest stays. */
START_TEST(long_message)
{
	struct events *events = events_new();
	struct events_cursor cursor;
	char message[2000];
	size_t lines;
	json_t *last;

	memset(message, 'x', sizeof(message));
	message[sizeof(message) - 1] = '\0';
	events_subscribe(events, false, &cursor);
	events_emit(events, "reload", json_pack("{s:s, s:s}", "message",
						message, "result", "refused"));
	last = read_all(events, &cursor, BUFFER, &lines);
	ck_assert_uint_eq(lines, 1);
	ck_assert_ptr_null(json_object_get(last, "message"));
	ck_assert_str_eq(json_string_value(json_object_get(last, "result")),
			 "refused");
	json_decref(last);
	events_free(events);
	events_emit(NULL, "none", json_object());
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("events");
	TCase *tcase = tcase_create("events");

	tcase_add_test(tcase, in_order);
	tcase_add_test(tcase, slow);
	tcase_add_test(tcase, flows_apart);
	tcase_add_test(tcase, long_message);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
