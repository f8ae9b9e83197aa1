/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_policy.c - the errors and warnings of the compiler, and the policy. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "rules/compile/policy_load.h"
#include "rules/policy/policy.h"

enum { APP_SSH = 1, APP_SMTP, APP_QUIC };

static const struct app_word words[] = {
	{ "ssh", false, { 1 << APP_SSH } },
	{ "smtp", false, { 1 << APP_SMTP } },
	{ "quic", false, { 1 << APP_QUIC } },
	{ "mail", true, { 1 << APP_SMTP } },
};
static const struct vocabulary vocabulary = { words, 4 };

/* The errors and warnings as text, which the caller frees. */
static char *diagnostics(struct diag *diag)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	diag_print(diag, out);
	fclose(out);
	return text;
}

static struct policy *parse(const char *text, struct diag *diag)
{
	struct policy *policy = NULL;

	policy_parse("p", text, strlen(text), &vocabulary, diag, &policy);
	return policy;
}

#define UP "uplink a { dev eth1 via 192.0.2.1 }\n"
#define MASQ "uplink m { dev eth2 masquerade }\n"

static const struct {
	const char *name;
	const char *policy;
	const char *diagnostic;	/* that must be among them; NULL: none */
	unsigned errors;
	unsigned warnings;
} rows[] = {
	{ "empty", "", NULL, 0, 0 },
	{ "plain", UP "route tcp dport 25 via a", NULL, 0, 0 },
	{ "classes in any order",
	  UP "route x via a\nclass x = y or tcp\nclass y = udp", NULL, 0, 0 },
	{ "unknown uplink", "uplink fibre { dev e }\nroute tcp via fibr",
	  "did you mean 'fibre'?", 1, 0 },
	{ "unknown class", UP "class mail = tcp\nroute mial via a",
	  "did you mean 'mail'?", 1, 0 },
	{ "unknown condition", UP "route country via a",
	  "there is no class or condition 'country'", 1, 0 },
	{ "unknown condition, the known ones", UP "route country via a",
	  "or use one of: proto, sport, dport, from, to, host, app, alpn, "
	  "ja4, ech, in, dscp, tos, length, uid, payload", 1, 0 },
	{ "misspelt condition", UP "route ecg via a", "did you mean 'ech'?",
	  1, 0 },
	{ "unknown application", UP "route app shs via a",
	  "did you mean 'ssh'?", 1, 0 },
	{ "unknown list", UP "route from @vip via a", "there is no list 'vip'",
	  1, 0 },
	{ "list of the other kind",
	  UP "list domains d { example.com }\nroute from @d via a",
	  "'d' is a list of domains", 1, 0 },
	{ "class of itself", UP "class x = tcp or y\nclass y = x\n"
	  "route x via a", "refers to itself", 1, 0 },
	{ "all errors in one run",
	  UP "route from @no via a\nroute tcp via b\nroute app zzz via a",
	  "there is no uplink 'b'", 3, 0 },
	{ "name twice", UP "class x = tcp\nclass x = udp\nroute x via a",
	  "'x' is defined twice", 1, 0 },
	{ "default twice", "default via main\ndefault drop",
	  "only once", 1, 0 },
	{ "one table for two", "uplink a { dev e table 201 }\n"
	  "uplink b { dev f table 201 }\nroute tcp via a\ndefault via b",
	  "table 201 is already used", 1, 0 },
	{ "one mark for two", "uplink a { dev e mark 3 }\n"
	  "uplink b { dev f mark 3 }\nroute tcp via a\ndefault via b",
	  "mark 3 is already used", 1, 0 },
	{ "mark outside the mask", "uplink a { dev e mark 200 }\n"
	  "default via a", "does not fit in the mask", 1, 0 },
	{ "mark zero", "uplink a { dev e mark 0 }\ndefault via a",
	  "'0' is not the number of a mark", 1, 0 },
	{ "the main table", "uplink a { dev e table 254 }\ndefault via a",
	  "table 254 is reserved by the kernel", 1, 0 },
	{ "mask with a hole", "marks mask 0x50000000", "cannot be used", 1, 0 },
	{ "mask too small", "marks mask 0x3", "cannot be used", 1, 0 },
	{ "mask of mwan3", "marks mask 0x3f00", "mwan3", 0, 3 },
	{ "more uplinks than paths", "marks mask 0x7\nuplink a { dev e }\n"
	  "uplink b { dev f }\nroute tcp via a\ndefault via b",
	  "has room for only 1 uplink", 1, 0 },
	{ "its own fallback", "uplink a { dev e fallback a }\n"
	  "default via a", "cannot be its own fallback", 1, 0 },
	{ "queues backwards", "queues 3-1", NULL, 1, 0 },
	{ "memory for fifteen", "inspect bytes 1m memory 15m",
	  "this memory is enough for fewer than 16 flows per queue", 1, 0 },
	{ "memory for eight queues", "queues 0-7\ninspect memory 1m",
	  "'inspect bytes 16384' and 8 queues need 2048k", 1, 0 },
	{ "too much inspection", "inspect packets 100000",
	  "not a number of packets", 1, 0 },
	{ "an exception twice", "on undecoded drop\non undecoded drop",
	  "'on undecoded' is allowed only once", 1, 0 },
	{ "two exceptions", "on undecoded drop\non flow-evicted main", NULL,
	  0, 0 },
	{ "overflow twice", "queues 0 fail-open\non queue-overflow drop",
	  "'queues' already has 'fail-open'", 1, 0 },
	{ "too many queues", "queues 0-64", "more than 64 queues", 1, 0 },
	{ "looked up through what is not there", UP "resolve via b\n"
	  "default via a", "there is no uplink 'b'", 1, 0 },
	{ "unknown in a balance", UP "default via { a 3, b }",
	  "there is no uplink 'b'", 1, 0 },
	{ "expected of a balance", UP "default via a\n"
	  "expect tcp 192.0.2.1 > 192.0.2.2 via { a, c }",
	  "there is no uplink 'c'", 1, 0 },
	{ "per packet, of payload", UP
	  "route per packet tcp app ssh via a", "cannot test payload",
	  1, 0 },
	{ "per packet, on any interface", UP
	  "route per packet in * via a", "too large for the kernel", 1, 0 },
	{ "except an unknown list", UP
	  "route tcp via a except @vip", "no list 'vip'", 1, 0 },
	{ "payload patterns that cannot be used", UP "route payload /(/ via a\n"
	  "route payload /good/ via a\nroute payload /a*/ via a",
	  "this pattern cannot be used", 2, 0 },
	{ "uid, too many", UP "route uid 1 or uid 2 or uid 3 or uid 4 or uid 5 "
	  "or uid 6 or uid 7 or uid 8 or uid 9 or uid 10 or uid 11 or uid 12 "
	  "or uid 13 or uid 14 or uid 15 or uid 16 or uid 17 via a",
	  "more than 16 different 'uid'", 1, 0 },
	{ "missing list file", "list addresses l { file \"/nothing\" }",
	  "1:25: error: cannot read '/nothing'", 1, 0 },
};

START_TEST(compiles)
{
	struct diag *diag = diag_new();
	struct policy *policy = parse(rows[_i].policy, diag);
	char *text = diagnostics(diag);

	ck_assert_msg(diag_errors(diag) == rows[_i].errors &&
		      diag_warnings(diag) == rows[_i].warnings,
		      "%s: %zu errors, %zu warnings:\n%s", rows[_i].name,
		      diag_errors(diag), diag_warnings(diag), text);
	ck_assert_msg((policy != NULL) == (rows[_i].errors == 0), "%s",
		      rows[_i].name);
	ck_assert_msg(rows[_i].diagnostic == NULL ||
		      strstr(text, rows[_i].diagnostic) != NULL,
		      "%s: no '%s' in:\n%s", rows[_i].name, rows[_i].diagnostic,
		      text);
	policy_free(policy);
	diag_free(diag);
	free(text);
}
END_TEST

START_TEST(numbers_are_chosen)
{
	struct diag *diag = diag_new();
	struct policy *p = parse("uplink a { dev e }\n"
				 "uplink b { dev f mark 1 table 201 x }\n"
				 "uplink c { dev g }\n"
				 "route tcp via a\nroute udp via b\n"
				 "default via c", diag);
	const struct marks *m = policy_marks(p);

	ck_assert_uint_eq(policy_uplink(p, 0)->path, 2);
	ck_assert_uint_eq(policy_uplink(p, 1)->path, 1);
	ck_assert_uint_eq(policy_uplink(p, 2)->path, 3);
	ck_assert_uint_eq(policy_uplink(p, 0)->table, 202);
	ck_assert_uint_eq(policy_uplink(p, 1)->table, 201);
	ck_assert_uint_eq(policy_uplink(p, 2)->table, 203);
	ck_assert_str_eq(policy_uplink(p, 1)->table_name, "x");
	ck_assert_ptr_eq(policy_uplink_of_path(p, 1), policy_uplink(p, 1));

	ck_assert_uint_eq(m->settled, 0x40000000);
	ck_assert_uint_eq(m->path_mask, 0x3f000000);
	ck_assert_uint_eq(m->path_main, 63);
	ck_assert_uint_eq(m->path_drop, 62);
	ck_assert_uint_eq(marks_of(m, 2, true), 0x42000000);
	ck_assert_uint_eq(marks_merge(m, 0x8100abcd, marks_of(m, 2, false)),
			  0x8200abcd);
	ck_assert_uint_eq(marks_path(m, 0xc2000001), 2);
	ck_assert_str_eq(policy_path_name(p, 63), "main");
	ck_assert_str_eq(policy_path_name(p, 62), "drop");
	ck_assert_str_eq(policy_path_name(p, 3), "c");
	ck_assert_ptr_null(policy_path_name(p, 0));
	policy_free(p);
	diag_free(diag);
}
END_TEST

#define JA4 "t13d1516h2_8daaf6152771_b186095e22b6"
#define JA4_QUIC "q13d0310h3_55b375c5d22e_cd85d2d88918"

/* One policy, many flows: the first route that matches. */
static const char lab[] =
	"uplink a { dev eth1 }\n"
	"list addresses vip { 192.0.2.0/28, 2001:db8::/64 }\n"
	"list domains video { video.example, =www.tube.example }\n"
	"class mail = tcp dport { 25, 465, 580-590 } or app smtp\n"
	"route mail from @vip via a\n"				/* 0 */
	"route host @video via a\n"				/* 1 */
	"route udp length 1000-1500 via a\n"			/* 2 */
	"route in { ppp*, wan0 } tcp sport 1000 via a\n"	/* 3 */
	"route dscp { ef, cs6 } or tos minimize-delay via a\n"	/* 4 */
	"route not (tcp or udp) via a\n"			/* 5 */
	"route alpn h2 via a\n"					/* 6 */
	"route tcp dport 77 not ech via a\n"			/* 7 */
	"route ja4 { " JA4 ", " JA4_QUIC " } via a\n"		/* 8 */
	"route uid { 0, 1000-1999 } tcp dport 9 via a\n"	/* 9 */
	"route not uid 33 tcp dport 11 via a\n"			/* 10 */
	"default via main\n";					/* 11 */

static const struct {
	const char *name;
	const char *flow;
	size_t route;
} flows[] = {
	{ "vip mail", "tcp 192.0.2.15 > 198.51.100.1:25", 0 },
	{ "past vip", "tcp 192.0.2.16 > 198.51.100.1:25", 11 },
	{ "vip v6", "tcp 2001:db8::1 > [2001:db8:1::1]:585", 0 },
	{ "past the range", "tcp 2001:db8::1 > [2001:db8:1::1]:591", 11 },
	{ "mail by app", "tcp 192.0.2.1 > 198.51.100.1:99 app smtp", 0 },
	{ "udp is no mail", "udp 192.0.2.1 > 198.51.100.1:25", 11 },
	{ "below a domain", "tcp 192.0.2.1 > 198.51.100.1:443 "
	  "host a.video.example", 1 },
	{ "a domain itself", "tcp 192.0.2.1 > 198.51.100.1:443 "
	  "host Video.Example.", 1 },
	{ "label boundary", "tcp 192.0.2.1 > 198.51.100.1:443 "
	  "host avideo.example", 11 },
	{ "exact", "tcp 192.0.2.1 > 198.51.100.1:443 host www.tube.example",
	  1 },
	{ "below exact", "tcp 192.0.2.1 > 198.51.100.1:443 "
	  "host a.www.tube.example", 11 },
	{ "length", "udp 192.0.2.1 > 198.51.100.1:9 length 1000", 2 },
	{ "too long", "udp 192.0.2.1 > 198.51.100.1:9 length 1501", 11 },
	{ "open interface", "tcp 192.0.2.1:1000 > 198.51.100.1:9 in ppp7", 3 },
	{ "interface", "tcp 192.0.2.1:1000 > 198.51.100.1:9 in wan0", 3 },
	{ "longer interface", "tcp 192.0.2.1:1000 > 198.51.100.1:9 in wan01",
	  11 },
	{ "no interface", "tcp 192.0.2.1:1000 > 198.51.100.1:9", 11 },
	{ "dscp ef", "tcp 192.0.2.1 > 198.51.100.1:9 dscp ef", 4 },
	{ "dscp cs5", "tcp 192.0.2.1 > 198.51.100.1:9 dscp cs5", 11 },
	{ "tos", "tcp 192.0.2.1 > 198.51.100.1:9 tos 0x10", 4 },
	{ "tos beside ECN", "tcp 192.0.2.1 > 198.51.100.1:9 tos 0x12", 4 },
	{ "icmp", "icmp 192.0.2.1 > 198.51.100.1", 5 },
	{ "alpn", "tcp 192.0.2.1 > 198.51.100.1:443 alpn h2", 6 },
	{ "other alpn", "tcp 192.0.2.1 > 198.51.100.1:443 alpn h3", 11 },
	{ "no ech", "tcp 192.0.2.1 > 198.51.100.1:77", 7 },
	{ "ech", "tcp 192.0.2.1 > 198.51.100.1:77 ech", 11 },
	{ "ja4", "tcp 192.0.2.1 > 198.51.100.1:443 ja4 " JA4, 8 },
	{ "the second", "tcp 192.0.2.1 > 198.51.100.1:443 ja4 \"" JA4_QUIC
	  "\"", 8 },
	{ "ja4 in no condition", "tcp 192.0.2.1 > 198.51.100.1:443 ja4 "
	  "t12d1516h2_8daaf6152771_b186095e22b6", 11 },
	{ "root", "tcp 192.0.2.1 > 198.51.100.1:9 uid 0", 9 },
	{ "a range of users", "tcp 192.0.2.1 > 198.51.100.1:9 uid 1999", 9 },
	{ "the next user", "tcp 192.0.2.1 > 198.51.100.1:9 uid 2000", 11 },
	{ "another host's", "tcp 192.0.2.1 > 198.51.100.1:9", 11 },
	{ "not that user", "tcp 192.0.2.1 > 198.51.100.1:11 uid 34", 10 },
	{ "that user", "tcp 192.0.2.1 > 198.51.100.1:11 uid 33", 11 },
	{ "not that user, but another host's",
	  "tcp 192.0.2.1 > 198.51.100.1:11", 10 },
};

static size_t first_route(const struct policy *policy,
			  const struct facts *facts)
{
	uint8_t needs = 0;
	size_t i = 0;

	while (policy_route_holds(policy, i, facts, &needs) != TRUTH_TRUE)
		i++;
	return i;
}

START_TEST(routes_hold)
{
	struct diag *diag = diag_new();
	struct policy *policy = parse(lab, diag);
	struct expect *flow = NULL;

	ck_assert_ptr_nonnull(policy);
	ck_assert_int_eq(policy_flow_parse(policy, &vocabulary, flows[_i].flow,
					   diag, &flow), 0);
	ck_assert_msg(first_route(policy, &flow->facts) == flows[_i].route,
		      "%s: route %zu", flows[_i].name,
		      first_route(policy, &flow->facts));
	policy_flow_free(flow);
	policy_free(policy);
	diag_free(diag);
}
END_TEST

static const struct {
	const char *words;
	const char *diagnostic;	/* NULL: it is a flow */
} flow_words[] = {
	{ "tcp 192.0.2.1 > 192.0.2.2:25", NULL },
	{ "tcp 192.0.2.1:1 192.0.2.2:25 app ssh host a.example", NULL },
	{ "udp 2001:db8::1 [2001:db8::2]:53 length 90 in eth0", NULL },
	{ "icmp 192.0.2.1 192.0.2.2", NULL },
	{ "", "expected a flow" },
	{ "tcp 192.0.2.1", "expected the server's address" },
	{ "tcp 192.0.2.1 192.0.2.2 via main", "not 'via'" },
	{ "tcp 192.0.2.1 192.0.2.2 app shs", "did you mean 'ssh'?" },
	{ "tcp 192.0.2.1 2001:db8::1", "both have an IPv4" },
};

START_TEST(flows_in_words)
{
	struct diag *diag = diag_new();
	struct policy *policy = parse("default via main", diag);
	const char *want = flow_words[_i].diagnostic;
	struct expect *flow = NULL;
	int rc = policy_flow_parse(policy, &vocabulary, flow_words[_i].words,
				   diag, &flow);
	char *text = diagnostics(diag);

	ck_assert_msg((rc == 0) == (want == NULL), "%s: %s",
		      flow_words[_i].words, text);
	ck_assert_msg(rc == 0 || strstr(text, want) != NULL, "%s: %s",
		      flow_words[_i].words, text);
	policy_flow_free(flow);
	policy_free(policy);
	diag_free(diag);
	free(text);
}
END_TEST

/* All queues share the memory, and patterns need a part of it. */
static const struct {
	const char *text;
	uint64_t memory;
	size_t streams;
} memories[] = {
	{ "default via main", 16 << 20, 1024 },
	{ "queues 0-3", 64 << 20, 1024 },
	{ "inspect memory 64m", 64 << 20, 4096 },
	{ "queues 0-3\ninspect memory 64m", 64 << 20, 1024 },
	{ "queues 0-3\ninspect memory 1m bytes 256", 1 << 20, 1024 },
	{ "inspect bytes 1m", 16 << 20, 16 },
};

START_TEST(memory)
{
	static const char pattern[] = "\nroute payload /a.*b/ drop";
	struct diag *diag = diag_new();
	struct policy *policy = parse(memories[_i].text, diag);
	char text[200];

	ck_assert_ptr_nonnull(policy);
	ck_assert_uint_eq(policy_inspect(policy).memory, memories[_i].memory);
	ck_assert_uint_eq(policy_inspect_streams(policy),
			  memories[_i].streams);
	policy_free(policy);
	snprintf(text, sizeof(text), "%s%s", memories[_i].text, pattern);
	policy = parse(text, diag);
	ck_assert_ptr_nonnull(policy);
	ck_assert_uint_lt(policy_inspect_streams(policy),
			  memories[_i].streams);
	ck_assert_uint_ge(policy_inspect_streams(policy),
			  memories[_i].streams / 2);
	policy_free(policy);
	diag_free(diag);
}
END_TEST

START_TEST(unknown_until_payload)
{
	struct diag *diag = diag_new();
	struct policy *policy = parse(lab, diag);
	struct expect *flow = NULL;
	uint8_t needs = 0;

	ck_assert_int_eq(policy_flow_parse(policy, &vocabulary,
					   "tcp 192.0.2.1 > 198.51.100.1:443",
					   diag, &flow), 0);
	flow->facts.known = 0;
	ck_assert_int_eq(policy_route_holds(policy, 0, &flow->facts, &needs),
			 TRUTH_UNKNOWN);
	ck_assert_uint_eq(needs, FACT_APP);
	ck_assert_int_eq(policy_route_holds(policy, 1, &flow->facts, &needs),
			 TRUTH_UNKNOWN);
	ck_assert_uint_eq(needs, FACT_APP | FACT_HOST);
	needs = 0;
	ck_assert_int_eq(policy_route_holds(policy, 2, &flow->facts, &needs),
			 TRUTH_FALSE);
	ck_assert_uint_eq(needs, 0);
	/* Port 25 makes it true whatever the application is. */
	flow->facts.dport = 25;
	policy_resolve_headers(policy, &flow->facts);
	ck_assert_int_eq(policy_route_holds(policy, 0, &flow->facts, &needs),
			 TRUTH_TRUE);
	ck_assert_uint_eq(needs, 0);
	ck_assert_uint_eq(policy_needs(policy),
			  FACT_APP | FACT_HOST | FACT_ALPN | FACT_ECH |
			  FACT_JA4);
	ck_assert(policy_needs_interface(policy));
	policy_flow_free(flow);
	policy_free(policy);
	diag_free(diag);
}
END_TEST

START_TEST(class_of_a_route)
{
	struct diag *diag = diag_new();
	struct policy *p = parse("uplink a { dev e }\nclass x = tcp dport 1\n"
				 "class y = tcp dport 1-2\n"
				 "route x or y or tcp dport 3 via a", diag);
	struct expect *flow = NULL;
	static const struct { const char *flow; int class; } want[] = {
		{ "tcp 192.0.2.1 > 192.0.2.2:1", 0 },
		{ "tcp 192.0.2.1 > 192.0.2.2:2", 1 },
		{ "tcp 192.0.2.1 > 192.0.2.2:3", -1 },
	};

	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(policy_flow_parse(p, &vocabulary, want[i].flow,
						   diag, &flow), 0);
		ck_assert_int_eq(policy_route_class(p, 0, &flow->facts),
				 want[i].class);
		policy_flow_free(flow);
	}
	policy_free(p);
	diag_free(diag);
}
END_TEST

START_TEST(exemptions)
{
	struct diag *diag = diag_new();
	struct policy *p = parse("exempt from 192.0.2.1\n"
				 "exempt to { 192.0.2.8/30, 2001:db8::/32 } "
				 "by rule", diag);
	struct address a, b, c;

	ck_assert_ptr_nonnull(p);
	address_parse("192.0.2.1", 9, &a);
	address_parse("192.0.2.9", 9, &b);
	address_parse("192.0.2.2", 9, &c);
	ck_assert_ptr_eq(policy_exempt_of(p, &a, &c), policy_exempt(p, 0));
	ck_assert_ptr_null(policy_exempt_of(p, &c, &a));
	ck_assert_ptr_eq(policy_exempt_of(p, &c, &b), policy_exempt(p, 1));
	ck_assert_ptr_null(policy_exempt_of(p, &b, &c));
	ck_assert_uint_eq(policy_exempt(p, 1)->range_count, 2);
	ck_assert(policy_exempt(p, 1)->by_rule);
	policy_free(p);
	diag_free(diag);
}
END_TEST

/* Ranges that do not touch, for `exempt to { ... } WORDS`. */
static char *exempt_text(unsigned ranges, const char *end)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	fputs("default via main\nexempt to { ", out);
	for (unsigned i = 0; i < ranges; i++)
		fprintf(out, "%s%u.%u.%u.%u/31", i > 0 ? ", " : "",
			1 + (i >> 22), i >> 14 & 255, i >> 6 & 255,
			(i & 63) * 4);
	fprintf(out, " } %s\n", end);
	fclose(out);
	return text;
}

/* Names are looked up through the strict uplink that their answers may decide
 * about. */
static const struct {
	const char *policy;
	uint32_t mark;
} looked_up[] = {
	{ UP "uplink s { dev s mark 9 }\ndefault via a", 0 },
	{ UP "uplink s { dev s mark 9 strict }\ndefault via a", 0 },
	{ UP "uplink s { dev s mark 9 strict }\nroute tcp via s", 0x49000000 },
	{ UP "uplink s { dev s mark 9 strict }\nuplink t { dev t mark 8 strict }"
	  "\nroute tcp via { a, t }\ndefault via s", 0x48000000 },
	{ UP "uplink s { dev s mark 9 strict }\nroute tcp via s\n"
	  "resolve via main", 0 },
	{ UP "uplink s { dev s mark 9 }\ndefault via a\nresolve via s",
	  0x49000000 },
};

START_TEST(names_looked_up)
{
	struct diag *diag = diag_new();
	struct policy *policy = parse(looked_up[_i].policy, diag);

	ck_assert_msg(policy_name_limits(policy).mark == looked_up[_i].mark,
		      "%s", looked_up[_i].policy);
	policy_free(policy);
	diag_free(diag);
}
END_TEST

static const struct {
	unsigned ranges;
	const char *words;
	const char *want;	/* NULL: fine */
} exempt_many[] = {
	{ EXEMPT_RULES_MAX, "by rule", NULL },
	{ EXEMPT_RULES_MAX + 1, "", NULL },
	{ EXEMPT_RULES_MAX + 1, "by rule", "2:1: error: more than 4096 "
	  "ranges are exempt by rule" },
	{ EXEMPT_RANGES_MAX + 1, "", "2:1: error: more than 1048576 ranges "
	  "are exempt" },
};

START_TEST(many_exempt)
{
	char *text = exempt_text(exempt_many[_i].ranges,
				 exempt_many[_i].words);
	struct diag *diag = diag_new();
	struct policy *policy = parse(text, diag);
	char *got = diagnostics(diag);

	ck_assert_int_eq(policy != NULL, exempt_many[_i].want == NULL);
	if (exempt_many[_i].want != NULL)
		ck_assert_msg(strstr(got, exempt_many[_i].want) != NULL, "%s",
			      got);
	free(got);
	free(text);
	policy_free(policy);
	diag_free(diag);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("policy");
	TCase *tcase = tcase_create("compile");

	tcase_add_loop_test(tcase, compiles, 0, ROWS(rows));
	tcase_add_test(tcase, numbers_are_chosen);
	tcase_add_loop_test(tcase, routes_hold, 0, ROWS(flows));
	tcase_add_loop_test(tcase, flows_in_words, 0, ROWS(flow_words));
	tcase_add_loop_test(tcase, memory, 0, ROWS(memories));
	tcase_add_test(tcase, unknown_until_payload);
	tcase_add_test(tcase, class_of_a_route);
	tcase_add_test(tcase, exemptions);
	tcase_set_timeout(tcase, 60);	/* a million ranges, sanitized */
	tcase_add_loop_test(tcase, names_looked_up, 0, ROWS(looked_up));
	tcase_add_loop_test(tcase, many_exempt, 0, ROWS(exempt_many));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
