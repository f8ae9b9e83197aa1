/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_suggest.c - Groups of flows that lines are suggested for. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "engine/hints/hint.h"
#include "tools/suggest/suggest.h"
#include "unit.h"

static const struct {
	const char *host, *site;
} sites[] = {
	{ "video.example", "video.example" },
	{ "www.video.example", "video.example" },
	{ "a.b.c.video.example", "video.example" },
	{ "www.shop.co.uk", "shop.co.uk" },
	{ "shop.co.uk", "shop.co.uk" },
	{ "www.shop.com.au", "shop.com.au" },
	{ "www.beispiel.de", "beispiel.de" },
	{ "router", "router" },
};

START_TEST(site)
{
	ck_assert_str_eq(suggest_site(sites[_i].host), sites[_i].site);
}
END_TEST

/* A flow to 192.0.2.SERVER; NULL: unknown. */
static struct replay_flow flow(const char *host, const char *app,
			       uint8_t server, uint64_t bytes)
{
	struct replay_flow flow = {
		.src = address_from_v4(htonl(0xc6336409)),
		.dst = address_from_v4(htonl(0xc0000200 + server)),
		.sport = 40000, .dport = 443, .has_ports = true,
		.proto = IPPROTO_TCP, .host = host, .bytes = bytes,
		.app = app != NULL ? hints_app_find(app) : 0,
	};

	return flow;
}

static void add(struct suggestions *all, struct replay_flow flow)
{
	ck_assert_int_eq(suggest_add(all, &flow, false), 0);
}

static void check_lines(const struct suggestions *all, const char *want)
{
	char *text = suggest_lines(all, "x");

	ck_assert_str_eq(text, want);
	free(text);
}

START_TEST(groups_are_ordered)
{
	struct suggestions all = { 0 };

	add(&all, flow(NULL, "ssh", 1, 500));
	add(&all, flow("a.video.example", "tls", 2, 40));
	add(&all, flow("b.video.example", "tls", 3, 70));
	add(&all, flow("www.one.example", "tls", 4, 100));
	add(&all, flow("www.one.example", "tls", 4, 5));
	add(&all, flow(NULL, NULL, 5, 9));
	ck_assert_uint_eq(suggest_choose(&all, 10), 0);
	check_lines(&all, "uplink x { dev lo }\n"
		    "route host video.example via x\n"
		    "route host www.one.example via x\n"
		    "route app ssh via x\n"
		    "exempt to 192.0.2.5\n"
		    "default via main\n");
	/* The largest flow is that of the expect line. */
	ck_assert_str_eq(all.items[0].host, "b.video.example");
	ck_assert_uint_eq(all.items[0].flows, 2);
	ck_assert_uint_eq(all.items[0].bytes, 110);
	suggest_fini(&all);
}
END_TEST

/* An exemption would take the flows that are known, too. */
START_TEST(server_of_known_flows_is_not_exempt)
{
	struct suggestions all = { 0 };

	add(&all, flow(NULL, NULL, 1, 900));
	add(&all, flow("www.one.example", "tls", 1, 1));
	ck_assert_uint_eq(suggest_choose(&all, 10), 0);
	check_lines(&all, "uplink x { dev lo }\n"
		    "route host www.one.example via x\n"
		    "default via main\n");
	suggest_fini(&all);
}
END_TEST

/* A query names a host, and is no flow to it; an address is no name. */
START_TEST(no_names)
{
	struct suggestions all = { 0 };
	struct replay_flow query = flow("www.one.example", "dns", 1, 1);

	query.dport = 53;
	add(&all, query);
	add(&all, flow("192.0.2.7", "http", 1, 1));
	suggest_choose(&all, 10);
	check_lines(&all, "uplink x { dev lo }\n"
		    "route app dns via x\nroute app http via x\n"
		    "default via main\n");
	suggest_fini(&all);
}
END_TEST

START_TEST(covered_flows_are_counted_only)
{
	struct suggestions all = { 0 };
	struct replay_flow one = flow("www.one.example", "tls", 1, 7);

	ck_assert_int_eq(suggest_add(&all, &one, true), 0);
	ck_assert_uint_eq(suggest_choose(&all, 10), 0);
	ck_assert_uint_eq(all.count, 0);
	ck_assert_uint_eq(all.covered, 1);
	ck_assert_uint_eq(all.bytes, 7);
	suggest_fini(&all);
}
END_TEST

/* More flows than groups: the memory does not grow with the flows. */
START_TEST(many_flows)
{
	struct suggestions all = { 0 };

	for (int i = 0; i < 100000; i++) {
		char host[32];

		snprintf(host, sizeof(host), "h%d.example", i % 100);
		add(&all, flow(host, "tls", (uint8_t)(i % 50),
			       (uint64_t)(i % 100)));
	}
	ck_assert_uint_le(all.room, 1024);
	ck_assert_uint_eq(suggest_choose(&all, 30), 70);
	ck_assert_uint_eq(all.count, 30);
	ck_assert_str_eq(all.items[0].host, "h99.example");
	ck_assert_uint_eq(all.items[0].flows, 1000);
	suggest_fini(&all);
}
END_TEST

START_TEST(counts_by_line)
{
	struct suggestions all = { 0 };
	struct replay_flow one = flow("www.one.example", "tls", 1, 7);

	add(&all, one);
	suggest_choose(&all, 10);
	suggest_count(&all, SUGGEST_LINE, &one);
	one.late = FLOW_LATE_KEPT;
	suggest_count(&all, SUGGEST_LINE, &one);
	suggest_count(&all, SUGGEST_LINE - 1, &one);
	suggest_count(&all, SUGGEST_LINE + 1, &one);
	ck_assert_uint_eq(all.items[0].first, 1);
	ck_assert_uint_eq(all.items[0].late, 1);
	ck_assert_uint_eq(all.items[0].caught_bytes, 14);
	suggest_fini(&all);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("suggest");
	TCase *tcase = tcase_create("suggest");

	tcase_add_loop_test(tcase, site, 0,
			    (int)(sizeof(sites) / sizeof(sites[0])));
	tcase_add_test(tcase, groups_are_ordered);
	tcase_add_test(tcase, server_of_known_flows_is_not_exempt);
	tcase_add_test(tcase, no_names);
	tcase_add_test(tcase, covered_flows_are_counted_only);
	tcase_add_test(tcase, many_flows);
	tcase_add_test(tcase, counts_by_line);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
