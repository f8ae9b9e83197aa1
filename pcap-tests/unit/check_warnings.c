/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_warnings.c - the warnings of the compiler, and what gives none. */
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
	{ "exempt everything", "exempt from 0.0.0.0/0",
	  "all IPv4 addresses are exempt", 0, 1 },
};

START_TEST(warns)
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
	ck_assert_msg(rows[_i].warning == NULL ||
		      strstr(text, rows[_i].warning) != NULL,
		      "%s: no '%s' in:\n%s", rows[_i].name, rows[_i].warning,
		      text);
	policy_free(policy);
	diag_free(diag);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("warnings");
	TCase *tcase = tcase_create("warnings");

	tcase_add_loop_test(tcase, warns, 0, ROWS(rows));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
