/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_address.c - parse, split and print addresses and prefixes. */
#include "rules/tables/address.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>

#include "pcap-tests/unit/unit.h"

static const struct {
	const char *text;
	const char *first;	/* NULL: rejected */
	const char *last;
	const char *why;	/* part of the message */
} ranges[] = {
	{ "192.0.2.1", "192.0.2.1", "192.0.2.1", NULL },
	{ "10.0.0.0/8", "10.0.0.0", "10.255.255.255", NULL },
	{ "0.0.0.0/0", "0.0.0.0", "255.255.255.255", NULL },
	{ "255.255.255.255/32", "255.255.255.255", "255.255.255.255", NULL },
	{ "::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL },
	{ "2001:DB8::/32", "2001:db8::",
	  "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", NULL },
	{ "2001:db8::1/128", "2001:db8::1", "2001:db8::1", NULL },
	{ "2001:db8::/64", "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff",
	  NULL },
	{ "2001:db8::/65", "2001:db8::", "2001:db8::7fff:ffff:ffff:ffff",
	  NULL },
	{ "::ffff:10.0.0.0/104", "10.0.0.0", "10.255.255.255", NULL },
	{ "10.0.0.1-10.0.0.9", "10.0.0.1", "10.0.0.9", NULL },
	{ "10.0.0.1 - 10.0.0.9", "10.0.0.1", "10.0.0.9", NULL },
	{ "10.0.0.1-10.0.0.1", "10.0.0.1", "10.0.0.1", NULL },
	{ "0.0.0.0-255.255.255.255", "0.0.0.0", "255.255.255.255", NULL },
	{ "::-::5", "::", "::5", NULL },
	{ "", NULL, NULL, "missing" },
	{ "10.1.2.3/16", NULL, NULL, "write 10.1.0.0/16" },
	{ "2001:db8::1/32", NULL, NULL, "write 2001:db8::/32" },
	{ "::ffff:0:0/80", NULL, NULL, "write ::/80" },
	{ "10.0.0.0/33", NULL, NULL, "0 to 32" },
	{ "10.0.0.0/", NULL, NULL, "0 to 32" },
	{ "10.0.0.0/-1", NULL, NULL, "without a prefix length" },
	{ "10.0.0.0/1e", NULL, NULL, "0 to 32" },
	{ "10.0.0.0/0008", NULL, NULL, "0 to 32" },
	{ "2001:db8::/129", NULL, NULL, "0 to 128" },
	{ "10.0.0.0/255.0.0.0", NULL, NULL, "length: /8" },
	{ "10.0.0.0/255.255.255.255", NULL, NULL, "length: /32" },
	{ "10.0.0.0/0.0.0.0", NULL, NULL, "length: /0" },
	{ "10.0.0.0/255.0.255.0", NULL, NULL, "contiguous" },
	{ "10/8", NULL, NULL, "write 10.0.0.0" },
	{ "10.1", NULL, NULL, "write 10.1.0.0" },
	{ "10.01.2.3", NULL, NULL, "write 10.1.2.3" },
	{ "10.1.2.256", NULL, NULL, "0 to 255" },
	{ "10.1.2.99999999999999999999", NULL, NULL, "0 to 255" },
	{ "10.1.2.3.4", NULL, NULL, "four numbers" },
	{ "10..2.3", NULL, NULL, "four numbers" },
	{ "10.1.2.", NULL, NULL, "four numbers" },
	{ "...", NULL, NULL, "four numbers" },
	{ "10.0.0.9-10.0.0.1", NULL, NULL, "ends before it starts" },
	{ "10.0.0.1-::1", NULL, NULL, "one family" },
	{ "10.0.0.1-", NULL, NULL, "missing" },
	{ "10.0.0.0/8-11.0.0.0/8", NULL, NULL, "without a prefix length" },
	{ "fe80::1%eth0", NULL, NULL, "zone" },
	{ "[2001:db8::1]", NULL, NULL, "brackets" },
	{ "2001:db8:::1", NULL, NULL, "not an IPv6 address" },
	{ "example.com", NULL, NULL, "not an address" },
	{ "2001:db8:1:2:3:4:5:6:7:8:9:a:b:c:d:e:f:1:2:3", NULL, NULL,
	  "not an IPv6 address" },
};

START_TEST(range_parse)
{
	const char *text = ranges[_i].text;
	struct address first, last;
	char printed[ADDRESS_TEXT_MAX];
	char why[ADDRESS_WHY_MAX] = "";
	int rc;

	rc = address_range_parse(text, strlen(text), &first, &last, why);
	if (ranges[_i].first == NULL) {
		ck_assert_msg(rc == -EINVAL, "%s was taken", text);
		ck_assert_msg(strstr(why, ranges[_i].why), "%s: %s", text,
			      why);
		return;
	}
	ck_assert_msg(rc == 0, "%s: %s", text, why);
	ck_assert_str_eq(address_print(&first, printed), ranges[_i].first);
	ck_assert_str_eq(address_print(&last, printed), ranges[_i].last);
}
END_TEST

START_TEST(parse_reads_no_further_than_len)
{
	struct address a;
	char text[ADDRESS_TEXT_MAX];

	ck_assert_int_eq(address_parse("192.0.2.123", 10, &a), 0);
	ck_assert_str_eq(address_print(&a, text), "192.0.2.12");
	ck_assert_int_eq(address_parse("192.0.2.1\0x", 11, &a), -EINVAL);
	ck_assert_int_eq(address_parse("", 0, &a), -EINVAL);
}
END_TEST

static const struct {
	const char *text;
	const char *want;
} prints[] = {
	{ "0.0.0.0/0", "0.0.0.0/0" },
	{ "192.0.2.1/32", "192.0.2.1" },
	{ "::ffff:192.0.2.0/120", "192.0.2.0/24" },
	{ "::/0", "::/0" },
	{ "::", "::" },
	{ "::1", "::1" },
	{ "::102:304", "::102:304" },
	{ "1::", "1::" },
	{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
	{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
	{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
	{ "2001:DB8::ABCD", "2001:db8::abcd" },
	{ "1:2:3:4:5:6:0:0", "1:2:3:4:5:6::" },
	{ "2001:db8::/32", "2001:db8::/32" },
};

START_TEST(print)
{
	struct prefix prefix;
	char text[ADDRESS_TEXT_MAX];
	char why[ADDRESS_WHY_MAX] = "";

	ck_assert_msg(prefix_parse(prints[_i].text, strlen(prints[_i].text),
				   &prefix, why) == 0, "%s", why);
	ck_assert_str_eq(prefix_print(&prefix, text), prints[_i].want);
}
END_TEST

START_TEST(prefix_rejects_range)
{
	struct prefix prefix;
	char why[ADDRESS_WHY_MAX] = "";

	ck_assert_int_eq(prefix_parse("10.0.0.1-10.0.0.2", 17, &prefix, why),
			 -EINVAL);
	ck_assert_ptr_nonnull(strstr(why, "range"));
}
END_TEST

static const struct {
	const char *low;
	const char *high;
} orders[] = {
	{ "10.0.0.1", "10.0.0.2" },
	{ "9.255.255.255", "10.0.0.0" },
	{ "::1", "10.0.0.0" },
	{ "255.255.255.255", "2001:db8::" },
	{ "7fff::", "8000::" },
};

START_TEST(compare)
{
	struct address low, high;

	ck_assert_int_eq(address_parse(orders[_i].low, strlen(orders[_i].low),
				       &low), 0);
	ck_assert_int_eq(address_parse(orders[_i].high,
				       strlen(orders[_i].high), &high), 0);
	ck_assert_int_eq(address_compare(&low, &high), -1);
	ck_assert_int_eq(address_compare(&high, &low), 1);
	ck_assert_int_eq(address_compare(&low, &low), 0);
}
END_TEST

static const struct {
	const char *range;
	const char *want;
} splits[] = {
	{ "10.0.0.0-10.0.0.255", "10.0.0.0/24 " },
	{ "10.0.0.1-10.0.0.6", "10.0.0.1 10.0.0.2/31 10.0.0.4/31 10.0.0.6 " },
	{ "0.0.0.0-255.255.255.255", "0.0.0.0/0 " },
	{ "255.255.255.254-255.255.255.255", "255.255.255.254/31 " },
	{ "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0 " },
	{ "::1-::2", "::1 ::2 " },
	{ "2001:db8::ffff:ffff:ffff:ffff-2001:db8:0:1::",
	  "2001:db8::ffff:ffff:ffff:ffff 2001:db8:0:1:: " },
};

static int append(void *ctx, const struct prefix *prefix)
{
	char text[ADDRESS_TEXT_MAX];

	strcat(strcat(ctx, prefix_print(prefix, text)), " ");
	return 0;
}

static int stop_at_second(void *ctx, const struct prefix *prefix)
{
	int *count = ctx;

	(void)prefix;
	return ++*count == 2 ? -EPIPE : 0;
}

START_TEST(split)
{
	struct address first, last;
	char why[ADDRESS_WHY_MAX] = "";
	char got[512] = "";

	ck_assert_msg(address_range_parse(splits[_i].range,
					  strlen(splits[_i].range), &first,
					  &last, why) == 0, "%s", why);
	ck_assert_int_eq(address_range_split(&first, &last, append, got), 0);
	ck_assert_str_eq(got, splits[_i].want);
}
END_TEST

START_TEST(split_stops)
{
	struct address first = address_from_v4(htobe32(1));
	struct address last = address_from_v4(htobe32(6));
	int count = 0;

	ck_assert_int_eq(address_range_split(&first, &last, stop_at_second,
					     &count), -EPIPE);
	ck_assert_int_eq(count, 2);
	ck_assert_int_eq(address_range_split(&last, &first, stop_at_second,
					     &count), 0);
	ck_assert_int_eq(count, 2);
}
END_TEST

/* The prefixes cover the range without gaps. */
struct walk {
	struct address next;
	int prefixes;
};

static int walk_on(void *ctx, const struct prefix *prefix)
{
	struct walk *walk = ctx;
	struct address last = prefix_last(prefix);

	ck_assert(address_equal(&walk->next, &prefix->base));
	ck_assert(prefix_contains(prefix, &prefix->base));
	ck_assert(prefix_contains(prefix, &last));
	walk->next = address_from_v4(htobe32(be32toh(last.be32[3]) + 1));
	ck_assert(prefix->len == 96 || !prefix_contains(prefix, &walk->next));
	walk->prefixes++;
	return 0;
}

START_TEST(split_random)
{
	int i;

	srandom(7);
	for (i = 0; i < 2000; i++) {
		uint32_t a = (uint32_t)random() << 1;
		uint32_t b = a + ((uint32_t)random() >> random() % 31);
		struct address first = address_from_v4(htobe32(a));
		struct address last = address_from_v4(htobe32(b));
		struct walk walk = { .next = first };

		if (b < a)
			continue;
		address_range_split(&first, &last, walk_on, &walk);
		ck_assert_uint_eq(be32toh(walk.next.be32[3]), b + 1);
		ck_assert_int_le(walk.prefixes, 62);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("address");
	TCase *tests = tcase_create("address");

	tcase_add_loop_test(tests, range_parse, 0, ROWS(ranges));
	tcase_add_test(tests, parse_reads_no_further_than_len);
	tcase_add_loop_test(tests, print, 0, ROWS(prints));
	tcase_add_test(tests, prefix_rejects_range);
	tcase_add_loop_test(tests, compare, 0, ROWS(orders));
	tcase_add_loop_test(tests, split, 0, ROWS(splits));
	tcase_add_test(tests, split_stops);
	tcase_add_test(tests, split_random);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
