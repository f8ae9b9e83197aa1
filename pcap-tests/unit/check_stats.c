/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_stats.c - the table of counters and its sums. */
#include <string.h>

#include "engine/stats/stats.h"
#include "unit.h"

/* Each field has its row, with a name that is unique. */
START_TEST(rows)
{
	const struct stats stats = { .packets = 7, .verdicts_rejected = 9 };

	ck_assert_str_eq(stats_rows[0].name, "packets");
	ck_assert_uint_eq(stats_value(&stats, 0), 7);
	ck_assert_str_eq(stats_rows[stats_count - 1].name,
			 "verdicts_rejected");
	ck_assert_uint_eq(stats_value(&stats, stats_count - 1), 9);
	for (size_t i = 0; i < stats_count; i++) {
		ck_assert_uint_gt(strlen(stats_rows[i].label), 0);
		ck_assert_uint_gt(strlen(stats_rows[i].help), 0);
		for (size_t other = 0; other < i; other++)
			ck_assert_str_ne(stats_rows[i].name,
					 stats_rows[other].name);
	}
}
END_TEST

START_TEST(sums)
{
	struct stats_live a = { 0 }, b = { 0 };
	struct stats total = { 0 };

	stats_add(&a.flows, 2);
	stats_add(&a.flows, 3);
	stats_set(&b.flows, 10);
	stats_add(&b.settled, 1);
	stats_sum(&total, &a);
	stats_sum(&total, &b);
	ck_assert_uint_eq(total.flows, 15);
	ck_assert_uint_eq(total.settled, 1);
	ck_assert_uint_eq(total.packets, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stats");
	TCase *tcase = tcase_create("counters");

	tcase_add_test(tcase, rows);
	tcase_add_test(tcase, sums);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
