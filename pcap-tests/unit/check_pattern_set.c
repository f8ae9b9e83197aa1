/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_pattern_set.c - compile payload patterns and find matches. */
#include "unit.h"

#include <string.h>

#include "rules/tables/pattern_set.h"

#define BOTH (PATTERN_CLIENT | PATTERN_SERVER)

static const struct pattern patterns[] = {
	{ "^\\x13BitTorrent protocol", BOTH },
	{ "needle", PATTERN_CLIENT },
	{ "a.b", PATTERN_SERVER },
	{ "^GET |^POST ", PATTERN_CLIENT },
};

static struct pattern_set *compile(void)
{
	struct pattern_set *set = NULL;
	char why[PATTERN_WHY_MAX];
	size_t bad;

	ck_assert_int_eq(pattern_set_compile(patterns, 4, &set, &bad, why), 0);
	return set;
}

static const struct {
	const char *name;
	uint8_t side;
	const char *data;
	size_t len;
	uint64_t found;
} rows[] = {
	{ "anchored", PATTERN_CLIENT, "\x13" "BitTorrent protocol", 20, 1 },
	{ "anchored, other side", PATTERN_SERVER,
	  "\x13" "BitTorrent protocol", 20, 1 },
	{ "not at the start", PATTERN_CLIENT, "x\x13" "BitTorrent protocol",
	  21, 0 },
	{ "anywhere", PATTERN_CLIENT, "hay needle hay", 14, 2 },
	{ "wrong side", PATTERN_SERVER, "hay needle hay", 14, 0 },
	{ "any byte between", PATTERN_SERVER, "a\nb", 3, 4 },
	{ "two at once", PATTERN_CLIENT, "GET needle", 10, 2 | 8 },
	{ "empty", PATTERN_CLIENT, "", 0, 0 },
};

START_TEST(datagram)
{
	struct pattern_set *set = compile();
	struct pattern_scanner *scanner = pattern_scanner_new(set, 1);

	ck_assert_msg(pattern_scan(scanner, rows[_i].side,
				   (const uint8_t *)rows[_i].data,
				   rows[_i].len) == rows[_i].found, "%s",
		      rows[_i].name);
	pattern_scanner_free(scanner);
	pattern_set_free(set);
}
END_TEST

/* A stream split at any byte gives the same result. */
START_TEST(stream)
{
	struct pattern_set *set = compile();
	struct pattern_scanner *scanner = pattern_scanner_new(set, 1);

	for (size_t cut = 0; cut <= rows[_i].len; cut++) {
		struct pattern_stream *s = pattern_stream_take(scanner);
		const uint8_t *data = (const uint8_t *)rows[_i].data;
		uint64_t found;

		ck_assert_ptr_nonnull(s);
		ck_assert_ptr_null(pattern_stream_take(scanner));
		found = pattern_stream_scan(scanner, s, rows[_i].side, data,
					    cut);
		found |= pattern_stream_scan(scanner, s, rows[_i].side,
					     data + cut, rows[_i].len - cut);
		ck_assert_msg(found == rows[_i].found, "%s, cut at %zu",
			      rows[_i].name, cut);
		pattern_stream_give_back(scanner, s);
	}
	pattern_scanner_free(scanner);
	pattern_set_free(set);
}
END_TEST

START_TEST(horizons)
{
	static const struct {
		const char *regex;
		uint32_t horizon;
	} wants[] = {
		{ "^abc", 3 }, { "^a.{4}", 5 }, { "abc", UINT32_MAX },
		{ "^abc.*d", UINT32_MAX }, { "^a|b", UINT32_MAX },
	};
	char why[PATTERN_WHY_MAX];
	size_t bad;

	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
		struct pattern pattern = { wants[i].regex, PATTERN_SERVER };
		struct pattern_set *set = NULL;

		ck_assert_int_eq(pattern_set_compile(&pattern, 1, &set, &bad,
						     why), 0);
		ck_assert_uint_eq(pattern_set_horizon(set, PATTERN_SERVER),
				  wants[i].horizon);
		ck_assert_uint_eq(pattern_set_horizon(set, PATTERN_CLIENT), 0);
		pattern_set_free(set);
	}
}
END_TEST

START_TEST(refused)
{
	static const char *const bad_ones[] = { "(", "a*", "\\1(a)", "[z-a]" };
	struct pattern some[] = { { "good", BOTH }, { NULL, BOTH } };
	struct pattern_set *set = NULL;
	char why[PATTERN_WHY_MAX] = "";
	size_t bad = 99;

	some[1].regex = bad_ones[_i];
	ck_assert_int_lt(pattern_set_compile(some, 2, &set, &bad, why), 0);
	ck_assert_uint_eq(bad, 1);
	ck_assert_str_ne(why, "");
	ck_assert_ptr_null(set);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pattern_set");
	TCase *tcase = tcase_create("patterns");

	tcase_add_loop_test(tcase, datagram, 0, ROWS(rows));
	tcase_add_loop_test(tcase, stream, 0, ROWS(rows));
	tcase_add_test(tcase, horizons);
	tcase_add_loop_test(tcase, refused, 0, 4);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
