/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_progress_line.c - the line on a terminal that shows the progress of a
 * replay. */
#include <string.h>

#include "tools/progress_line.h"
#include "unit.h"

#define HOME .path = "/srv/home.pcap", .number = 1, .captures = 1
#define PIPE .path = "-", .number = 1, .captures = 1
#define ONE_OF .path = "home.pcap", .number = 2, .captures = 15
#define LONG .path = "office-2024-05-01T00:00:00.pcap00017", .number = 1, \
	     .captures = 1
#define HALF .done = 500, .size = 1000, .packets = 1234567, .elapsed_ms = 14900

static const struct row {
	const char *want;
	size_t columns;
	struct progress_state state;
} rows[] = {
	/* Complete lines. */
	{ "home.pcap  50%  1.2M packets, 0:14 left", 79, { HOME, HALF } },
	{ "2 of 15: home.pcap  50%  1.2M packets, 0:14 left", 79,
	  { ONE_OF, HALF } },
	{ "home.pcap  0%", 79, { HOME, .size = 1000 } },
	{ "home.pcap  0%", 79, { HOME, .size = 1000, .elapsed_ms = 5000 } },
	{ "home.pcap  99%  1 packet", 79,
	  { HOME, .done = 999, .size = 1000, .packets = 1 } },
	{ "home.pcap  100%  2 packets, 0:00 left", 79,
	  { HOME, .done = 1000, .size = 1000, .packets = 2,
	    .elapsed_ms = 1000 } },
	/* Too early for an estimate. */
	{ "home.pcap  50%  7 packets", 79,
	  { HOME, .done = 500, .size = 1000, .packets = 7,
	    .elapsed_ms = 999 } },
	/* A filter matched none so far. */
	{ "home.pcap  50%  0:02 left", 79,
	  { HOME, .done = 500, .size = 1000, .elapsed_ms = 2000 } },
	/* The file has grown. */
	{ "home.pcap  100%  9 packets", 79,
	  { HOME, .done = 1001, .size = 1000, .packets = 9,
	    .elapsed_ms = 2000 } },
	/* Long durations, and one that is too long to print. */
	{ "home.pcap  50%  9 packets, 1:01:05 left", 79,
	  { HOME, .done = 1u << 30, .size = 2u << 30, .packets = 9,
	    .elapsed_ms = 3665000 } },
	{ "home.pcap  0%  9 packets", 79,
	  { HOME, .done = 1, .size = UINT64_MAX, .packets = 9,
	    .elapsed_ms = UINT64_MAX } },
	/* Unknown size. */
	{ "standard input  0B", 79, { PIPE } },
	{ "standard input  120MB  9.9k packets, 999/s", 79,
	  { PIPE, .done = 120999999, .packets = 9999, .elapsed_ms = 10001 } },
	{ "standard input  18EB  18E packets, 1.8E/s", 79,
	  { PIPE, .done = UINT64_MAX, .packets = UINT64_MAX,
	    .elapsed_ms = 10000 } },
	{ "standard input  999B  999 packets", 79,
	  { PIPE, .done = 999, .packets = 999, .elapsed_ms = 999 } },
	/* Paths with directories, without a name, with control characters. */
	{ "b  0%", 79, { .path = "a/b", .captures = 1, .size = 1 } },
	{ "  0%", 79, { .path = "a/", .captures = 1, .size = 1 } },
	{ "M?rz?[K?.pcap  0%", 79,
	  { .path = "M\xc3\xa4rz\x1b[K\x7f.pcap", .captures = 1, .size = 1 } },
	/* Narrower and narrower terminals. */
	{ "office-2024-05-01T00:00:00.pcap00017  50%  1.2M packets, 0:14 left",
	  66, { LONG, HALF } },
	{ "office-2024-05-01..:00:00.pcap00017  50%  1.2M packets, 0:14 left",
	  65, { LONG, HALF } },
	{ "off..017  50%  1.2M packets, 0:14 left", 38, { LONG, HALF } },
	{ "office-2024-05-..00:00.pcap00017  50%", 37, { LONG, HALF } },
	{ "off..017  50%", 13, { LONG, HALF } },
	{ "50%", 12, { LONG, HALF } },
	{ "50%", 3, { LONG, HALF } },
	{ "", 2, { LONG, HALF } },
	{ "", 0, { LONG, HALF } },
	{ "2 of 15: hom..cap  50%  1.2M packets, 0:14 left", 47,
	  { ONE_OF, HALF } },
	{ "home.pcap  50%  1.2M packets, 0:14 left", 46, { ONE_OF, HALF } },
	{ "2 of 15: home.pcap  50%", 37, { ONE_OF, HALF } },
};

START_TEST(line)
{
	const struct row *row = &rows[_i];
	char text[PROGRESS_LINE_MAX];

	progress_line(&row->state, row->columns, text);
	ck_assert_str_eq(text, row->want);
}
END_TEST

/* No line is wider than the terminal. */
START_TEST(fits)
{
	static const struct progress_state states[] = {
		{ ONE_OF, HALF }, { LONG, HALF }, { HOME }, { PIPE },
		{ .path = "x", .number = SIZE_MAX, .captures = SIZE_MAX,
		  .done = UINT64_MAX, .packets = UINT64_MAX,
		  .elapsed_ms = 1000 },
	};
	char text[PROGRESS_LINE_MAX];

	for (size_t columns = 0; columns < 2 * PROGRESS_LINE_MAX; columns++) {
		progress_line(&states[_i], columns, text);
		ck_assert_uint_le(strlen(text), columns);
	}
}
END_TEST

START_TEST(very_long_name)
{
	char name[4096], text[PROGRESS_LINE_MAX];
	const struct progress_state state = {
		.path = name, .number = 1, .captures = 1, HALF,
	};

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	progress_line(&state, 1000, text);
	ck_assert_ptr_nonnull(strstr(text, "nnn  50%  1.2M packets, "));
	progress_line(&state, 60, text);
	ck_assert_uint_eq(strlen(text), 60);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("progress_line");
	TCase *tcase = tcase_create("progress_line");

	tcase_add_loop_test(tcase, line, 0,
			    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_loop_test(tcase, fits, 0, 5);
	tcase_add_test(tcase, very_long_name);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
