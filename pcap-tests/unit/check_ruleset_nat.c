/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_ruleset_nat.c - the rules of masquerade, snat, npt and mss. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/policy/policy.h"
#include "rules/setup/nat_owner.h"
#include "rules/setup/plan/plan.h"
#include "rules/setup/ruleset/ruleset_nat.h"
#include "setup_state.h"

#define ONE "uplink a { dev eth1 via 203.0.113.1 via 2001:db8:f::1 "
#define TWO "uplink b { dev ppp0 "
#define END "default via a\n"

#define FROM ONE "masquerade from { 10.0.0.1, 192.168.1.0/24 } }\n" END

#define V4 "oifname \"eth1\" meta nfproto ipv4 "
#define V6 "oifname \"eth1\" meta nfproto ipv6 "
#define MARK "meta mark & 0x3f000000 "

/* The rules are compared from the first one on, without indentation. */
static const struct {
	const char *name;
	const char *policy;
	bool has_xfrm;
	const char *rules;
} rows[] = {
	{ "none", ONE "}\n" END, true, "" },
	{ "masquerade", ONE "masquerade }\n" TWO "masquerade }\n" END, false,
	  "fib saddr . oif type local accept\n"
	  "oifname { \"eth1\", \"ppp0\" } masquerade\n" },
	{ "beside IPsec", ONE "masquerade }\n" END, true,
	  "rt ipsec exists accept\nfib saddr . oif type local accept\n"
	  "oifname { \"eth1\" } masquerade\n" },
	{ "a family", ONE "masquerade ipv4 }\n" TWO "masquerade }\n" END,
	  false, "fib saddr . oif type local accept\n" V4 "masquerade\n"
	  "oifname { \"ppp0\" } masquerade\n" },
	{ "sources", ONE "masquerade from { 192.168.1.0/24, 10.0.0.1, fd00::/8 "
	  "} }\n" END, false, "fib saddr . oif type local accept\n"
	  V4 "ip saddr { 10.0.0.1, 192.168.1.0-192.168.1.255 } masquerade\n"
	  V6 "ip6 saddr { fd00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff } "
	  "masquerade\n" },
	{ "sources of one family", "list addresses lan { 192.168.1.7 }\n" ONE
	  "masquerade from @lan }\n" END, false,
	  "fib saddr . oif type local accept\n"
	  V4 "ip saddr { 192.168.1.7 } masquerade\n" },
	{ "snat", ONE "snat 203.0.113.9 snat 2001:db8:f::9 from fd00::1 }\n"
	  END, false, "fib saddr . oif type local accept\n"
	  V4 "snat ip to 203.0.113.9\n"
	  V6 "ip6 saddr { fd00::1 } snat ip6 to 2001:db8:f::9\n" },
	{ "npt", ONE "masquerade ipv4 npt 2001:db8:f1::/48 }\n" END, false,
	  "fib saddr . oif type local accept\n" V4 "masquerade\n"
	  V6 "snat ip6 prefix to 2001:db8:f1::/48\n" },
	{ "one device, both plain", ONE "masquerade }\nuplink b { dev eth1 via "
	  "203.0.113.3 masquerade }\n" END, false,
	  "fib saddr . oif type local accept\n"
	  "oifname { \"eth1\", \"eth1\" } masquerade\n" },
	{ "one device, two addresses", ONE "snat 203.0.113.9 }\n"
	  "uplink b { dev eth1 via 203.0.113.1 snat 203.0.113.10 }\n" END,
	  false, "fib saddr . oif type local accept\n"
	  V4 MARK "{ 0x02000000 } snat ip to 203.0.113.10\n"
	  V4 MARK "{ 0x02000000 } accept\n"
	  V6 MARK "{ 0x02000000 } accept\n"
	  V4 "snat ip to 203.0.113.9\n" },
	{ "one device, one with NAT", ONE "masquerade ipv4 }\n"
	  "uplink b { dev eth1 via 203.0.113.1 }\n" END, false,
	  "fib saddr . oif type local accept\n"
	  V4 MARK "{ 0x02000000 } accept\n" V6 MARK "{ 0x02000000 } accept\n"
	  V4 "masquerade\n" },
	{ "one device, failed over", ONE "masquerade }\n"
	  "uplink b { dev eth1 via 203.0.113.1 snat 203.0.113.10 }\n"
	  "uplink c { dev eth3 via 192.0.2.1 optional fallback b }\n" END,
	  false, "fib saddr . oif type local accept\n"
	  V4 MARK "{ 0x02000000, 0x03000000 } snat ip to 203.0.113.10\n"
	  V4 MARK "{ 0x02000000, 0x03000000 } accept\n"
	  V6 MARK "{ 0x02000000 } accept\n"
	  "oifname { \"eth1\" } masquerade\n" },
};

#define CLAMP "tcp flags & (syn | rst) == syn tcp option maxseg size set "

static const struct {
	const char *name;
	const char *policy;
	const char *rules;	/* of each chain; %s: iif or oif */
} sizes[] = {
	{ "none", ONE "}\n" END, NULL },
	{ "a number", ONE "mss 1300 }\n" END,
	  "%sname \"eth1\" meta nfproto ipv4 " CLAMP "1300\n"
	  "%sname \"eth1\" meta nfproto ipv6 " CLAMP "1300\n" },
	{ "of the device", ONE "mss auto }\n" TWO "}\n" END,
	  "%sname \"eth1\" meta nfproto ipv4 " CLAMP "1452\n"
	  "%sname \"eth1\" meta nfproto ipv6 " CLAMP "1432\n" },
	{ "of a device that is missing", "uplink a { dev wwan0 mss auto "
	  "optional }\n" END, NULL },
};

/* What `write` writes, without tabs. */
static char *text_of(const char *policy_text, bool has_xfrm,
		     void (*write)(const struct plan *, FILE *))
{
	struct policy *policy = setup_policy(policy_text);
	char error[SETUP_ERROR_MAX], *text = NULL, *to;
	struct state state;
	struct plan plan;
	size_t len = 0;
	FILE *out;

	setup_state(&state);
	state.has_xfrm = has_xfrm;
	state.links[2].mtu = 1492;
	ck_assert_int_eq(plan_make(policy, NULL, &state, PLAN_LINKS_UP, &plan,
				   error), 0);
	policy_free(policy);
	out = open_memstream(&text, &len);
	write(&plan, out);
	fclose(out);
	plan_fini(&plan);
	state_fini(&state);
	to = text;
	for (const char *from = text; *from; from++)
		if (*from != '\t')
			*to++ = *from;
	*to = '\0';
	return text;
}

START_TEST(nat)
{
	char *text = text_of(rows[_i].policy, rows[_i].has_xfrm,
			     ruleset_nat_write);
	char want[2048] = "";

	if (rows[_i].rules[0])
		snprintf(want, sizeof(want), "chain source_nat {\n"
			 "type nat hook postrouting priority 100; policy "
			 "accept;\n%s}\n\n", rows[_i].rules);
	ck_assert_msg(strcmp(text, want) == 0, "%s: got\n%swant\n%s",
		      rows[_i].name, text, want);
	free(text);
}
END_TEST

START_TEST(mss)
{
	char *text = text_of(sizes[_i].policy, false, ruleset_nat_write_mss);
	char want[2048] = "";
	size_t used = 0;

	for (int out = 0; out < 2 && sizes[_i].rules != NULL; out++) {
		const char *key = out ? "oif" : "iif";

		used += (size_t)snprintf(want + used, sizeof(want) - used,
			"chain clamp_%s {\ntype filter hook %s priority -150; "
			"policy accept;\n", out ? "out" : "in",
			out ? "postrouting" : "prerouting");
		used += (size_t)snprintf(want + used, sizeof(want) - used,
					 sizes[_i].rules, key, key);
		used += (size_t)snprintf(want + used, sizeof(want) - used,
					 "}\n\n");
	}
	ck_assert_msg(strcmp(text, want) == 0, "%s: got\n%swant\n%s",
		      sizes[_i].name, text, want);
	free(text);
}
END_TEST

/* Which sources an uplink translates, as its rules have it. */
static const struct {
	const char *name;
	const char *policy;
	const char *source;
	bool translates;
} sources[] = {
	{ "none", ONE "}\n" END, "192.168.1.7", false },
	{ "masquerade", ONE "masquerade }\n" END, "192.168.1.7", true },
	{ "the other family", ONE "masquerade ipv4 }\n" END, "fd00::7", false },
	{ "first of from", FROM, "192.168.1.0", true },
	{ "last of from", FROM, "192.168.1.255", true },
	{ "after from", FROM, "192.168.2.0", false },
	{ "between from", FROM, "10.0.0.2", false },
	{ "from of the other family", FROM, "fd00::7", false },
	{ "snat", ONE "snat 203.0.113.9 }\n" END, "192.168.1.7", true },
	{ "npt", ONE "npt 2001:db8:f1::/48 }\n" END, "fd00::7", true },
	{ "npt, its own prefix", ONE "npt 2001:db8:f1::/48 }\n" END,
	  "2001:db8:f1::7", false },
};

START_TEST(translated)
{
	const char *text = sources[_i].source;
	struct policy *policy = setup_policy(sources[_i].policy);
	struct address source;
	bool v6;

	ck_assert_int_eq(address_parse(text, strlen(text), &source), 0);
	v6 = !address_is_v4(&source);
	ck_assert_msg(nat_owners_translate(&policy_uplink(policy, 0)->nat[v6],
					   &source) == sources[_i].translates,
		      "%s", sources[_i].name);
	policy_free(policy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ruleset_nat");
	TCase *tcase = tcase_create("nat");

	tcase_add_loop_test(tcase, nat, 0, ROWS(rows));
	tcase_add_loop_test(tcase, mss, 0, ROWS(sizes));
	tcase_add_loop_test(tcase, translated, 0, ROWS(sources));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
