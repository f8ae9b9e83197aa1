/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_keywords.c - names of numbers, and the nearest keyword. */
#include "pcap-tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "rules/parse/keywords.h"

static const struct {
	const struct keyword *table;
	const char *name;
	bool is_known;
	uint32_t value;
} words[] = {
	{ keywords_protocol, "tcp", true, 6 },
	{ keywords_protocol, "UDP", true, 17 },
	{ keywords_protocol, "udplite", true, 136 },
	{ keywords_protocol, "ospf", true, 89 },
	{ keywords_protocol, "vrrp", true, 112 },
	{ keywords_protocol, "l2tp", true, 115 },
	{ keywords_protocol, "ipv6", true, 41 },
	{ keywords_protocol, "udpl", false, 0 },
	{ keywords_protocol, "tcpx", false, 0 },
	{ keywords_protocol, "", false, 0 },
	{ keywords_dscp, "ef", true, 46 },
	{ keywords_dscp, "EF", true, 46 },
	{ keywords_dscp, "cs6", true, 48 },
	{ keywords_dscp, "af43", true, 38 },
	{ keywords_dscp, "le", true, 1 },
	{ keywords_dscp, "be", true, 0 },
	{ keywords_dscp, "af14", false, 0 },
	{ keywords_tos, "minimize-delay", true, 0x10 },
	{ keywords_tos, "minimize", false, 0 },
};

START_TEST(value_of)
{
	uint32_t got = 0;

	ck_assert_int_eq(keywords_find(words[_i].table, words[_i].name,
				    strlen(words[_i].name), &got),
			 words[_i].is_known);
	ck_assert_uint_eq(got, words[_i].value);
}
END_TEST

START_TEST(first_name)
{
	ck_assert_str_eq(keywords_of(keywords_protocol, 6), "tcp");
	ck_assert_str_eq(keywords_of(keywords_dscp, 0), "cs0");
	ck_assert_str_eq(keywords_of(keywords_dscp, 46), "ef");
	ck_assert_ptr_null(keywords_of(keywords_dscp, 63));
}
END_TEST

/* Every AF name is its class times eight and its precedence times two
 * (RFC 2597, 6), every CS name its class times eight (RFC 2474, 4.2.2). */
START_TEST(assured_forwarding)
{
	char name[8];
	uint32_t value;
	int class, drop;

	for (class = 0; class < 8; class++) {
		snprintf(name, sizeof(name), "cs%d", class);
		ck_assert(keywords_find(keywords_dscp, name, 3, &value));
		ck_assert_uint_eq(value, 8 * class);
	}
	for (class = 1; class <= 4; class++)
		for (drop = 1; drop <= 3; drop++) {
			snprintf(name, sizeof(name), "af%d%d", class, drop);
			ck_assert(keywords_find(keywords_dscp, name, 4,
						&value));
			ck_assert_uint_eq(value, 8 * class + 2 * drop);
		}
}
END_TEST

static const struct {
	const char *word;
	const char *best;	/* of the candidates below, or NULL */
} mistakes[] = {
	{ "rout", "route" },
	{ "rute", "route" },
	{ "routee", "route" },
	{ "ruote", "route" },
	{ "ROUTE", "route" },
	{ "tpc", "tcp" },
	{ "ucp", "tcp" },
	{ "defualt", "default" },
	{ "masqerade", "masquerade" },
	{ "masqueraded", "masquerade" },
	{ "mesquerode", "masquerade" },
	{ "x", NULL },
	{ "", NULL },
	{ "banana", NULL },
	{ "12", NULL },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
};

START_TEST(nearest_word)
{
	static const char *const candidates[] = {
		"route", "default", "tcp", "masquerade", "exempt",
	};
	struct nearest nearest = {
		.word = mistakes[_i].word,
		.word_len = strlen(mistakes[_i].word),
	};
	size_t i;

	for (i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++)
		nearest_offer(&nearest, candidates[i]);
	ck_assert_pstr_eq(nearest.best, mistakes[_i].best);
}
END_TEST

START_TEST(nearest_of_many)
{
	struct nearest nearest = { .word = "af44", .word_len = 4 };

	nearest_offer_table(&nearest, keywords_dscp);
	ck_assert_ptr_nonnull(nearest.best);
	ck_assert_uint_eq(nearest.best_distance, 1);
	nearest_offer(&nearest, "af44");
	ck_assert_str_eq(nearest.best, "af44");
	ck_assert_uint_eq(nearest.best_distance, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("names");
	TCase *tcase = tcase_create("names");

	tcase_add_loop_test(tcase, value_of, 0, ROWS(words));
	tcase_add_test(tcase, first_name);
	tcase_add_test(tcase, assured_forwarding);
	tcase_add_loop_test(tcase, nearest_word, 0, ROWS(mistakes));
	tcase_add_test(tcase, nearest_of_many);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
