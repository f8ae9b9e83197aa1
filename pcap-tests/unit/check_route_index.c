/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_route_index.c - the index finds the same route as an evaluation of all
 * routes, for random policies and random facts.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/flow/decide.h"
#include "engine/hints/hint.h"
#include "packets.h"
#include "random_text.h"
#include "unit.h"

#define POLICIES 24		/* per row */
#define FLOWS 300		/* per policy */

static const char *const apps[] = { "ssh", "tls", "smtp", "dns", "rtp" };
static const char *const alpns[] = { "h2", "http/1.1", "h3" };
static const char *const interfaces[] = { "lan0", "ppp*", "ppp1", "eth0" };

static void put_header(void)
{
	switch (pick(11)) {
	case 0:
		put("tcp dport { %u, %u-%u }", pick(40), 100 + pick(20),
		    120 + pick(20));
		break;
	case 1:
		put("udp");
		break;
	case 2:
		put("udp sport %u", pick(40));
		break;
	case 3:
		put("tcp dport %u-65535", pick(60));
		break;
	case 4:
		put("to 10.0.%u.0/24", pick(16));
		break;
	case 5:
		put("to @list%u", pick(4));
		break;
	case 6:
		put("from 192.168.0.%u", pick(16));
		break;
	case 7:
		put("from { 192.168.0.0/%u, 2001:db8::/32 }", 24 + pick(6));
		break;
	case 8:
		put("dscp { %u, %u }", pick(4), pick(64));
		break;
	case 9:
		put("length %u-%u", pick(100), 100 + pick(1000));
		break;
	default:
		put("in %s", interfaces[pick(4)]);
	}
}

static void put_payload(void)
{
	switch (pick(6)) {
	case 0:
		put("app %s", apps[pick(5)]);
		break;
	case 1:
		put("app { %s, %s }", apps[pick(5)], apps[pick(5)]);
		break;
	case 2:
		put("host h%u.example", pick(12));
		break;
	case 3:
		put("host @names%u", pick(3));
		break;
	case 4:
		put("alpn %s", alpns[pick(3)]);
		break;
	default:
		put("ech");
	}
}

static struct policy *random_policy(size_t routes)
{
	random_text_begin();
	put("uplink a { dev a }\nuplink b { dev b }\n");
	for (unsigned int i = 0; i < 4; i++)
		put("list addresses list%u { 10.0.%u.0/23, "
		    "2001:db8:%u::/48 }\n", i, 2 * pick(8), i);
	for (unsigned int i = 0; i < 3; i++)
		put("list domains names%u { h%u.example, n%u.example }\n", i,
		    pick(12), i);
	put("class class0 = tcp dport { 1, 2, 3 } or app ssh\n");
	put("class class1 = host @names0 or to @list1\n");
	put("class class2 = not (udp or app tls)\n");
	for (size_t i = 0; i < routes; i++) {
		put("route ");
		put_condition(2, put_header, put_payload);
		put(" via %s\n", pick(2) ? "a" : "b");
	}
	return packets_policy(random_text);
}

static struct address random_address(const char *v4, const char *v6)
{
	char words[64];
	struct in6_addr six;
	struct address a;

	if (pick(4) > 0) {
		snprintf(words, sizeof(words), v4, pick(16));
		return address_from_v4(inet_addr(words));
	}
	snprintf(words, sizeof(words), v6, pick(6));
	ck_assert(inet_pton(AF_INET6, words, &six) == 1);
	memcpy(a.bytes, &six, sizeof(a.bytes));
	return a;
}

static void random_payload(const struct policy *policy, struct facts *facts)
{
	char host[32];

	facts->known = (uint8_t)pick(FACT_ALL + 1);
	if (pick(4) == 0)
		facts->known = pick(2) ? FACT_ALL : 0;
	if (pick(3) > 0)
		facts->app = hints_app_find(apps[pick(5)]);
	if (pick(3) > 0) {
		snprintf(host, sizeof(host), "%c%u.example",
			 pick(3) ? 'h' : 'n', pick(12));
		facts->host_sets = policy_resolve_host(policy, host,
						       strlen(host));
	}
	if (pick(2)) {
		const char *alpn = alpns[pick(3)];

		facts->alpn_bits = policy_resolve_alpn(policy, alpn,
						       strlen(alpn));
	}
	facts->ech = pick(2);
}

static struct facts random_facts(const struct policy *policy)
{
	struct facts facts = {
		.client = random_address("192.168.0.%u", "2001:db8::%u"),
		.server = random_address("10.0.%u.1", "2001:db8:%u::1"),
		.has_ports = pick(8) > 0,
		.sport = (uint16_t)pick(60), .dport = (uint16_t)pick(160),
		.proto = pick(2) ? IPPROTO_TCP : IPPROTO_UDP,
		.tos = (uint8_t)(pick(pick(2) ? 8 : 64) << 2),
		.length = (uint16_t)pick(1200),
	};

	if (!facts.has_ports)
		facts.proto = IPPROTO_ICMP;
	policy_resolve_headers(policy, &facts);
	if (pick(4) > 0)
		facts.in_sets = policy_resolve_interface(
			policy, pick(2) ? "ppp1" : "lan0");
	random_payload(policy, &facts);
	return facts;
}

/* Whether the route matches if everything unknown is known to be absent. */
static bool holds_without_more(const struct policy *policy, size_t route,
			       const struct facts *facts)
{
	struct facts end = *facts;
	uint8_t known = facts->known, needs = 0;

	end.known = FACT_ALL;
	if ((known & FACT_APP) == 0)
		end.app = APP_NONE;
	if ((known & FACT_ECH) == 0)
		end.ech = false;
	if ((known & FACT_ALPN) == 0)
		end.alpn_bits = 0;
	if ((known & FACT_JA4) == 0)
		end.ja4_bits = 0;
	if ((known & FACT_HOST) == 0)
		end.host_sets = NULL;
	return policy_route_holds(policy, route, &end, &needs) == TRUTH_TRUE;
}

/* The first route that is certain, of the last call of plain_walk(). */
static size_t certain_route;

/* The expected result: evaluate all routes in order. */
static struct decision plain_walk(const struct policy *policy,
				  const struct facts *facts)
{
	struct decision plain = { .is_final = true };
	size_t last = policy_routes(policy) - 1, guess = last;
	uint8_t drop = policy_marks(policy)->path_drop;

	for (; plain.route < last; plain.route++) {
		enum truth truth = policy_route_holds(policy, plain.route,
						      facts, &plain.needs);

		if (truth == TRUTH_TRUE)
			break;
		plain.is_final &= truth == TRUTH_FALSE;
		if (guess == last && truth == TRUTH_UNKNOWN &&
		    policy_route(policy, plain.route)->path != drop &&
		    holds_without_more(policy, plain.route, facts))
			guess = plain.route;
	}
	certain_route = plain.route;
	if (guess < plain.route)
		plain.route = (uint16_t)guess;
	if (plain.is_final)
		plain.needs = 0;
	return plain;
}

static const size_t routes_of[] = { 0, 1, 7, 8, 9, 20, 63, 64, 65, 150 };

START_TEST(agrees)
{
	size_t routes = routes_of[_i], open = 0, deep = 0;

	random_seed(88172645463325252 + (uint64_t)_i);
	for (int p = 0; p < POLICIES; p++) {
		struct policy *policy = random_policy(routes);

		for (int i = 0; i < FLOWS; i++) {
			struct facts facts = random_facts(policy);
			struct decision want = plain_walk(policy, &facts);
			struct decision got;

			decide(policy, &facts, &got);
			ck_assert_uint_eq(got.route, want.route);
			ck_assert_int_eq(got.is_final, want.is_final);
			ck_assert_uint_eq(got.needs, want.needs);
			open += !want.is_final;
			deep += certain_route > 10;
		}
		policy_free(policy);
	}
	/* The flows must reach later routes, too. */
	ck_assert(routes < 2 || open > 100);
	ck_assert(routes < 20 || deep > 100);
}
END_TEST

/* Patterns are decided one by one. */
START_TEST(patterns)
{
	struct policy *policy;

	random_text_begin();
	put("uplink a { dev a }\n");
	for (unsigned int i = 0; i < 20; i++)
		put("route payload /pattern%u/ %s via a\n", i,
		    i % 3 == 0 ? "tcp dport 25" : i % 3 == 1 ? "udp" : "");
	policy = packets_policy(random_text);
	random_seed(1);
	for (int i = 0; i < FLOWS * 10; i++) {
		struct facts facts = random_facts(policy);
		struct decision want, got;

		facts.patterns_seen = pick(4) == 0 ?
				      UINT64_C(1) << pick(20) : 0;
		facts.patterns_gone = pick(1 << 20) & ~facts.patterns_seen;
		if (pick(3) == 0)
			facts.patterns_gone |= 0xffffff;
		want = plain_walk(policy, &facts);
		decide(policy, &facts, &got);
		ck_assert_uint_eq(got.route, want.route);
		ck_assert_int_eq(got.is_final, want.is_final);
		ck_assert_uint_eq(got.needs, want.needs);
	}
	policy_free(policy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("route_index");
	TCase *tcase = tcase_create("route_index");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, agrees, 0, ROWS(routes_of));
	tcase_add_test(tcase, patterns);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
