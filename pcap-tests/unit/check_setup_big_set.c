/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_setup_big_set.c - elements, checksums and names of big sets. */
#include "pcap-tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "rules/tables/address.h"
#include "rules/setup/plan/big_set.h"
#include "rules/setup/ruleset/big_set_fill.h"
#include "rules/setup/kernel/nft_table.h"
#include "rules/setup/plan/plan.h"

/* ---- elements ---- */

static const struct {
	const char *ranges[4];	/* of two ranges */
	const char *want;	/* '-' precedes the end of a range */
} lists[] = {
	{ { "192.0.2.0", "192.0.2.255" }, "-0.0.0.0 192.0.2.0 -192.0.3.0 " },
	{ { "10.0.0.0", "10.255.255.255", "192.0.2.1", "192.0.2.1" },
	  "-0.0.0.0 10.0.0.0 -11.0.0.0 192.0.2.1 -192.0.2.2 " },
	{ { "0.0.0.0", "0.255.255.255" }, "0.0.0.0 -1.0.0.0 " },
	{ { "255.255.255.255", "255.255.255.255" },
	  "-0.0.0.0 255.255.255.255 " },
	{ { "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff" },
	  "-:: 2001:db8:: -2001:db9:: " },
	{ { "::", "::1", "ffff::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	  ":: -::2 ffff:: " },
};

static void print_element(void *ctx, const void *key, size_t len, bool is_end)
{
	struct address address = address_from_v4(0);
	char text[ADDRESS_TEXT_MAX];

	memcpy(address.bytes + 16 - len, key, len);
	fprintf(ctx, "%s%s ", is_end ? "-" : "", address_print(&address, text));
}

START_TEST(elements)
{
	struct address pairs[4];
	struct big_set set = { .pairs = pairs };
	char text[400] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");
	size_t i = 0;

	for (; i < 4 && lists[_i].ranges[i] != NULL; i++)
		ck_assert_int_eq(address_parse(lists[_i].ranges[i],
					       strlen(lists[_i].ranges[i]),
					       &pairs[i]), 0);
	set.count = i / 2;
	set.is_v6 = !address_is_v4(&pairs[0]);
	big_set_each(&set, print_element, out);
	fclose(out);
	ck_assert_str_eq(text, lists[_i].want);
}
END_TEST

/* ---- names ---- */

static const struct {
	const char *name;
	uint32_t elements;	/* 0: not a big set's name */
} names[] = {
	{ "to4_h0123456789abcdefn40003", 40003 },
	{ "from6_hffffffffffffffffn1", 1 },
	{ "addresses4_h0000000000000000n4294967295", UINT32_MAX },
	{ "to4", 0 },
	{ "to4_h", 0 },
	{ "to4_h0123456789abcdef", 0 },
	{ "to4_h123456789abcdefn7", 0 },
	{ "to4_h0123456789ABCDEFn7", 0 },
	{ "to4_h0123456789abcdefn7x", 0 },
	{ "to4_h0123456789abcdefn07", 0 },
	{ "to5_h0123456789abcdefn7", 0 },
	{ "addresses4_12", 0 },
	{ "", 0 },
};

START_TEST(is_a_name)
{
	struct big_set_claim claim = { 0 };

	ck_assert_int_eq(big_set_is(names[_i].name, &claim),
			 names[_i].elements != 0);
	if (names[_i].elements != 0)
		ck_assert_uint_eq(claim.elements, names[_i].elements);
}
END_TEST

START_TEST(sums)
{
	uint8_t a[4] = { 10, 0, 0, 1 }, b[4] = { 10, 0, 0, 2 };

	ck_assert_uint_ne(big_set_part(a, 4, false), big_set_part(b, 4, false));
	ck_assert_uint_ne(big_set_part(a, 4, false), big_set_part(a, 4, true));
	/* A range shifted by one changes the sum. */
	ck_assert_uint_ne(big_set_part(a, 4, false) + big_set_part(b, 4, true),
			  big_set_part(b, 4, false) + big_set_part(a, 4, true));
}
END_TEST

/* ---- missing and unused sets ---- */

START_TEST(compared)
{
	char *sets[] = { "to4", "addresses4_3",
			 "to4_h0000000000000001n7",
			 "addresses6_h0000000000000002n9" };
	char *whole[] = { "to4_h0000000000000001n7" };
	struct nft_table table = { .sets = sets, .set_count = 4 };
	struct big_set bigs[] = { { .name = "to4_h0000000000000001n7" } };
	struct plan plan = { .bigs = bigs, .big_count = 1 };
	char text[400] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	ck_assert(big_sets_lack(&plan, &table));
	table.whole = whole;
	table.whole_count = 1;
	ck_assert(!big_sets_lack(&plan, &table));
	big_sets_delete(&plan, &table, out);
	big_sets_declare(&plan, out);
	fclose(out);
	ck_assert_str_eq(text, "delete set inet waymark "
			 "addresses6_h0000000000000002n9\n"
			 "add set inet waymark to4_h0000000000000001n7 "
			 "{ type ipv4_addr; flags interval; }\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("big_set");
	TCase *tcase = tcase_create("big_set");

	tcase_add_loop_test(tcase, elements, 0, ROWS(lists));
	tcase_add_loop_test(tcase, is_a_name, 0, ROWS(names));
	tcase_add_test(tcase, sums);
	tcase_add_test(tcase, compared);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
