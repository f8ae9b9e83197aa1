/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_setup_offload.c - the kernel's rules decide as the engine does: random
 * policies, evaluated both ways for random packets.
 */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/flow/decide.h"
#include "packets.h"
#include "rules/offload/offload.h"
#include "unit.h"

#define POLICIES 400
#define PACKETS 400
#define TEXT_MAX 32768

static uint64_t state;

/* The generator of Numerical Recipes: the same numbers in every run. */
static uint32_t any(uint32_t below)
{
	state = state * UINT64_C(6364136223846793005) +
		UINT64_C(1442695040888963407);
	return (uint32_t)(state >> 33) % below;
}

struct text {
	char bytes[TEXT_MAX];
	size_t len;
};

static void put(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text->len += (size_t)vsnprintf(text->bytes + text->len,
				       TEXT_MAX - text->len, format, args);
	va_end(args);
	ck_assert_uint_lt(text->len, TEXT_MAX);
}

/* ---- policies ---- */

static void put_ports(struct text *text)
{
	uint32_t count = 1 + any(3);

	put(text, "{ ");
	for (uint32_t i = 0; i < count; i++) {
		uint32_t first = any(3) ? any(12) : 65535 - any(4);
		uint32_t last = first + any(4);

		put(text, "%s%u-%u", i ? ", " : "", first,
		    last > 65535 ? 65535 : last);
	}
	put(text, " }");
}

static void put_addresses(struct text *text)
{
	static const char *const some[] = {
		"10.0.0.0/30", "10.0.0.2-10.0.0.5", "10.0.0.7", "0.0.0.0/0",
		"2001:db8::/126", "2001:db8::2-2001:db8::9", "::/0",
		"255.255.255.254/31", "@a", "@b", "@none", "0.0.0.0/1",
		"8000::/1", "10.0.0.4/30",
	};
	uint32_t count = 1 + any(3);

	put(text, "{ ");
	for (uint32_t i = 0; i < count; i++)
		put(text, "%s%s", i ? ", " : "",
		    some[any(sizeof(some) / sizeof(*some))]);
	put(text, " }");
}

static void put_atom(struct text *text)
{
	static const char *const words[] = {
		"tcp", "udp", "icmp", "proto 47", "sctp", "udplite",
		"app ssh", "app tls", "host example.com", "alpn h2",
		"payload /x/", "dscp ef", "dscp { 1, 5, 46 }", "tos 0x02/0x03",
		"tos 0x10", "in lan0", "in ppp*", "in { lan1, ppp* }",
		"length 0-10", "length { 5, 20-65535 }",
		"uid 0", "uid { 7, 100-200 }",
	};

	switch (any(9)) {
	case 0:
	case 1:
		put(text, any(2) ? "dport " : "sport ");
		put_ports(text);
		break;
	case 2:
	case 3:
		put(text, any(3) ? "from " : "to ");
		put_addresses(text);
		break;
	case 4:
		put(text, any(2) ? "tcp dport " : "udp dport ");
		put_ports(text);
		break;
	default:
		put(text, "%s", words[any(sizeof(words) / sizeof(*words))]);
	}
}

static void put_condition(struct text *text, unsigned depth)
{
	uint32_t kind = any(depth > 2 ? 2 : 6);

	if (kind < 3) {
		put(text, kind ? "" : "not ");
		put_atom(text);
	} else if (kind == 3) {
		put(text, "not (");
		put_condition(text, depth + 1);
		put(text, ")");
	} else {
		put(text, "(");
		put_condition(text, depth + 1);
		put(text, kind == 4 ? ") and (" : ") or (");
		put_condition(text, depth + 1);
		put(text, ")");
	}
}

static void put_outcome(struct text *text)
{
	static const char *const paths[] = {
		" via a\n", " via b\n", " via c\n", " via main\n", " drop\n",
		" via { a 3, b }\n", " via { main, c 2 } by source\n",
	};

	put(text, "%s", paths[any(7)]);
}

/* In half of them all routes test the same field, to get maps. */
static void put_policy(struct text *text)
{
	uint32_t routes = 1 + any(12);
	uint32_t style = any(8);

	put(text, "uplink a { dev a }\nuplink b { dev b }\nuplink c { dev c }\n"
	    "list addresses a { 10.0.0.1, 10.0.0.4-10.0.0.9, 2001:db8::4/127 }"
	    "\nlist addresses b { 10.0.0.8/29, 2001:db8::/127 }\n"
	    "list addresses none { }\n");
	for (uint32_t i = 0; i < routes; i++) {
		put(text, "route ");
		if (style == 1 || style == 2) {
			put(text, style == 1 ? "tcp dport " : "dport ");
			put_ports(text);
			put(text, any(3) ? "" : " from @a");
			put(text, any(6) ? "" : " app ssh");
		} else if (style == 3) {
			put(text, "from ");
			put_addresses(text);
			put(text, any(2) ? "" : " udp dport { 1-3, 7 }");
			put(text, any(4) ? "" : " not dscp ef");
		} else if (style == 4) {
			put(text, "dscp %u%s", any(8), any(2) ? "" : " tcp");
		} else if (style == 5) {
			put(text, "proto %u", any(3) ? 6 + any(3) * 11 : 47);
			put(text, any(3) ? "" : " length %u-20", any(20));
		} else {
			put_condition(text, 0);
		}
		put_outcome(text);
	}
	if (any(2)) {
		put(text, "default");
		put_outcome(text);
	}
}

/* ---- packets ---- */

static struct address some_address(bool v4)
{
	struct address a = { { { 0x20, 0x01, 0x0d, 0xb8 } } };

	if (v4)
		a = address_from_v4(htonl(any(12) ? 0x0a000000 + any(18) :
				    any(2) ? 0 : UINT32_MAX));
	else
		a.bytes[15] = (uint8_t)any(12);
	if (!v4 && any(8) == 0)
		memset(&a, any(2) ? 0xff : 0, sizeof(a));
	return a;
}

static void make_facts(const struct policy *policy, struct facts *facts)
{
	static const uint8_t protos[] = { 6, 6, 17, 17, 1, 47, 132, 136, 58, 0,
					  255, 33 };
	static const uint8_t tos[] = { 0, 0xb8, 0x10, 0x02, 0x03, 0xbb, 0x04,
				       0x14, 0xff, 0x08 };
	static const char *const names[] = { "lan0", "lan1", "ppp0", "x",
					     NULL };
	static const uint32_t users[] = { UID_NONE, UID_NONE, 0, 7, 101 };
	const char *name = names[any(5)];
	bool v4 = any(3);
	uint8_t proto = protos[any(sizeof(protos))];

	*facts = (struct facts){
		.client = some_address(v4),
		.server = some_address(v4),
		.sport = (uint16_t)(any(3) ? any(16) : 65535 - any(6)),
		.dport = (uint16_t)(any(3) ? any(16) : 65535 - any(6)),
		.proto = proto,
		.tos = tos[any(sizeof(tos))],
		.length = (uint16_t)(any(4) ? any(24) : 65535),
		.has_ports = proto == 6 || proto == 17 || proto == 33 ||
			     proto == 132 || proto == 136,
		.known = proto == 6 || proto == 17 || proto == 132 ? 0 :
			 FACT_ALL,
	};
	policy_resolve_headers(policy, facts);
	facts->uid_bits = policy_resolve_uid(policy, users[any(5)]);
	if (name != NULL)
		facts->in_sets = policy_resolve_interface(policy, name);
}

START_TEST(same)
{
	struct offload *offload;
	struct policy *policy;
	struct text text = { .len = 0 };
	bool speaks_of_users;
	size_t settled = 0;

	state = (uint64_t)_i;
	put_policy(&text);
	speaks_of_users = strstr(text.bytes, "uid") != NULL &&
			  (strstr(text.bytes, "not uid") != NULL ||
			   strstr(text.bytes, "not (") != NULL);
	policy = packets_policy(text.bytes);
	ck_assert_int_eq(offload_make(policy, &offload), 0);
	ck_assert_str_eq(offload->notes, "");
	for (int i = 0; i < PACKETS; i++) {
		struct decision decision;
		struct offload_target target;
		struct facts facts;

		make_facts(policy, &facts);
		decide(policy, &facts, &decision);
		target = offload_flow(offload, &facts);
		/* The kernel cannot test `not uid`: the engine decides. */
		if (target.verdict == OFFLOAD_QUEUE && speaks_of_users)
			continue;
		ck_assert_msg((target.verdict != OFFLOAD_QUEUE) ==
				      decision.is_final,
			      "%spacket %d, proto %d: %s", text.bytes, i,
			      facts.proto, decision.is_final ? "queued" :
			      "settled too early");
		if (target.verdict == OFFLOAD_BALANCE)
			target.value = balance_path(
				&offload->balances[target.value], &facts,
				&(struct path_set){ { 0 } });
		ck_assert_msg(!decision.is_final ||
			      target.value == decision.path,
			      "%spacket %d: path %u instead of %u", text.bytes,
			      i, target.value, decision.path);
		settled += decision.is_final;
	}
	ck_assert(settled > 0 || speaks_of_users);
	offload_free(offload);
	policy_free(policy);
}
END_TEST

/* ---- runs ---- */

static size_t count_rules(const struct offload *offload)
{
	size_t count = 0;

	for (size_t i = 0; i < offload->chain_count; i++)
		count += offload->chains[i].count;
	return count;
}

/* `make` writes route `i`; the limit of rules for 1,000 routes. */
static void put_port(struct text *text, uint32_t i)
{
	put(text, "tcp dport %u", i);
}

static void put_pair(struct text *text, uint32_t i)
{
	put(text, "udp dport %u from 10.%u.0.0/16", i % 50, i % 200);
}

static void put_host(struct text *text, uint32_t i)
{
	put(text, "from { 10.0.%u.%u, 2001:db8::%x }", i / 256, i % 256, i);
}

static void put_unlike(struct text *text, uint32_t i)
{
	put(text, i % 2 ? "tcp dport %u" : "udp dport %u", i % 40);
	put(text, i % 3 ? "" : " app ssh");
}

static const struct {
	const char *name;
	void (*put)(struct text *text, uint32_t i);
	size_t max;
} runs[] = {
	{ "ports", put_port, 3 },
	{ "hosts", put_host, 3 },
	{ "pairs", put_pair, 1100 },
	{ "of two protocols", put_unlike, 160 },
};

START_TEST(run)
{
	struct text *text = calloc(1, sizeof(*text));
	struct offload *offload;
	struct policy *policy;

	put(text, "uplink a { dev a }\n");
	for (uint32_t i = 0; i < 600; i++) {
		put(text, "route ");
		runs[_i].put(text, i);
		put(text, i % 2 ? " via main\n" : " via a\n");
	}
	policy = packets_policy(text->bytes);
	ck_assert_int_eq(offload_make(policy, &offload), 0);
	ck_assert_msg(count_rules(offload) <= runs[_i].max, "%s: %zu rules",
		      runs[_i].name, count_rules(offload));
	offload_free(offload);
	policy_free(policy);
	free(text);
}
END_TEST

/* ---- limits ---- */

/* A list of every second address: the engine decides routes that test it. */
START_TEST(too_long)
{
	static const struct {
		uint16_t port;
		enum offload_verdict want;
	} rows[] = { { 25, OFFLOAD_QUEUE }, { 80, OFFLOAD_PATH } };
	struct offload *offload;
	struct policy *policy;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	fputs("uplink a { dev a }\nlist addresses big { ", out);
	for (uint32_t i = 0; i <= OFFLOAD_RANGES_MAX; i++)
		fprintf(out, "%s10.%u.%u.%u", i ? ", " : "", i >> 15,
			i >> 7 & 255, (i & 127) * 2);
	fputs(" }\nroute tcp dport 25 via a except @big\n", out);
	fclose(out);
	policy = packets_policy(text);
	ck_assert_int_eq(offload_make(policy, &offload), 0);
	ck_assert_str_eq(offload->notes, "route tcp dport 25 via a except "
			 "@big: a list has more than 524288 ranges, or all "
			 "together more than 1048576\n");
	for (int i = 0; i < 2; i++) {
		struct facts facts = {
			.proto = IPPROTO_TCP, .has_ports = true,
			.client = address_from_v4(htonl(0x0a000001)),
			.dport = rows[i].port,
		};

		ck_assert_int_eq(offload_flow(offload, &facts).verdict,
				 rows[i].want);
	}
	offload_free(offload);
	policy_free(policy);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("offload");
	TCase *tcase = tcase_create("rules");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, same, 0, POLICIES);
	tcase_add_loop_test(tcase, run, 0, ROWS(runs));
	tcase_add_test(tcase, too_long);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
