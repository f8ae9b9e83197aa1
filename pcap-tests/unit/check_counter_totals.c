/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_counter_totals.c - counters go on when their table is made again. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "rules/setup/kernel/counter_totals.h"

/* What the kernel reports, one reading after another: packets of two counters,
 * -1: the counter is missing. The sums are what readers get. */
static const struct {
	int a, b;
	unsigned int sum_a, sum_b;
} readings[] = {
	{ 5, 0, 5, 0 },
	{ 7, 2, 7, 2 },
	{ 0, 0, 7, 2 },			/* the table was made again */
	{ 3, 1, 10, 3 },
	{ -1, -1, 10, 3 },		/* it is missing at this moment */
	{ 1, 1, 11, 4 },
	{ 2, -1, 12, 4 },		/* without the route */
	{ 2, 9, 12, 13 },
};

static void add(struct counters *counters, const char *name, int packets)
{
	struct counter *at = &counters->items[counters->count];

	if (packets < 0)
		return;
	*at = (struct counter){ .packets = (uint64_t)packets,
				.bytes = (uint64_t)packets * 100 };
	strcpy(at->name, name);
	counters->count++;
}

START_TEST(never_backwards)
{
	struct counter_totals totals = { 0 };

	for (size_t i = 0; i < ROWS(readings); i++) {
		struct counters counters = { calloc(2, sizeof(struct counter)),
					     0 };
		struct counter a, b;

		ck_assert_ptr_nonnull(counters.items);
		add(&counters, "path_1", readings[i].a);
		add(&counters, "route_b", readings[i].b);
		counter_totals_apply(&totals, &counters);
		a = counters_find(&counters, "path_1");
		b = counters_find(&counters, "route_b");
		ck_assert_msg(a.packets == readings[i].sum_a, "reading %zu", i);
		ck_assert_msg(b.packets == readings[i].sum_b, "reading %zu", i);
		ck_assert_uint_eq(a.bytes, a.packets * 100);
		counters_fini(&counters);
	}
	counter_totals_fini(&totals);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("counter_totals");
	TCase *tcase = tcase_create("totals");

	tcase_add_test(tcase, never_backwards);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
