/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_setup_plan.c - the wanted state of the kernel, line by line. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "rules/policy/policy.h"
#include "rules/setup/plan/conflict.h"
#include "rules/setup/plan/plan.h"
#include "rules/setup/plan/plan_routes.h"
#include "rules/setup/kernel/prefs.h"
#include "setup_state.h"

#define FIBRE "uplink fibre { dev eth1 via 203.0.113.1 via 2001:db8:f::1 "
#define CHEAP "uplink cheap { dev ppp0 table 210 mark 9 "
#define END "default via fibre\n"

static void make_plan(const struct policy *policy, const struct state *state,
		      struct plan *ret_plan)
{
	char error[SETUP_ERROR_MAX] = "";
	int rc = plan_make(policy, NULL, state, PLAN_LINKS_UP, ret_plan, error);

	ck_assert_msg(rc == 0, "%s", error);
}

static void fini(struct policy *policy, struct state *state, struct plan *plan)
{
	plan_fini(plan);
	state_fini(state);
	policy_free(policy);
}

/* All routes, rules, sysctls and names of a plan as one text. */
static char *text_of(const struct plan *plan, const struct state *state)
{
	char line[KERNEL_TEXT_MAX];
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	for (size_t i = 0; i < plan->route_count; i++) {
		const struct kernel_route *route = &plan->routes[i];

		fprintf(out, "route%d %s\n", route->family == AF_INET ? 4 : 6,
			kernel_route_print(route, plan_dev(plan, state,
							   route->oif), line));
	}
	for (size_t i = 0; i < plan->rule_count; i++)
		fprintf(out, "rule%d %s\n",
			plan->rules[i].family == AF_INET ? 4 : 6,
			kernel_rule_print(&plan->rules[i], line));
	for (size_t i = 0; i < plan->sysctl_count; i++)
		fprintf(out, "sysctl %s\n", plan->sysctls[i].path);
	fprintf(out, "names %s",
		plan->tables != NULL ? plan->tables : "none\n");
	fclose(out);
	return text;
}

static const struct {
	const char *name;
	const char *policy;
	const char *line;
	bool wanted;
} lines[] = {
	{ "v4 default", FIBRE "}\n" END,
	  "route4 default via 203.0.113.1 dev eth1 table 201 protocol 119\n",
	  true },
	{ "v6 default", FIBRE "}\n" END,
	  "route6 default via 2001:db8:f::1 dev eth1 table 201 protocol 119 "
	  "metric 1024\n", true },
	{ "the on-link prefix is copied", FIBRE "}\n" END,
	  "route4 203.0.113.0/24 dev eth1 table 201 protocol 119\n", true },
	{ "a gateway off the link",
	  "uplink fibre { dev eth1 via 198.51.100.1 onlink }\n" END,
	  "via 198.51.100.1 dev eth1 onlink table 201", true },
	{ "no v6 default without a v6 gateway",
	  "uplink fibre { dev eth1 via 203.0.113.1 }\n" END, "route6", false },
	{ "strict: unreachable in that family",
	  "uplink fibre { dev eth1 via 203.0.113.1 strict }\n" END,
	  "route6 unreachable default table 201 protocol 119 "
	  "metric 4278198272\n", true },
	{ "strict: unreachable by rule", FIBRE "strict }\n" END,
	  "pref 20401 fwmark 0x01000000/0x3f000000 unreachable protocol 119\n",
	  true },
	{ "strict: packets without a path are dropped", FIBRE "strict }\n" END,
	  "rule4 pref 20690 not iif lo blackhole protocol 119\n", true },
	{ "in IPv6 too", FIBRE "strict }\n" END,
	  "rule6 pref 20690 not iif lo blackhole protocol 119\n", true },
	{ "strict: main passes the guard", FIBRE "strict }\n" END,
	  "rule6 pref 20463 fwmark 0x3f000000/0x3f000000 goto 20699 "
	  "protocol 119\n", true },
	{ "so does an uplink that is not strict", FIBRE "strict }\n" CHEAP
	  "}\n" END, "rule4 pref 20409 fwmark 0x09000000/0x3f000000 goto "
	  "20699 protocol 119\n", true },
	{ "one with a strict fallback does not", FIBRE "strict }\n" CHEAP
	  "fallback fibre }\n" END, "fwmark 0x09000000/0x3f000000 goto",
	  false },
	{ "no guard without a strict uplink", FIBRE "}\n" END, "20690", false },
	{ "no unreachable without strict", FIBRE "}\n" END, "unreachable",
	  false },
	{ "no gateway in main: the device", FIBRE "}\n" CHEAP "}\n" END,
	  "route4 default dev ppp0 table 210 protocol 119\n", true },
	{ "no v6 without a global address", FIBRE "}\n" CHEAP "}\n" END,
	  "route6 default dev ppp0", false },
	{ "no gateway: main's", "uplink fibre { dev eth1 }\n" END,
	  "route4 default via 203.0.113.1 dev eth1 table 201", true },
	{ "fallback route",
	  FIBRE "}\n" CHEAP "fallback fibre }\n" END,
	  "route4 default via 203.0.113.1 dev eth1 table 210 protocol 119 "
	  "metric 1001\n", true },
	{ "in IPv6 too", FIBRE "}\n" CHEAP "fallback fibre }\n" END,
	  "route6 default via 2001:db8:f::1 dev eth1 table 210 protocol 119 "
	  "metric 2049\n", true },
	{ "a strict fallback", FIBRE "strict }\n" CHEAP
	  "fallback fibre }\n" END,
	  "route4 unreachable default table 210", true },
	{ "fallback main needs no route", FIBRE "}\n" CHEAP
	  "fallback main }\n" END, "metric 1001", false },
	{ "mark rule", FIBRE "}\n" CHEAP "}\n" END,
	  "rule4 pref 20109 fwmark 0x09000000/0x3f000000 lookup 210 "
	  "protocol 119\n", true },
	{ "mark rule, v6", FIBRE "}\n" CHEAP "}\n" END,
	  "rule6 pref 20109 fwmark", true },
	{ "source rule", FIBRE "}\n" END,
	  "rule4 pref 20701 from 203.0.113.2 lookup 201", true },
	{ "source rule, v6", FIBRE "}\n" END,
	  "rule6 pref 20701 from 2001:db8:f::2 lookup 201", true },
	{ "specific routes of main first", FIBRE "}\n" END,
	  "rule6 pref 20010 lookup main suppress_prefixlength 0 "
	  "suppress_ifgroup 119", true },
	{ "main's mark skips the local rules", FIBRE "}\n" END,
	  "rule4 pref 20163 fwmark 0x3f000000/0x3f000000 goto 21999", true },
	{ "no local rules where none leads to an uplink", FIBRE "}\n"
	  "default via main\n", "goto", false },
	{ "local: the default", FIBRE "}\n" END,
	  "rule4 pref 21900 from 0.0.0.0 iif lo lookup 201 protocol 119\n",
	  true },
	{ "local: the default, v6", FIBRE "}\n" END,
	  "rule6 pref 21900 iif lo lookup 201 protocol 119\n", true },
	{ "local: v6 with a source skips the rules", FIBRE "}\n" END,
	  "rule6 pref 21000 from 8000::/1 iif lo goto 21999", true },
	{ "local: multicast", FIBRE "}\n" END,
	  "rule4 pref 21010 from 0.0.0.0 to 224.0.0.0/4 iif lo goto 21999",
	  true },
	{ "local: link-local", FIBRE "}\n" END,
	  "rule6 pref 21010 to fe80::/10 iif lo goto 21999", true },
	{ "local: DHCP", FIBRE "}\n" END,
	  "rule4 pref 21010 from 0.0.0.0 iif lo ipproto udp sport 68 dport 67 "
	  "goto 21999", true },
	{ "local: a port", FIBRE "}\n" CHEAP "}\n"
	  "route tcp dport 25 via fibre\n" END,
	  "rule4 pref 21100 from 0.0.0.0 iif lo ipproto tcp dport 25 "
	  "lookup 201", true },
	{ "local: a range", FIBRE "}\n" "route udp sport 5-9 via fibre\n" END,
	  "rule6 pref 21100 iif lo ipproto udp sport 5-9 lookup 201", true },
	{ "local: users", FIBRE "}\n"
	  "route uid { 33, 1000-1999 } tcp dport 25 via fibre\n" END,
	  "rule4 pref 21100 from 0.0.0.0 iif lo ipproto tcp dport 25 "
	  "uidrange 1000-1999 lookup 201", true },
	{ "local: not all users", FIBRE "}\n" CHEAP "}\n"
	  "route not uid 33 tcp dport 25 via cheap\n" END, "dport 25",
	  false },
	{ "local: ports 0 and 65535 are left out", FIBRE "}\n"
	  "route udp dport 0-65535 via fibre\n" END,
	  "ipproto udp dport 1-65534 lookup 201", true },
	{ "local: port 65535 alone has no rule", FIBRE "}\n"
	  "route udp dport 65535 via fibre\n" END, "65535", false },
	{ "local: a port alone", FIBRE "}\n" "route dport 53 via main\n" END,
	  "rule4 pref 21100 from 0.0.0.0 iif lo ipproto udp dport 53 "
	  "goto 21999", true },
	{ "local: the order of routes", FIBRE "}\n"
	  "route tcp dport 25 via fibre\n" "route tcp via main\n" END,
	  "rule4 pref 21101 from 0.0.0.0 iif lo ipproto tcp goto 21999", true },
	{ "local: routes of one path share a preference", FIBRE "}\n"
	  "route tcp dport 25 via fibre\n" "route udp via fibre\n" END,
	  "rule4 pref 21100 from 0.0.0.0 iif lo ipproto udp lookup 201", true },
	{ "local: a destination", FIBRE "}\n"
	  "route tcp to 2001:db8:5::/48 via fibre\n" END,
	  "rule6 pref 21100 to 2001:db8:5::/48 iif lo ipproto tcp lookup 201",
	  true },
	{ "local: in its family only", FIBRE "}\n"
	  "route to 198.51.100.0/24 via fibre\n" END, "rule6 pref 21100",
	  false },
	{ "local: conditions that ip rules lack", FIBRE "}\n"
	  "route tcp from 192.168.1.0/24 via fibre\n"
	  "route tcp dscp ef via fibre\n" "route tcp length 0-99 via fibre\n"
	  "route tcp payload /^x/ via fibre\n" "route not tcp via fibre\n"
	  END, "pref 21100", false },
	{ "local: an alternative that ip rules have", FIBRE "}\n"
	  "route tcp dport 25 or payload /^x/ via fibre\n" END,
	  "ipproto tcp dport 25 lookup 201", true },
	{ "local: `in` never matches", FIBRE "}\n"
	  "route in eth0 tcp dport 25 via fibre\n" END, "dport 25", false },
	{ "local: `not in` always matches", FIBRE "}\n"
	  "route not in eth0 tcp dport 25 via fibre\n" END,
	  "ipproto tcp dport 25 lookup 201", true },
	{ "local: `not from` another host", FIBRE "}\n"
	  "route tcp dport 25 not from 192.168.1.20 via fibre\n" END,
	  "ipproto tcp dport 25 lookup 201", true },
	{ "local: `not from` a local prefix", FIBRE "}\n"
	  "route tcp dport 25 not from 192.168.1.0/24 via fibre\n" END,
	  "dport 25", false },
	{ "local: drop", FIBRE "}\n" "route tcp dport 25 drop\n" END,
	  "dport 25", false },
	{ "local: exempt", FIBRE "}\n" "exempt to 198.51.100.7\n" END,
	  "rule4 pref 21010 from 0.0.0.0 to 198.51.100.7 iif lo goto 21999",
	  true },
	{ "local: exempt by rule, once", FIBRE "}\n"
	  "exempt to 198.51.100.7 by rule\n" END,
	  "to 198.51.100.7 iif lo", false },
	{ "local: bound to the device", FIBRE "}\n" END,
	  "rule4 pref 21005 from 0.0.0.0 iif lo oif eth1 lookup 201", true },
	{ "local: a default without a gateway, by protocol",
	  "uplink cheap { dev ppp0 }\ndefault via cheap\n",
	  "rule4 pref 21900 from 0.0.0.0 iif lo ipproto tcp lookup 201", true },
	{ "local: never without a protocol",
	  "uplink cheap { dev ppp0 }\ndefault via cheap\n",
	  "pref 21900 from 0.0.0.0 iif lo lookup", false },
	{ "local: no IPv6 rules without IPv6",
	  "uplink fibre { dev eth1 via 203.0.113.1 }\n"
	  "route tcp dport 25 via fibre\n" END, "rule6 pref 21", false },
	{ "local: strict without IPv6",
	  "uplink fibre { dev eth1 via 203.0.113.1 strict }\n" END,
	  "rule6 pref 21900 iif lo lookup 201", true },
	{ "exempt by rule, from", FIBRE "}\n" END
	  "exempt from 192.168.1.20-192.168.1.22 by rule\n",
	  "rule4 pref 20000 from 192.168.1.20/31 lookup main", true },
	{ "a range is split into prefixes", FIBRE "}\n" END
	  "exempt from 192.168.1.20-192.168.1.22 by rule\n",
	  "rule4 pref 20000 from 192.168.1.22 lookup main", true },
	{ "exempt by rule, to", FIBRE "}\n" END
	  "exempt to 2001:db8:5::/48 by rule\n",
	  "rule6 pref 20000 to 2001:db8:5::/48 lookup main", true },
	{ "replies to inbound flows come before that", FIBRE "}\n" END
	  "exempt to 2001:db8:5::/48 by rule\n",
	  "rule6 pref 20000 fwmark 0x01000000/0x3f000000 goto 20010 "
	  "protocol 119\n", true },
	{ "exempt, not by rule", FIBRE "}\n" END
	  "exempt from 192.168.1.20\n", "pref 20000", false },
	{ "src_valid_mark", FIBRE "}\n" END,
	  "sysctl net/ipv4/conf/eth1/src_valid_mark\n", true },
	{ "lost carrier, with a fallback", FIBRE "}\n" CHEAP
	  "fallback fibre }\n" END,
	  "conf/ppp0/ignore_routes_with_linkdown", true },
	{ "lost carrier, without a fallback", FIBRE "}\n" END, "linkdown",
	  false },
	{ "another mask", "marks mask 0x0ff0\n" FIBRE "}\n" END,
	  "fwmark 0x00000010/0x000007f0 lookup 201", true },
	{ "a table name", "uplink fibre { dev eth1 table 210 mail.out }\n" END,
	  "names 210\tmail.out\n", true },
	{ "no table names", FIBRE "}\n" END, "names none\n", true },
	{ "via auto", "uplink fibre { dev eth1 via auto }\n" END,
	  "route4 default via 203.0.113.1 dev eth1 table 201", true },
	{ "via auto, no default in main",
	  "uplink fibre { dev ppp0 via auto }\n" END,
	  "default dev ppp0", false },
	{ "via auto for one family", "uplink fibre { dev eth1 via auto "
	  "via 2001:db8:f::9 }\n" END,
	  "route6 default via 2001:db8:f::9 dev eth1 table 201", true },
	{ "an optional device that is missing",
	  FIBRE "}\nuplink later { dev eth9 optional }\n" END,
	  "rule4 pref 20102 fwmark 0x02000000/0x3f000000 lookup 202", true },
	{ "has no route",
	  FIBRE "}\nuplink later { dev eth9 optional }\n" END,
	  "dev eth9", false },
	{ "a socket bound to the device", FIBRE "}\n" END,
	  "rule4 pref 20020 iif lo oif eth1 lookup 201 protocol 119\n", true },
	{ "link-local destinations use main", FIBRE "}\n" END,
	  "rule6 pref 20019 to fe80::/10 iif lo lookup main", true },
	{ "a probe on a LAN's device",
	  FIBRE "on-lan probe ping 192.0.2.7 }\n" END,
	  "rule4 pref 20020 oif eth1 fwmark 0x01000000/0x3f000000 lookup 201",
	  true },
	{ "a probe has a rule in its family only",
	  FIBRE "on-lan probe ping 192.0.2.7 }\n" END,
	  "rule6 pref 20020", false },
	{ "two on one device: the subnet of the gateway",
	  "uplink other { dev eth1 via 198.18.0.1 onlink }\n" FIBRE "}\n" END,
	  "rule4 pref 20702 from 203.0.113.2 lookup 202", true },
	{ "two gateways in one subnet: the first",
	  "uplink other { dev eth1 via 203.0.113.9 }\n" FIBRE "}\n" END,
	  "rule4 pref 20701 from 203.0.113.2 lookup 201", true },
};

/* The path of an uplink's mark while some are down in IPv4. */
static const struct {
	const char *name;
	const char *down[3];
	const char *policy;
	const char *line;
	bool wanted;
	uint8_t active;
	const char *active_name;	/* NULL: traffic is refused */
} down[] = {
	{ "none", { NULL }, FIBRE "fallback cheap }\n" CHEAP "}\n" END,
	  "rule4 pref 20101 fwmark 0x01000000/0x3f000000 lookup 201", true, 0,
	  "fibre" },
	{ "its fallback", { "fibre" },
	  FIBRE "fallback cheap }\n" CHEAP "}\n" END,
	  "rule4 pref 20101 fwmark 0x01000000/0x3f000000 lookup 210", true, 1,
	  "cheap" },
	{ "IPv6 is still up", { "fibre" },
	  FIBRE "fallback cheap }\n" CHEAP "}\n" END,
	  "rule6 pref 20101 fwmark 0x01000000/0x3f000000 lookup 201", true, 1,
	  "cheap" },
	{ "its fallback, too: main", { "fibre", "cheap" },
	  FIBRE "fallback cheap }\n" CHEAP "}\n" END,
	  "rule4 pref 20101", false, PLAN_NO_UPLINK, "main" },
	{ "the fallback is down: no route", { "cheap" },
	  FIBRE "fallback cheap }\n" CHEAP "}\n" END,
	  "dev ppp0 table 201", false, 0, "fibre" },
	{ "strict: unreachable", { "fibre" }, FIBRE "strict }\n" END,
	  "rule4 pref 20401 fwmark 0x01000000/0x3f000000 unreachable", true,
	  PLAN_NO_UPLINK, NULL },
	{ "strict: no rule to its table", { "fibre" }, FIBRE "strict }\n" END,
	  "rule4 pref 20101", false, PLAN_NO_UPLINK, NULL },
	{ "source rules stay", { "fibre" }, FIBRE "}\n" END,
	  "rule4 pref 20701 from 203.0.113.2 lookup 201", true,
	  PLAN_NO_UPLINK, "main" },
};

START_TEST(down_uplink)
{
	struct policy *policy = setup_policy(down[_i].policy);
	struct health_uplink items[3] = { 0 };
	struct state state;
	struct plan plan;
	char *text;

	setup_state(&state);
	state.health.items = items;
	for (; down[_i].down[state.health.count] != NULL;
	     state.health.count++) {
		struct health_uplink *item = &items[state.health.count];

		strcpy(item->name, down[_i].down[state.health.count]);
		item->down4 = true;
	}
	make_plan(policy, &state, &plan);
	text = text_of(&plan, &state);
	ck_assert_msg(!!strstr(text, down[_i].line) == down[_i].wanted,
		      "%s: in\n%s", down[_i].name, text);
	ck_assert_uint_eq(plan.uplinks[0].active[0], down[_i].active);
	ck_assert_uint_eq(plan.uplinks[0].active[1], 0);
	ck_assert_pstr_eq(plan_routes_active_uplink(policy, 0, down[_i].active),
			  down[_i].active_name);
	free(text);
	plan_fini(&plan);
	state.health = (struct health){ 0 };
	state_fini(&state);
	policy_free(policy);
}
END_TEST

START_TEST(line)
{
	struct policy *policy = setup_policy(lines[_i].policy);
	struct state state;
	struct plan plan;
	char *text;

	setup_state(&state);
	make_plan(policy, &state, &plan);
	text = text_of(&plan, &state);
	ck_assert_msg(!!strstr(text, lines[_i].line) == lines[_i].wanted,
		      "%s: in\n%s", lines[_i].name, text);
	free(text);
	fini(policy, &state, &plan);
}
END_TEST

/* The last of too many rules are left out, and the default with them: those
 * flows use main, as without waymark. */
static const struct {
	const char *name;
	const char *prev, *behind;
	size_t count;
	size_t rules;		/* of IPv4, for routes */
	bool has_note;
	bool is_exempt;
} many[] = {
	{ "the maximum", "route tcp dport { 1", " } via fibre\n",
	  254, 256, false, false },
	{ "more", "route tcp dport { 1", " } via fibre\n", 300, 256, true,
	  false },
	{ "exempt", "route tcp via fibre\nexempt to { 10.0.0.1", " }\n", 250, 2,
	  false, true },
	{ "exempt, more", "route tcp via fibre\nexempt to { 10.0.0.1", " }\n",
	  255, 0, true, true },
};

static size_t count_local(const struct plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->rule_count; i++)
		count += plan->rules[i].family == AF_INET &&
			 plan->rules[i].pref >= PREF_LOCAL_ROUTE &&
			 plan->rules[i].pref < PREF_LOCAL_END;
	return count;
}

START_TEST(max)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct policy *policy;
	struct state state;
	struct plan plan;

	fprintf(out, FIBRE "}\n%s", many[_i].prev);
	for (size_t n = 0; n < many[_i].count; n++) {
		if (many[_i].is_exempt)
			fprintf(out, ", 10.0.%zu.0", n + 1);
		else
			fprintf(out, ", %zu", 2 * n + 3);
	}
	fprintf(out, "%s" END, many[_i].behind);
	fclose(out);
	policy = setup_policy(text);
	setup_state(&state);
	make_plan(policy, &state, &plan);
	ck_assert_uint_eq(count_local(&plan), many[_i].rules);
	ck_assert(!!plan.local_note == many[_i].has_note);
	free(text);
	fini(policy, &state, &plan);
}
END_TEST

static const struct {
	const char *name;
	const char *policy;
	enum plan_links links;
	int want;
	const char *sentence;
} links[] = {
	{ "missing", "uplink a { dev eth9 }\n", PLAN_LINKS_UP, -ENODEV,
	  "uplink a: there is no interface eth9; name one of these in the "
	  "policy: lo, eth0, eth1, ppp0, eth3" },
	{ "down", "uplink a { dev eth3 }\n", PLAN_LINKS_UP, -ENETDOWN,
	  "uplink a: interface eth3 is down; run: ip link set eth3 up" },
	{ "a gateway outside the prefix", "uplink a { dev eth1 via "
	  "198.51.100.1 }\n", PLAN_LINKS_UP, -EINVAL,
	  "uplink a: gateway 198.51.100.1 is in no prefix of eth1; name a "
	  "gateway that `ip address show dev eth1` has, or write onlink" },
	{ "at run time: down", "uplink a { dev eth1 via 198.51.100.1 }\n",
	  PLAN_LINKS_ANY, 0, NULL },
	{ "missing, tolerated", "uplink a { dev eth9 }\n", PLAN_LINKS_ANY, 0,
	  NULL },
	{ "down, tolerated", "uplink a { dev eth3 }\n", PLAN_LINKS_ANY, 0,
	  NULL },
	{ "missing, to print", "uplink a { dev eth9 }\n", PLAN_LINKS_NAMED, 0,
	  "default dev eth9 table 201" },
};

START_TEST(down_link)
{
	struct policy *policy = setup_policy(links[_i].policy);
	char error[SETUP_ERROR_MAX] = "";
	struct state state;
	struct plan plan = { 0 };
	char *text;
	int rc;

	setup_state(&state);
	rc = plan_make(policy, NULL, &state, links[_i].links, &plan, error);
	ck_assert_int_eq(rc, links[_i].want);
	if (rc < 0) {
		ck_assert_str_eq(error, links[_i].sentence);
	} else {
		text = text_of(&plan, &state);
		ck_assert(!!strstr(text, "default dev") ==
			  (links[_i].sentence != NULL));
		if (links[_i].sentence != NULL)
			ck_assert_ptr_nonnull(strstr(text,
						     links[_i].sentence));
		free(text);
	}
	fini(policy, &state, &plan);
}
END_TEST

/* Overlapping and adjacent ranges are merged, since nftables refuses them. */
START_TEST(ranges)
{
	struct policy *policy = setup_policy(
		FIBRE "}\n" END
		"exempt from 192.168.1.0/25\n"
		"exempt from { 192.168.1.100-192.168.1.130, 192.168.1.131 }\n"
		"exempt from { 10.0.0.0/8, 10.1.0.0/16, 2001:db8::/32 }\n");
	char first[ADDRESS_TEXT_MAX], last[ADDRESS_TEXT_MAX];
	struct state state;
	struct plan plan;

	setup_state(&state);
	make_plan(policy, &state, &plan);
	ck_assert_uint_eq(plan.exempt[PLAN_FROM4].count, 2);
	ck_assert_uint_eq(plan.exempt[PLAN_FROM6].count, 1);
	ck_assert_uint_eq(plan.exempt[PLAN_TO4].count, 0);
	address_print(&plan.exempt[PLAN_FROM4].items[1].first, first);
	address_print(&plan.exempt[PLAN_FROM4].items[1].last, last);
	ck_assert_str_eq(first, "192.168.1.0");
	ck_assert_str_eq(last, "192.168.1.131");
	fini(policy, &state, &plan);
}
END_TEST

enum foreign { NOTHING, ROUTE, RULE, OTHER_RULE, TABLE, LOCAL };

static const struct {
	const char *name;
	enum foreign foreign;
	const char *sentence;	/* part of it; NULL: no conflict */
} conflicts[] = {
	{ "none", NOTHING, NULL },
	{ "a route in our table", ROUTE,
	  "uplink fibre: routing table 201 has a route that is not waymark's "
	  "(default via 203.0.113.1 dev eth1 table 201 protocol 3); "
	  "choose a free one: table 202" },
	{ "a rule at our preference", RULE, "pref 20101 is taken" },
	{ "a rule between our preferences", OTHER_RULE, NULL },
	{ "a foreign table of our name", TABLE,
	  "nft delete table inet waymark" },
	{ "`lookup local` after our rules", LOCAL,
	  "ip -4 rule add pref 0 lookup local" },
};

static void put_foreign(struct state *state, enum foreign foreign)
{
	struct kernel_route *route = &state->routes[state->route_count - 1];
	struct kernel_rule *rule = &state->rules[1];

	switch (foreign) {
	case NOTHING:
		break;
	case ROUTE:
		route->table = 201;
		break;
	case RULE:
	case OTHER_RULE:
		state->rules[0].family = AF_INET;
		rule = realloc(state->rules, 3 * sizeof(*rule));
		ck_assert_ptr_nonnull(rule);
		state->rules = rule;
		state->rules[2] = state->rules[0];
		state->rules[2].pref = foreign == RULE ? 20101 : 20050;
		state->rule_count = 3;
		break;
	case TABLE:
		state->table.exists = true;
		break;
	case LOCAL:
		state->rules[0].pref = 32765;
		break;
	}
}

START_TEST(conflict)
{
	struct policy *policy = setup_policy(FIBRE "}\n" END);
	char error[SETUP_ERROR_MAX] = "";
	struct state state;
	struct plan plan;
	int rc;

	setup_state(&state);
	put_foreign(&state, conflicts[_i].foreign);
	make_plan(policy, &state, &plan);
	rc = conflict_check(&plan, &state, error);
	ck_assert_int_eq(rc, conflicts[_i].sentence ? -EEXIST : 0);
	if (rc < 0)
		ck_assert_msg(strstr(error, conflicts[_i].sentence) != NULL,
			      "%s: %s", conflicts[_i].name, error);
	fini(policy, &state, &plan);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("setup_plan");
	TCase *tcase = tcase_create("plan");

	tcase_add_loop_test(tcase, line, 0, ROWS(lines));
	tcase_add_loop_test(tcase, max, 0, ROWS(many));
	tcase_add_loop_test(tcase, down_link, 0, ROWS(links));
	tcase_add_loop_test(tcase, down_uplink, 0, ROWS(down));
	tcase_add_test(tcase, ranges);
	tcase_add_loop_test(tcase, conflict, 0, ROWS(conflicts));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
