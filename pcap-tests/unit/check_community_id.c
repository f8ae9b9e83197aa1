/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_community_id.c - IDs of the public examples of Community ID, in both
 * directions. */
#include <netinet/in.h>

#include "tools/community_id.h"
#include "unit.h"

static const struct {
	uint8_t proto;
	const char *src, *dst;
	uint16_t sport, dport;
	const char *want;
} flows[] = {
	{ IPPROTO_TCP, "128.232.110.120", "66.35.250.204", 34855, 80,
	  "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
	{ IPPROTO_TCP, "10.0.0.1", "10.0.0.2", 10, 20,
	  "1:9j2Dzwrw7T9E+IZi4b4IVT66HBI=" },
	{ IPPROTO_UDP, "192.168.1.52", "8.8.8.8", 54585, 53,
	  "1:d/FP5EW3wiY1vCndhwleRRKHowQ=" },
	{ IPPROTO_SCTP, "192.168.170.8", "192.168.170.56", 7, 80,
	  "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ=" },
	{ IPPROTO_RSVP, "10.1.24.4", "10.1.12.1", 0, 0,
	  "1:/nQI4Rh/TtY3mf0R2gJFBkVlgS4=" },
	{ IPPROTO_TCP, "fe80:1:203:405:607:809:a0b:c0d",
	  "fe80:11:1213:1415:1617:1819:1a1b:1c1d", 10, 11,
	  "1:rG7C1jyk4SY0pBUqJMod2GsOn8Y=" },
	{ IPPROTO_ICMP, "192.168.0.89", "192.168.0.1", 0, 0, NULL },
	{ IPPROTO_ICMPV6, "fe80::1", "fe80::2", 0, 0, NULL },
};

static struct address address_of(const char *text)
{
	struct address address;

	ck_assert_int_eq(address_parse(text, strlen(text), &address), 0);
	return address;
}

static void check(const struct flows_entry *entry, const char *want)
{
	char id[COMMUNITY_ID_MAX];

	if (want == NULL)
		ck_assert_ptr_null(community_id(entry, id));
	else
		ck_assert_str_eq(community_id(entry, id), want);
}

START_TEST(both_directions)
{
	const struct flows_entry there = {
		.client = address_of(flows[_i].src),
		.server = address_of(flows[_i].dst),
		.sport = flows[_i].sport, .dport = flows[_i].dport,
		.proto = flows[_i].proto,
	};
	const struct flows_entry back = {
		.client = there.server, .server = there.client,
		.sport = there.dport, .dport = there.sport,
		.proto = there.proto,
	};

	check(&there, flows[_i].want);
	check(&back, flows[_i].want);
}
END_TEST

/* The same address at both ends: ports decide. */
START_TEST(same_address)
{
	struct flows_entry entry = {
		.client = address_of("10.0.0.1"),
		.server = address_of("10.0.0.1"),
		.sport = 2000, .dport = 80, .proto = IPPROTO_TCP,
	};
	char there[COMMUNITY_ID_MAX], back[COMMUNITY_ID_MAX];

	community_id(&entry, there);
	entry.sport = 80;
	entry.dport = 2000;
	community_id(&entry, back);
	ck_assert_str_eq(there, back);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("community_id");
	TCase *tests = tcase_create("community_id");

	tcase_add_loop_test(tests, both_directions, 0, ROWS(flows));
	tcase_add_test(tests, same_address);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
