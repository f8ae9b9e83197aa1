/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_sets.c - sets and small tables of a compiled policy. */
#include "unit.h"

#include <string.h>

#include "rules/tables/address_set.h"
#include "rules/tables/interface_table.h"
#include "rules/tables/name_set.h"
#include "rules/tables/number_table.h"

static bool has(const uint64_t *bits, unsigned n)
{
	return bits[n / 64] >> n % 64 & 1;
}

START_TEST(numbers_at_every_edge)
{
	static const struct number_range ranges[] = {
		{ 0, 0, 0 }, { 0, 10, 20 }, { 1, 15, 30 }, { 70, 20, 20 },
		{ 2, 65535, 65535 }, { 3, 0, 65535 }, { 0, 21, 22 },
	};
	struct number_table *table = NULL;

	ck_assert_int_eq(number_table_build(ranges, 7, 71, &table), 0);
	for (unsigned n = 0; n < 65536; n++) {
		const uint64_t *bits = number_table_lookup(table, (uint16_t)n);

		for (unsigned s = 0; s < 71; s++) {
			bool want = false;

			for (size_t r = 0; r < 7; r++)
				want |= ranges[r].set == s &&
					ranges[r].first <= n &&
					n <= ranges[r].last;
			if (has(bits, s) != want)
				ck_abort_msg("number %u, set %u", n, s);
		}
	}
	number_table_free(table);
}
END_TEST

START_TEST(no_numbers)
{
	struct number_table *table = NULL;

	ck_assert_int_eq(number_table_build(NULL, 0, 0, &table), 0);
	ck_assert_uint_eq(*number_table_lookup(table, 443), 0);
	number_table_free(table);
}
END_TEST

static const struct {
	const char *name;
	uint64_t sets;
} interfaces[] = {
	{ "eth0", 1 << 0 | 1 << 1 | 1 << 5 }, { "eth1", 1 << 1 | 1 << 5 },
	{ "eth", 1 << 1 | 1 << 5 }, { "et", 1 << 5 },
	{ "eth10", 1 << 1 | 1 << 3 | 1 << 5 }, { "ppp0", 1 << 5 },
	{ "wan", 1 << 4 | 1 << 5 }, { "wan0", 1 << 5 }, { "", 1 << 5 },
	{ "fifteen-letters", 1 << 5 },
};

START_TEST(interface_names)
{
	static const struct interface_pattern patterns[] = {
		{ 0, "eth0" }, { 1, "eth*" }, { 3, "eth10*" }, { 4, "wan" },
		{ 5, "*" },
	};
	struct interface_table *table = NULL;

	ck_assert_int_eq(interface_table_build(patterns, 5, 6, &table), 0);
	ck_assert_msg(*interface_table_lookup(table, interfaces[_i].name) ==
		      interfaces[_i].sets, "%s", interfaces[_i].name);
	interface_table_free(table);
}
END_TEST

static void add(struct address_set *set, const char *range)
{
	char why[ADDRESS_WHY_MAX];
	struct address first, last;

	ck_assert_int_eq(address_range_parse(range, strlen(range), &first,
					     &last, why), 0);
	ck_assert_int_eq(address_set_add(set, &first, &last), 0);
}

START_TEST(address_ranges_join)
{
	struct address_set set = { 0 };

	add(&set, "10.0.0.128/25");
	add(&set, "10.0.0.0/25");
	add(&set, "10.0.2.0-10.0.2.9");
	add(&set, "10.0.2.5-10.0.2.7");
	add(&set, "2001:db8::/64");
	add(&set, "255.255.255.255");
	address_set_normalise(&set);
	ck_assert_uint_eq(set.count, 4);
	address_set_fini(&set);
}
END_TEST

START_TEST(address_sets_cover)
{
	struct address_set outer = { 0 }, inner = { 0 };

	add(&outer, "10.0.0.0/25");
	add(&outer, "10.0.0.128/25");
	add(&outer, "2001:db8::/32");
	add(&inner, "10.0.0.100-10.0.0.200");
	add(&inner, "2001:db8:1::/48");
	address_set_normalise(&outer);
	address_set_normalise(&inner);
	ck_assert(address_set_covers(&outer, &inner));
	ck_assert(!address_set_covers(&inner, &outer));
	ck_assert(!address_set_equal(&inner, &outer));
	add(&inner, "10.0.1.0");
	address_set_normalise(&inner);
	ck_assert(!address_set_covers(&outer, &inner));
	address_set_fini(&outer);
	address_set_fini(&inner);
}
END_TEST

START_TEST(names_are_sets)
{
	struct name_set a = { 0 }, b = { 0 };

	ck_assert_int_eq(name_set_add(&a, "x", 1, false), 0);
	ck_assert_int_eq(name_set_add(&a, "abc", 3, false), 0);
	ck_assert_int_eq(name_set_add(&a, "x", 1, false), 0);
	ck_assert_int_eq(name_set_add(&b, "abc", 3, false), 0);
	ck_assert_int_eq(name_set_add(&b, "x", 1, false), 0);
	name_set_normalise(&a);
	name_set_normalise(&b);
	ck_assert(name_set_equal(&a, &b));
	ck_assert_int_eq(name_set_add(&b, "x", 1, true), 0);
	name_set_normalise(&b);
	ck_assert(!name_set_equal(&a, &b));
	ck_assert(b.has_exact);
	name_set_fini(&a);
	name_set_fini(&b);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sets");
	TCase *tcase = tcase_create("sets");

	tcase_add_test(tcase, numbers_at_every_edge);
	tcase_add_test(tcase, no_numbers);
	tcase_add_loop_test(tcase, interface_names, 0, ROWS(interfaces));
	tcase_add_test(tcase, address_ranges_join);
	tcase_add_test(tcase, address_sets_cover);
	tcase_add_test(tcase, names_are_sets);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
