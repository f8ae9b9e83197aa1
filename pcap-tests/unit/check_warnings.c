/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_warnings.c - the warnings of the compiler, and what gives none. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "rules/compare/reach_warn.h"
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

static struct place same_place(void *ctx, struct place place)
{
	(void)ctx;
	return place;
}

static const struct reach_options defaults = {
	.max_nodes = 1 << 20, .max_ms = 60000, .place = same_place,
};

static struct policy *parse(const char *text,
			    const struct reach_options *options,
			    struct diag *diag)
{
	struct policy *policy = NULL;

	policy_parse("p", text, strlen(text), &vocabulary, diag, &policy);
	if (policy != NULL)
		ck_assert_int_eq(reach_warn(policy, &vocabulary, options, diag),
				 0);
	return policy;
}

#define UP "uplink a { dev eth1 via 192.0.2.1 }\n"
#define MASQ "uplink m { dev eth2 masquerade }\n"
#define STRICT "uplink s { dev eth3 via 192.0.2.9 strict }\n"

static const struct {
	const char *name;
	const char *policy;
	const char *warning;	/* that must be among them; NULL: none */
	unsigned errors;
	unsigned warnings;
} rows[] = {
	{ "class unused", "class x = tcp", "class 'x' is never used", 0, 1 },
	{ "list unused", "list domains d { example.com }",
	  "list 'd' is never used", 0, 1 },
	{ "uplink without route", UP, "uplink 'a' has no route", 0, 1 },
	{ "uplink that is a fallback", UP "uplink b { dev f fallback a }\n"
	  "default via b", NULL, 0, 0 },
	{ "one device and gateway", UP "uplink b { dev eth1 via 192.0.2.1 "
	  "}\nroute tcp via a\ndefault via b", "'b' has the device and "
	  "gateway of another", 0, 1 },
	{ "one device and gateway, other NAT", UP "uplink b { dev eth1 via "
	  "192.0.2.1 snat 192.0.2.9 }\nroute tcp via a\ndefault via b", NULL,
	  0, 0 },
	{ "uplinks in a balance have a route", UP "uplink b { dev f }\n"
	  "default via { a, b }", NULL, 0, 0 },
	{ "failback without a fallback", "uplink a { dev b strict failback "
	  "keep }\ndefault via a", "1:34: warning: 'a' has no fallback", 0, 1 },
	{ "failback to main", "uplink a { dev b failback reset }\n"
	  "default via a", NULL, 0, 0 },
	{ "flows with NAT cannot move", MASQ "uplink a { dev b fallback m "
	  "failback move }\ndefault via a",
	  "2:38: warning: 'm' translates: flows cannot move", 0, 1 },
	{ "flows without NAT move", UP "uplink b { dev b fallback a "
	  "failback move }\ndefault via b", NULL, 0, 0 },
	{ "late, and reset", MASQ "route app ssh via m\nlate reset", NULL,
	  0, 0 },
	{ "late, from an uplink that masquerades", MASQ UP
	  "route app ssh via a\ndefault via m", "'m' masquerades", 0, 1 },
	{ "late, from an uplink that masquerades, reset", MASQ UP
	  "route app ssh via a late reset\ndefault via m", NULL, 0, 0 },
	{ "late, and dropped", MASQ "route app ssh drop\ndefault via m", NULL,
	  0, 0 },
	{ "probe of the other family", "uplink a { dev eth1 via 192.0.2.1 "
	  "probe ping 2001:db8::1 }\ndefault via a", "a probe of uplink 'a' "
	  "has no effect", 0, 1 },
	{ "probe of its family", "uplink a { dev eth1 via 192.0.2.1 "
	  "probe ping 192.0.2.9 }\ndefault via a", NULL, 0, 0 },
	{ "probes on a point-to-point link", "uplink a { dev eth1 probe ping "
	  "192.0.2.9 probe ping 2001:db8::1 }\ndefault via a", NULL, 0, 0 },
	{ "probe with via auto", "uplink a { dev eth1 via auto probe ping "
	  "2001:db8::1 }\ndefault via a", NULL, 0, 0 },
	{ "snat of the other family", "uplink a { dev eth1 via 2001:db8::1 "
	  "snat 192.0.2.9 }\ndefault via a", "uplink 'a' translates a family",
	  0, 1 },
	{ "snat of its family", "uplink a { dev eth1 via 2001:db8::1 "
	  "snat 2001:db8::9 }\ndefault via a", NULL, 0, 0 },
	{ "late on its own line", UP "route tcp via a\n  late reset",
	  "'late' applies to all routes", 0, 1 },
	{ "late on its own line, not indented", UP "route tcp via a\n"
	  "late reset", NULL, 0, 0 },
	{ "contradiction: not", UP "route tcp not tcp via a",
	  "this route can never match", 0, 1 },
	{ "contradiction: not, partly", UP
	  "route tcp dport { 25, 26 } not dport 25 via a", NULL, 0, 0 },
	{ "contradiction: not, all", UP
	  "route tcp dport 25 not dport { 25, 26 } via a",
	  "this route can never match", 0, 1 },
	{ "contradiction: ports", UP "route tcp dport 25 dport 80 via a",
	  "this route can never match", 0, 1 },
	{ "no contradiction: ports", UP
	  "route tcp dport 20-30 dport 25 via a", NULL, 0, 0 },
	{ "contradiction: addresses", UP
	  "route from 192.0.2.0/25 from 192.0.2.200 via a",
	  "this route can never match", 0, 1 },
	{ "contradiction: families", UP
	  "route from 192.0.2.0/25 from 2001:db8::/32 via a",
	  "this route can never match", 0, 1 },
	{ "no contradiction: from and to", UP
	  "route from 192.0.2.0/25 to 192.0.2.200 via a", NULL, 0, 0 },
	{ "contradiction: hosts", UP
	  "route host a.example host b.example via a",
	  "this route can never match", 0, 1 },
	{ "no contradiction: hosts", UP
	  "route host a.example host www.a.example via a", NULL, 0, 0 },
	{ "no contradiction: hosts, the other way", UP
	  "route host www.a.example host a.example via a", NULL, 0, 0 },
	{ "contradiction in a class", UP "class x = tcp dport 25\n"
	  "route x dport 80 via a", "this route can never match", 0,
	  1 },
	{ "no contradiction: or", UP
	  "route tcp dport 25 or dport 80 via a", NULL, 0, 0 },
	{ "late, after a route by negation", MASQ UP
	  "route tcp not app ssh via a\nroute app ssh via m\ndefault via m",
	  "4:1: warning: only payload", 0, 1 },
	{ "late, and reset by the route", MASQ
	  "route app ssh via m late reset", NULL, 0, 0 },
	{ "late, and reset by the first uplink",
	  MASQ "uplink r { dev eth1 late reset }\nroute app ssh via m\n"
	  "default via r", NULL, 0, 0 },
	{ "late, and moved by the route", MASQ "route app ssh via m late move\n"
	  "late reset", "'late move' breaks such flows", 0, 1 },
	{ "late, on the same uplink", MASQ "route app ssh via m\n"
	  "default via m", NULL, 0, 0 },
	{ "late, on the same uplink by a route", MASQ UP
	  "route tcp app ssh via m\nroute tcp via m\ndefault via a", NULL,
	  0, 0 },
	{ "late, sometimes on the same uplink", MASQ UP
	  "route app ssh via m\nroute tcp dport 1 via m\ndefault via a",
	  "such flows keep the uplink of their first packet", 0, 1 },
	{ "late into a balance that masquerades", UP
	  "uplink b { dev f masquerade }\nroute app ssh via { a, b }",
	  "and 'b' masquerades", 0, 1 },
	{ "same route twice", UP "route tcp via a\nroute tcp drop",
	  "never reached", 0, 1 },
	{ "port within a range", UP
	  "route tcp dport 1-1000 via a\nroute tcp dport 25 drop",
	  "never reached", 0, 1 },
	{ "port beside a range", UP
	  "route tcp dport 1-24 via a\nroute tcp dport 25 drop", NULL, 0, 0 },
	{ "prefix within a prefix", UP
	  "route to 10.0.0.0/8 via a\nroute tcp to 10.1.2.3 drop",
	  "never reached", 0, 1 },
	{ "prefix around a prefix", UP
	  "route to 10.1.0.0/16 via a\nroute to 10.0.0.0/8 drop", NULL, 0, 0 },
	{ "domain below a domain", UP
	  "route host example.com via a\nroute host www.example.com drop",
	  "never reached", 0, 1 },
	{ "one side of an or", UP
	  "route tcp or udp via a\nroute udp dport 53 drop", "never reached",
	  0, 1 },
	{ "contradiction", UP "route tcp and udp via a",
	  "can never match", 0, 1 },
	{ "per packet", UP "route per packet dscp ef via a", NULL, 0, 0 },
	{ "per packet, masqueraded", MASQ
	  "route per packet dscp ef via m", "'m' masquerades", 0, 1 },
	{ "except a list", UP "list addresses vip { 192.0.2.1 }\n"
	  "route tcp via a except @vip\nroute tcp from @vip via main", NULL,
	  0, 0 },
	{ "except all clients", UP
	  "route tcp from 10.0.0.0/8 via a except 10.0.0.0/8", "this route can never match", 0, 1 },
	{ "known late, masqueraded", MASQ "route host example.com via m",
	  "only payload can match", 0, 1 },
	{ "known late by class", MASQ "class c = tcp app ssh\nroute c via m",
	  "only payload can match", 0, 1 },
	{ "known late, strict", UP STRICT
	  "route app ssh via s\ndefault via a",
	  "start on an uplink that is not strict", 0, 1 },
	{ "strict first", UP STRICT
	  "strict first\nroute app ssh via s\ndefault via a", NULL, 0, 0 },
	{ "the default is strict, too", UP STRICT
	  "route app ssh via s\nroute udp via a\ndefault via s",
	  "start on an uplink that is not strict", 0, 1 },
	{ "strict by headers", UP STRICT "route udp via s\ndefault via a",
	  NULL, 0, 0 },
	{ "fail-open and strict", UP STRICT "queues 0 fail-open\n"
	  "route app ssh via a\ndefault via s", "leave through the main table",
	  0, 1 },
	{ "sometimes early", MASQ "route tcp dport 25 or app smtp via m", NULL,
	  0, 0 },
	{ "not payload is early", MASQ "route tcp not app ssh via m", NULL, 0,
	  0 },
	{ "dropped before payload", UP "route app ssh via a\ndefault drop",
	  "before their payload is seen", 0, 1 },
	{ "payload", UP "route payload /^x/ or payload client /y/ via a", NULL,
	  0, 0 },
	{ "covered by several routes", UP "route tcp dport 1-500 via a\n"
	  "route udp via a\nroute tcp dport 400-65535 via a\n"
	  "route tcp dport 300-600 drop", "the routes in line 2 and line 4 "
	  "together match all of these flows", 0, 1 },
	{ "nearly covered by several routes", UP
	  "route tcp dport 1-500 via a\nroute tcp dport 502-65535 via a\n"
	  "route tcp dport 300-600 drop", NULL, 0, 0 },
	{ "covered by families", UP "route from 0.0.0.0/0 via a\n"
	  "route from ::/0 via a\nroute tcp drop",
	  "the routes in line 2 and line 3 together", 0, 1 },
	{ "covered by a host and its complement", UP
	  "route host a.example via a\nroute tcp not host a.example via main\n"
	  "route tcp dport 80 via a", "the routes in line 2 and line 3 "
	  "together", 0, 1 },
	{ "covered by eleven routes", UP "route tcp dport 1 via a\n"
	  "route tcp dport 2 via a\nroute tcp dport 3 via a\n"
	  "route tcp dport 4 via a\nroute tcp dport 5 via a\n"
	  "route tcp dport 6 via a\nroute tcp dport 7 via a\n"
	  "route tcp dport 8 via a\nroute tcp dport 9 via a\n"
	  "route tcp dport 10 via a\nroute tcp dport 11 via a\n"
	  "route tcp dport 1-11 via a",
	  "13:1: warning: this route is never reached", 0, 1 },
	{ "all exempt", UP "exempt from 192.0.2.0/24\n"
	  "route from 192.0.2.9 via a", "all of its flows are exempt", 0, 1 },
	{ "some exempt", UP "exempt from 192.0.2.9\n"
	  "route from 192.0.2.8/31 via a", NULL, 0, 0 },
	{ "below a drop of what is known later: taken meanwhile", UP
	  "route tcp not app ssh drop\nroute app ssh via a\n"
	  "route tcp via a", NULL, 0, 0 },
	{ "below a drop of the same payload", UP "route app ssh drop\n"
	  "route tcp app ssh via a", "the route in line 2", 0, 1 },
	{ "a name without address may get one", UP
	  "route from nas.example via a", NULL, 0, 1 },
	{ "a name without address covers nothing", UP
	  "route not from nas.example via a\nroute tcp via a", NULL, 0, 1 },
	{ "local flows have no interface", UP "route uid 5 in lan0 via a",
	  "this route can never match", 0, 1 },
	{ "uid", UP "route uid 1000 via a", NULL, 0, 0 },
	{ "uid, the same above", UP "route uid { 5-9, 10-20 } via a\n"
	  "route uid { 6, 15-20 } via a", "never reached", 0, 1 },
	{ "uid, more than above", UP "route uid 5-9 via a\n"
	  "route uid 5-10 via a", NULL, 0, 0 },
	{ "and after or", UP "route tcp or udp and dport 53 via a",
	  "2:14: warning: 'and' binds tighter than 'or' here", 0, 1 },
	{ "and before or", UP "route tcp and dport 53 or udp via a", NULL,
	  0, 0 },
	{ "and in parentheses", UP "route tcp or (udp and dport 53) via a",
	  NULL, 0, 0 },
	{ "ports after or", UP "route icmp or udp dport 53 via a", NULL, 0, 0 },
	{ "same device and gateway", UP "uplink b { dev eth1 via 192.0.2.1 }\n"
	  "default via { a, b }",
	  "uplink 'b' has the device and gateway of another uplink", 0, 1 },
	{ "same device, another gateway", UP
	  "uplink b { dev eth1 via 192.0.2.2 }\ndefault via { a, b }", NULL,
	  0, 0 },
	{ "strict with fallback main",
	  "uplink a { dev e strict fallback main }\ndefault via a",
	  "1:34: warning: uplink 'a' is strict, but", 0, 1 },
	{ "strict with another fallback", UP
	  "uplink b { dev e strict fallback a }\ndefault via b", NULL, 0, 0 },
	{ "IPv6 port without brackets",
	  "expect tcp fd10::2 > 2001:db8::1:25 via main",
	  "1:22: warning: this is an address without a port", 0, 1 },
	{ "IPv6 port without brackets, the fix",
	  "expect tcp fd10::2 > 2001:db8::1:25 via main",
	  "for port 25 write [2001:db8::1]:25", 0, 1 },
	{ "IPv6 address", "expect tcp fd10::2 > 2001:db8::25 via main", NULL,
	  0, 0 },
	{ "in the device of an uplink", UP "route tcp in eth1 via a",
	  "2:14: warning: no flow from 'eth1' is tested", 0, 1 },
	{ "in the device of an uplink, in a class", UP
	  "class x = tcp or in { lan0, eth1 }\nroute x via a",
	  "2:29: warning: no flow from 'eth1' is tested: it is the device of "
	  "uplink 'a'", 0, 1 },
	{ "in the device of an uplink on the LAN",
	  "uplink a { dev eth1 via 192.0.2.1 on-lan }\n"
	  "route tcp in eth1 via a", NULL, 0, 0 },
	{ "not in the device of an uplink", UP "route tcp not in eth1 via a",
	  NULL, 0, 0 },
	{ "in a pattern that has the device of an uplink", UP
	  "route tcp in eth* via a", NULL, 0, 0 },
	{ "exempt everything", "exempt from 0.0.0.0/0",
	  "all IPv4 addresses are exempt", 0, 1 },
};

START_TEST(warns)
{
	struct diag *diag = diag_new();
	struct policy *policy = parse(rows[_i].policy, &defaults, diag);
	char *text = diagnostics(diag);

	ck_assert_msg(diag_errors(diag) == rows[_i].errors &&
		      diag_warnings(diag) == rows[_i].warnings,
		      "%s: %zu errors, %zu warnings:\n%s", rows[_i].name,
		      diag_errors(diag), diag_warnings(diag), text);
	ck_assert_msg((policy != NULL) == (rows[_i].errors == 0), "%s",
		      rows[_i].name);
	ck_assert_msg(rows[_i].warning == NULL ||
		      strstr(text, rows[_i].warning) != NULL,
		      "%s: no '%s' in:\n%s", rows[_i].name, rows[_i].warning,
		      text);
	policy_free(policy);
	diag_free(diag);
	free(text);
}
END_TEST

/* Warnings of overlaps, or with small limits. */
static const struct {
	const char *name;
	const char *policy;
	const char *warning;	/* NULL: none */
	struct reach_options options;
} limited_rows[] = {
	{ "each takes more than the other", UP
	  "route tcp dport 1-1000 via a\nroute from 10.0.0.5 via main",
	  "3:1: warning: the route in line 2 takes some flows of this one",
	  { .overlaps = true } },
	{ "an example", UP
	  "route tcp dport 1-1000 via a\nroute from 10.0.0.5 via main",
	  "such as tcp 10.0.0.5:40000 198.51.100.7:443",
	  { .overlaps = true } },
	{ "the same uplink", UP
	  "route tcp dport 1-1000 via a\nroute from 10.0.0.5 via a", NULL,
	  { .overlaps = true } },
	{ "an exception above", UP
	  "route tcp dport 25 via a\nroute tcp via main", NULL,
	  { .overlaps = true } },
	{ "without the option", UP
	  "route tcp dport 1-1000 via a\nroute from 10.0.0.5 via main", NULL,
	  { .overlaps = false } },
	{ "classes", UP "class x = tcp dport 1-100\n"
	  "class y = tcp dport 90-200\nroute x or y via a",
	  "4:1: warning: flows of class 'y' count as 'x' here",
	  { .overlaps = true } },
	{ "classes apart", UP "class x = tcp dport 1-100\n"
	  "class y = tcp dport 190-200\nroute x or y via a", NULL,
	  { .overlaps = true } },
	{ "no time left", UP "route tcp dport 1-1000 via a",
	  "2:1: warning: from here on, routes that are never reached are not "
	  "found", { .max_ms = 0 } },
};

START_TEST(limited)
{
	struct reach_options options = limited_rows[_i].options;
	struct diag *diag = diag_new();
	struct policy *policy;
	char *text;

	options.place = same_place;
	if (options.max_nodes == 0)
		options.max_nodes = defaults.max_nodes;
	if (strcmp(limited_rows[_i].name, "no time left") != 0)
		options.max_ms = defaults.max_ms;
	policy = parse(limited_rows[_i].policy, &options, diag);
	text = diagnostics(diag);
	if (limited_rows[_i].warning == NULL)
		ck_assert_msg(text[0] == '\0', "%s: %s", limited_rows[_i].name,
			      text);
	else
		ck_assert_msg(strstr(text, limited_rows[_i].warning) != NULL,
			      "%s: no '%s' in:\n%s", limited_rows[_i].name,
			      limited_rows[_i].warning, text);
	policy_free(policy);
	diag_free(diag);
	free(text);
}
END_TEST

#define MANY 200

/* The proof ends where the nodes do, and reports the line. */
START_TEST(no_nodes_left)
{
	struct reach_options options = defaults;
	struct diag *diag = diag_new();
	struct policy *policy;
	char *text = NULL, *got;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	fputs(UP "route tcp dport 1 via a\nroute tcp dport 1 via main\n", out);
	for (unsigned int i = 0; i < MANY; i++)
		fprintf(out, "route tcp dport %u sport %u from 10.%u.0.0/16 or "
			"udp length %u via a\n", 2 + i, 2 + i * 7 % MANY, i,
			100 + i * 3 % MANY);
	fclose(out);
	options.max_nodes = 1;
	policy = parse(text, &options, diag);
	got = diagnostics(diag);
	ck_assert_msg(strstr(got, "from here on, routes that are never reached "
			     "are not found") != NULL, "%s", got);
	ck_assert_msg(strstr(got, "p:3:1: warning: this route is never") !=
		      NULL, "%s", got);
	ck_assert_uint_eq(diag_warnings(diag), 2);
	policy_free(policy);
	diag_free(diag);
	free(got);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("warnings");
	TCase *tcase = tcase_create("warnings");

	tcase_add_loop_test(tcase, warns, 0, ROWS(rows));
	tcase_add_loop_test(tcase, limited, 0, ROWS(limited_rows));
	tcase_add_test(tcase, no_nodes_left);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
