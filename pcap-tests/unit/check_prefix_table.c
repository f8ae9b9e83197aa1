/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_prefix_table.c - look up addresses in fixed and random tables; random
 * ones are compared with a linear search. */
#include "rules/tables/prefix_table.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>

#include "pcap-tests/unit/unit.h"

static void add(struct prefix_builder *builder, size_t set, const char *text)
{
	struct address first, last;
	char why[ADDRESS_WHY_MAX];

	ck_assert_msg(address_range_parse(text, strlen(text), &first, &last,
					  why) == 0, "%s: %s", text, why);
	ck_assert_int_eq(prefix_builder_add(builder, set, &first, &last), 0);
}

static struct prefix_table *build(struct prefix_builder *builder)
{
	struct prefix_table *table = NULL;

	ck_assert_int_eq(prefix_table_build(builder, &table), 0);
	prefix_builder_free(builder);
	return table;
}

static const uint64_t *look_up(const struct prefix_table *table,
			       const char *text)
{
	struct address a;

	ck_assert_int_eq(address_parse(text, strlen(text), &a), 0);
	return prefix_table_lookup(table, &a);
}

#define MAX_RANGES 6

static const struct {
	const char *name;
	const char *ranges[MAX_RANGES];	/* each in the set of its index */
	const char *address;
	uint64_t want;
} cases[] = {
	{ "empty v4", { NULL }, "192.0.2.1", 0 },
	{ "empty v6", { NULL }, "2001:db8::1", 0 },
	{ "inside", { "10.0.0.0/8" }, "10.255.0.1", 1 },
	{ "first", { "10.0.0.0/8" }, "10.0.0.0", 1 },
	{ "last", { "10.0.0.0/8" }, "10.255.255.255", 1 },
	{ "before", { "10.0.0.0/8" }, "9.255.255.255", 0 },
	{ "after", { "10.0.0.0/8" }, "11.0.0.0", 0 },
	{ "nested", { "10.0.0.0/8", "10.1.0.0/16" }, "10.1.2.3", 3 },
	{ "nested, outer", { "10.0.0.0/8", "10.1.0.0/16" }, "10.2.2.3", 1 },
	{ "nested, other order", { "10.1.0.0/16", "10.0.0.0/8" }, "10.1.2.3",
	  3 },
	{ "crossing left", { "10.0.0.0-10.0.0.9", "10.0.0.5-10.0.0.20" },
	  "10.0.0.4", 1 },
	{ "crossing", { "10.0.0.0-10.0.0.9", "10.0.0.5-10.0.0.20" },
	  "10.0.0.9", 3 },
	{ "crossing right", { "10.0.0.0-10.0.0.9", "10.0.0.5-10.0.0.20" },
	  "10.0.0.10", 2 },
	{ "same twice", { "10.0.0.0/8", "10.0.0.0/8" }, "10.0.0.1", 3 },
	{ "all v4", { "0.0.0.0/0" }, "255.255.255.255", 1 },
	{ "all v4, zero", { "0.0.0.0/0" }, "0.0.0.0", 1 },
	{ "all v4 is not v6", { "0.0.0.0/0" }, "::1", 0 },
	{ "all v6", { "::/0" },
	  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1 },
	{ "all v6 is not v4", { "::/0" }, "192.0.2.1", 0 },
	{ "all of both", { "::/0", "0.0.0.0/0" }, "192.0.2.1", 2 },
	{ "last v4 host", { "255.255.255.255" }, "255.255.255.255", 1 },
	{ "before last v4 host", { "255.255.255.255" }, "255.255.255.254", 0 },
	{ "first v4 host", { "0.0.0.0" }, "0.0.0.0", 1 },
	{ "after first v4 host", { "0.0.0.0" }, "0.0.0.1", 0 },
	{ "v6 host", { "2001:db8::1" }, "2001:db8::1", 1 },
	{ "beside v6 host", { "2001:db8::1" }, "2001:db8::2", 0 },
	{ "v6 /65, upper", { "2001:db8:0:0:8000::/65" },
	  "2001:db8::8000:0:0:1", 1 },
	{ "v6 /65, lower", { "2001:db8:0:0:8000::/65" },
	  "2001:db8::7fff:0:0:1", 0 },
	{ "last v6 host", { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1 },
	{ "six deep", { "2000::/3", "2001::/16", "2001:db8::/32",
			"2001:db8:1::/48", "2001:db8:1:2::/64",
			"2001:db8:1:2::3" }, "2001:db8:1:2::3", 63 },
	{ "five deep", { "2000::/3", "2001::/16", "2001:db8::/32",
			 "2001:db8:1::/48", "2001:db8:1:2::/64",
			 "2001:db8:1:2::3" }, "2001:db8:1:2::4", 31 },
	{ "across everything", { "0.0.0.0-255.255.255.255", "1.0.0.0/8",
				 "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	  "1.1.1.1", 3 },
};

START_TEST(one_address)
{
	struct prefix_builder *builder = prefix_builder_new(MAX_RANGES);
	struct prefix_table *table;
	size_t set;

	for (set = 0; set < MAX_RANGES && cases[_i].ranges[set] != NULL; set++)
		add(builder, set, cases[_i].ranges[set]);
	table = build(builder);
	ck_assert_msg(*look_up(table, cases[_i].address) == cases[_i].want,
		      "%s", cases[_i].name);
	prefix_table_free(table);
}
END_TEST

START_TEST(no_sets)
{
	struct prefix_table *table = build(prefix_builder_new(0));

	ck_assert_uint_eq(*look_up(table, "192.0.2.1"), 0);
	prefix_table_free(table);
	prefix_table_free(NULL);
	prefix_builder_free(NULL);
}
END_TEST

START_TEST(set_past_the_first_word)
{
	struct prefix_builder *builder = prefix_builder_new(200);
	struct prefix_table *table;
	const uint64_t *sets;

	add(builder, 0, "10.0.0.0/8");
	add(builder, 64, "10.1.0.0/16");
	add(builder, 199, "10.1.1.0/24");
	table = build(builder);
	sets = look_up(table, "10.1.1.1");
	ck_assert_uint_eq(sets[0], 1);
	ck_assert_uint_eq(sets[1], 1);
	ck_assert_uint_eq(sets[2], 0);
	ck_assert_uint_eq(sets[3], UINT64_C(1) << (199 - 192));
	ck_assert_uint_eq(look_up(table, "10.1.2.1")[3], 0);
	prefix_table_free(table);
}
END_TEST

START_TEST(builder_is_left_empty)
{
	struct prefix_builder *builder = prefix_builder_new(1);
	struct prefix_table *first = NULL, *second = NULL;

	add(builder, 0, "10.0.0.0/8");
	ck_assert_int_eq(prefix_table_build(builder, &first), 0);
	add(builder, 0, "11.0.0.0/8");
	ck_assert_int_eq(prefix_table_build(builder, &second), 0);
	ck_assert_uint_eq(*look_up(first, "10.0.0.1"), 1);
	ck_assert_uint_eq(*look_up(second, "10.0.0.1"), 0);
	ck_assert_uint_eq(*look_up(second, "11.0.0.1"), 1);
	prefix_table_free(first);
	prefix_table_free(second);
	prefix_builder_free(builder);
}
END_TEST

/* Adjacent ranges merge: the parts of a /8 use the memory of one /8. */
START_TEST(adjacent_ranges_merge)
{
	struct prefix_builder *builder = prefix_builder_new(1);
	struct prefix_table *whole, *pieces;
	char text[32];
	int i;

	add(builder, 0, "10.0.0.0/8");
	whole = build(builder);
	builder = prefix_builder_new(1);
	for (i = 0; i < 65536; i++) {
		snprintf(text, sizeof(text), "10.%d.%d.0/24", i % 256, i / 256);
		add(builder, 0, text);
	}
	pieces = build(builder);
	ck_assert_uint_eq(prefix_table_bytes(pieces),
			  prefix_table_bytes(whole));
	prefix_table_free(whole);
	prefix_table_free(pieces);
}
END_TEST

/* Random tables, compared with a linear search. */
enum shape { PREFIXES, HOSTS, RANGES };

static const struct {
	const char *name;
	size_t sets;
	size_t ranges;
	bool is_v4;
	unsigned int common;	/* bits that all ranges share */
	unsigned int spread;	/* random bits after those */
	enum shape shape;
} worlds[] = {
	{ "v4 prefixes, far apart", 3, 1500, true, 0, 32, PREFIXES },
	{ "v4 prefixes, crowded", 3, 1500, true, 16, 14, PREFIXES },
	{ "v4 hosts", 1, 1500, true, 0, 32, HOSTS },
	{ "v4 ranges", 5, 1200, true, 0, 32, RANGES },
	{ "v4 ranges, crowded", 5, 1200, true, 20, 12, RANGES },
	{ "v4, many sets", 400, 1200, true, 8, 14, PREFIXES },
	{ "v4, many combinations", 100, 1200, true, 8, 20, RANGES },
	{ "v6 prefixes, far apart", 3, 1500, false, 3, 61, PREFIXES },
	{ "v6 prefixes, one site", 3, 1500, false, 48, 16, PREFIXES },
	{ "v6 hosts", 2, 1200, false, 3, 125, HOSTS },
	{ "v6 hosts of one network", 2, 1200, false, 64, 64, HOSTS },
	{ "v6 hosts, few", 2, 12, false, 64, 64, HOSTS },
	{ "v6 low bits", 2, 1200, false, 100, 28, PREFIXES },
	{ "v6 ranges", 70, 1200, false, 16, 64, RANGES },
	{ "v6 long ranges", 70, 1000, false, 0, 128, RANGES },
	{ "few", 2, 10, true, 0, 32, PREFIXES },
	{ "seventeen", 2, 17, true, 0, 32, PREFIXES },
};

#define WORLD_RANGES 1500

struct world {
	size_t ranges;
	size_t set[WORLD_RANGES];
	struct address first[WORLD_RANGES];
	struct address last[WORLD_RANGES];
};

static uint64_t random64(void)
{
	return (uint64_t)random() << 42 ^ (uint64_t)random() << 21 ^
	       (uint64_t)random();
}

static void set_bit(struct address *a, unsigned int bit, bool value)
{
	uint8_t mask = (uint8_t)(0x80 >> bit % 8);

	a->bytes[bit / 8] = (uint8_t)((a->bytes[bit / 8] & ~mask) |
				      (value ? mask : 0));
}

static struct address random_address(int row)
{
	unsigned int start = worlds[row].is_v4 ? 96 : 0;
	unsigned int end = start + worlds[row].common + worlds[row].spread;
	struct address a = worlds[row].is_v4 ? address_from_v4(0) :
		(struct address){ .bytes = { 0x20, 0x01, 0x0d, 0xb8 } };
	unsigned int bit;

	for (bit = start + worlds[row].common; bit < end; bit++)
		set_bit(&a, bit, random() & 1);
	return a;
}

static void random_range(int row, struct address *ret_first,
			 struct address *ret_last)
{
	unsigned int start = worlds[row].is_v4 ? 96 : 0;
	unsigned int min = start + worlds[row].common;
	struct address first = random_address(row);
	struct address last = first;
	unsigned int len, bit;

	if (worlds[row].shape == RANGES) {
		last = random_address(row);
		if (address_compare(&first, &last) > 0) {
			struct address swap = first;

			first = last;
			last = swap;
		}
	} else if (worlds[row].shape == PREFIXES) {
		len = min + (unsigned int)random() %
			(worlds[row].spread + 1);
		if (len < start + 4)
			len = start + 4;
		for (bit = len; bit < 128; bit++) {
			set_bit(&first, bit, false);
			set_bit(&last, bit, true);
		}
	}
	*ret_first = first;
	*ret_last = last;
}

static void compare(const struct world *world, const struct prefix_table *table,
		    size_t sets, const struct address *a, const char *name)
{
	uint64_t want[8] = { 0 };
	size_t i;

	for (i = 0; i < world->ranges; i++) {
		if (address_is_v4(&world->first[i]) == address_is_v4(a) &&
		    address_compare(&world->first[i], a) <= 0 &&
		    address_compare(&world->last[i], a) >= 0)
			want[world->set[i] / 64] |=
				UINT64_C(1) << world->set[i] % 64;
	}
	ck_assert_msg(memcmp(want, prefix_table_lookup(table, a),
			     (sets + 63) / 64 * 8) == 0, "%s", name);
}

/* The address before or after, in the arithmetic of 128 bits. */
static struct address neighbour(const struct address *a, int64_t by)
{
	uint64_t high = be64toh(a->be64[0]);
	uint64_t low = be64toh(a->be64[1]) + (uint64_t)by;

	if (by > 0)
		high += low == 0;
	else
		high -= low == UINT64_MAX;
	return (struct address){ .be64 = { htobe64(high), htobe64(low) } };
}

START_TEST(random_world)
{
	size_t sets = worlds[_i].sets;
	struct world *world = calloc(1, sizeof(*world));
	struct prefix_builder *builder = prefix_builder_new(sets);
	struct prefix_table *table;
	struct address a;
	size_t i;

	srandom((unsigned int)_i + 1);
	world->ranges = worlds[_i].ranges;
	for (i = 0; i < world->ranges; i++) {
		world->set[i] = random64() % sets;
		random_range(_i, &world->first[i], &world->last[i]);
		ck_assert_int_eq(prefix_builder_add(builder, world->set[i],
						    &world->first[i],
						    &world->last[i]), 0);
	}
	table = build(builder);
	for (i = 0; i < world->ranges; i++) {
		compare(world, table, sets, &world->first[i], worlds[_i].name);
		compare(world, table, sets, &world->last[i], worlds[_i].name);
		a = neighbour(&world->first[i], -1);
		compare(world, table, sets, &a, worlds[_i].name);
		a = neighbour(&world->last[i], 1);
		compare(world, table, sets, &a, worlds[_i].name);
		a = random_address(_i);
		compare(world, table, sets, &a, worlds[_i].name);
	}
	prefix_table_free(table);
	free(world);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("prefix_table");
	TCase *tests = tcase_create("prefix_table");

	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, one_address, 0, ROWS(cases));
	tcase_add_test(tests, no_sets);
	tcase_add_test(tests, set_past_the_first_word);
	tcase_add_test(tests, builder_is_left_empty);
	tcase_add_test(tests, adjacent_ranges_merge);
	tcase_add_loop_test(tests, random_world, 0, ROWS(worlds));
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
