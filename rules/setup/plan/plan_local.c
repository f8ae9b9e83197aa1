/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_local.c - plan the rules that give local sockets the source address of
 * their path.
 *
 * The rules match only look-ups without a source address. They leave alone
 * replies, sockets bound to an address, and the look-ups of reverse-path
 * checks, which use `iif lo` too, but with a source (fib_frontend.c,
 * __fib_validate_source()). For IPv4 the selector is `from 0.0.0.0`. An IPv6
 * rule with a source never matches a look-up without one (fib6_rule_match()),
 * so two rules first send away every look-up that has a source.
 *
 * Traffic of main jumps over these rules by `goto` to the last one, and
 * reaches foreign rules behind them as it would without waymark.
 */
#include "rules/setup/plan/plan_local.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "rules/policy/policy.h"
#include "rules/policy/strict.h"
#include "rules/offload/selector.h"
#include "rules/setup/kernel/array.h"
#include "rules/setup/plan/plan_routes.h"
#include "rules/setup/plan/plan_rules.h"
#include "rules/setup/kernel/prefs.h"
#include "rules/setup/plan/state.h"

/* Limit of rules for routes, and of rules for exemptions, in each family: the
 * kernel tries them one after another. */
#define LOCAL_RULES_MAX 256

#define NOTE_ROUTES "the routes need too many rules; the last routes and the " \
	"default have none"
#define NOTE_EXEMPTS "there are too many exempt destinations, so no route " \
	"has a rule"

/* Ends the walk over the routes; no other function returns it. */
#define FULL (-E2BIG)

struct local {
	struct plan *plan;
	const struct policy *policy;
	const struct state *state;
	uint8_t family;
	uint8_t last_path;
	bool last_has_to;	/* so has a rule of this pref */
	uint32_t pref;		/* of the rules for the last path */
	size_t routes;		/* rules so far */
	size_t exempts;
	bool has_path;		/* a rule leads to an uplink */
};

static struct prefix prefix_of(const char *text)
{
	char why[ADDRESS_WHY_MAX];
	struct prefix prefix = { 0 };

	prefix_parse(text, strlen(text), &prefix, why);
	return prefix;
}

static struct kernel_rule local_rule(const struct local *local, uint32_t pref)
{
	struct kernel_rule rule = plan_rules_new(local->family, pref,
						 RT_TABLE_UNSPEC);

	rule.action = FR_ACT_GOTO;
	rule.go_to = PREF_LOCAL_END;
	strcpy(rule.iif, "lo");
	if (local->family == AF_INET) {
		rule.has_from = true;
		rule.from = prefix_of("0.0.0.0");
	}
	return rule;
}

/* ---- where a path leads ---- */

static bool is_default_of(const struct kernel_route *route, uint8_t family,
			  uint32_t table)
{
	return route->family == family && route->table == table &&
	       route->dst.len == (family == AF_INET ? 96 : 0);
}

static bool has_default(const struct local *local, uint32_t table)
{
	for (size_t i = 0; i < local->plan->route_count; i++)
		if (is_default_of(&local->plan->routes[i], local->family,
				  table))
			return true;
	return false;
}

/* Whether the kernel could find a gateway through the table's default: it looks
 * gateways up without a protocol (fib_check_nh_v4_gw()). */
static bool has_bare_default(const struct local *local, uint32_t table)
{
	for (size_t i = 0; i < local->plan->route_count; i++) {
		const struct kernel_route *route = &local->plan->routes[i];

		if (is_default_of(route, AF_INET, table) &&
		    route->type == RTN_UNICAST && !route->has_via)
			return local->family == AF_INET;
	}
	return false;
}

/* Lead the rule where the uplink's mark leads: to a table, to an error if it is
 * strict, or to main. */
static void set_uplink(struct local *local, size_t i, struct kernel_rule *rule)
{
	uint32_t table = plan_rules_table(local->policy, local->state,
					  local->family, i);

	if (table && has_default(local, table)) {
		rule->action = FR_ACT_TO_TBL;
		rule->table = table;
		rule->go_to = 0;
		local->has_path = true;
	} else if (policy_uplink_is_strict(local->policy, i)) {
		rule->action = FR_ACT_UNREACHABLE;
		rule->go_to = 0;
	}
}

static void set_target(struct local *local, uint8_t path,
		       struct kernel_rule *rule)
{
	for (size_t i = 0; i < local->plan->uplink_count; i++)
		if (local->plan->uplinks[i].path == path)
			set_uplink(local, i, rule);
}

static int add_route(struct local *local, const struct kernel_rule *rule)
{
	if (local->routes++ >= LOCAL_RULES_MAX)
		return FULL;
	return plan_rules_add(local->plan, rule);
}

static int add_with_protocols(struct local *local, struct kernel_rule *rule)
{
	static const uint8_t protocols[] = {
		IPPROTO_ICMP, IPPROTO_IPIP, IPPROTO_TCP, IPPROTO_UDP,
		IPPROTO_IPV6, IPPROTO_GRE, IPPROTO_SCTP,
	};
	int rc = 0;

	if (rule->ipproto || rule->action != FR_ACT_TO_TBL ||
	    !has_bare_default(local, rule->table))
		return add_route(local, rule);
	for (size_t i = 0; i < sizeof(protocols) && rc == 0; i++) {
		rule->ipproto = protocols[i];
		rc = add_route(local, rule);
	}
	return rc;
}

/* A socket's source is chosen before its flow is known, so local flows of a
 * balanced route take the first uplink that is up. */
static uint8_t path_of(const struct local *local, size_t i)
{
	const struct route *route = policy_route(local->policy, i);

	return route->balance == NULL ? route->path :
	       balance_first(route->balance,
			     &local->plan->down[local->family != AF_INET]);
}

/* ---- routes ---- */

/*
 * Rules with the same target share a preference, since their order is
 * irrelevant. But the kernel takes a rule without a destination for a duplicate
 * of one with a destination (fib6_rule_compare(), fib4_rule_compare()).
 */
static uint32_t pref_of(struct local *local, uint8_t path, bool has_to)
{
	if (local->pref == 0)
		local->pref = PREF_LOCAL_ROUTE;
	else if (local->last_path != path || (local->last_has_to && !has_to))
		local->pref++;
	else
		has_to |= local->last_has_to;
	local->last_path = path;
	local->last_has_to = has_to;
	return local->pref;
}

static bool is_for(const struct local *local, const struct selector *selector)
{
	bool is_v4 = address_is_v4(&selector->to.base) &&
		     selector->to.len >= 96;

	if (selector->proto ==
	    (local->family == AF_INET ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		return false;
	return !selector->has_to || is_v4 == (local->family == AF_INET);
}

static int add_selector(void *ctx, size_t route,
			const struct selector *selector)
{
	struct local *local = ctx;
	uint8_t path = path_of(local, route);
	struct kernel_rule rule;
	bool has_to;

	if (!is_for(local, selector) ||
	    path == policy_marks(local->policy)->path_drop)
		return 0;
	has_to = selector->has_to &&
		 selector->to.len != (local->family == AF_INET ? 96 : 0);
	rule = local_rule(local, pref_of(local, path, has_to));
	rule.ipproto = selector->proto;
	rule.sport = (struct kernel_ports){ selector->sport.first,
					    selector->sport.last };
	rule.dport = (struct kernel_ports){ selector->dport.first,
					    selector->dport.last };
	rule.has_users = selector->has_users;
	rule.first_user = selector->first_user;
	rule.last_user = selector->last_user;
	if (has_to) {
		rule.has_to = true;
		rule.to = selector->to;
	}
	set_target(local, path, &rule);
	return add_with_protocols(local, &rule);
}

static bool is_host(void *ctx, const struct address *first,
		    const struct address *last)
{
	const struct local *local = ctx;

	for (size_t i = 0; i < local->state->address_count; i++) {
		const struct address *address =
			&local->state->addresses[i].address;

		if (address_compare(address, first) >= 0 &&
		    address_compare(address, last) <= 0)
			return true;
	}
	return false;
}

static int add_routes(struct local *local)
{
	size_t last = policy_routes(local->policy) - 1;
	uint8_t path = path_of(local, last);
	struct kernel_rule rule = local_rule(local, PREF_LOCAL_DEFAULT);
	int rc = selector_each(local->policy, add_selector, is_host, local);

	if (rc == 0 && path != policy_marks(local->policy)->path_drop) {
		set_target(local, path, &rule);
		if (rule.action != FR_ACT_GOTO)
			rc = add_with_protocols(local, &rule);
	}
	if (rc == FULL) {
		local->plan->local_note = NOTE_ROUTES;
		rc = 0;
	}
	return rc;
}

/* ---- traffic that is main's before any route ---- */

/* Whether `exempt to ... by rule` has a rule for the prefix already. */
static bool is_exempt(const struct local *local, const struct prefix *prefix)
{
	for (size_t i = 0; i < local->plan->rule_count; i++) {
		const struct kernel_rule *rule = &local->plan->rules[i];

		if (rule->pref == PREF_EXEMPT && rule->has_to &&
		    rule->to.len == prefix->len &&
		    address_equal(&rule->to.base, &prefix->base))
			return true;
	}
	return false;
}

static int add_exempt(void *ctx, const struct prefix *prefix)
{
	struct local *local = ctx;
	struct kernel_rule rule = local_rule(local, PREF_LOCAL_EXEMPT);

	if (is_exempt(local, prefix))
		return 0;
	if (local->exempts++ >= LOCAL_RULES_MAX)
		return FULL;
	rule.has_to = true;
	rule.to = *prefix;
	return plan_rules_add(local->plan, &rule);
}

/* The destinations that new_flow_local accepts unmarked (ruleset.c). */
static int add_exempts(struct local *local)
{
	static const char *const unmarked[2][2] = {
		{ "224.0.0.0/4", "255.255.255.255" },
		{ "fe80::/10", "ff00::/8" },
	};
	bool is_v4 = local->family == AF_INET;
	const struct plan_ranges *to =
		&local->plan->exempt[is_v4 ? PLAN_TO4 : PLAN_TO6];
	struct kernel_rule dhcp = local_rule(local, PREF_LOCAL_EXEMPT);
	int rc;

	dhcp.ipproto = IPPROTO_UDP;
	dhcp.sport.first = dhcp.sport.last = is_v4 ? 68 : 546;
	dhcp.dport.first = dhcp.dport.last = is_v4 ? 67 : 547;
	rc = plan_rules_add(local->plan, &dhcp);
	for (int i = 0; i < 2 && rc == 0; i++) {
		struct prefix prefix = prefix_of(unmarked[!is_v4][i]);

		rc = add_exempt(local, &prefix);
	}
	for (size_t i = 0; i < to->count && rc == 0; i++)
		rc = address_range_split(&to->items[i].first,
					 &to->items[i].last, add_exempt, local);
	return rc;
}

/* A socket bound to an uplink's device uses that uplink. One bound to another
 * device of a default in main uses main. */
static int add_device(struct local *local, const char *dev, int uplink)
{
	struct kernel_rule rule = local_rule(local, PREF_LOCAL_DEVICE);

	snprintf(rule.oif, sizeof(rule.oif), "%s", dev);
	if (uplink >= 0) {
		rule.table = local->plan->uplinks[uplink].table;
		if (!has_default(local, rule.table))
			return 0;
		rule.action = FR_ACT_TO_TBL;
		rule.go_to = 0;
	}
	return plan_rules_add(local->plan, &rule);
}

static int add_devices(struct local *local)
{
	const struct state *state = local->state;
	int rc = 0;

	for (size_t i = 0; i < local->plan->uplink_count && rc == 0; i++)
		if (!local->plan->uplinks[i].shares_dev)
			rc = add_device(local, local->plan->uplinks[i].dev,
					(int)i);
	for (size_t i = 0; i < state->route_count && rc == 0; i++) {
		const struct kernel_route *route = &state->routes[i];
		const struct kernel_link *link = state_link_at(state,
							       route->oif);
		bool is_uplink = false;

		if (link == NULL ||
		    !is_default_of(route, local->family, RT_TABLE_MAIN))
			continue;
		for (size_t n = 0; n < local->plan->uplink_count; n++)
			is_uplink |= local->plan->uplinks[n].link ==
				     link->index;
		if (!is_uplink)
			rc = add_device(local, link->name, -1);
	}
	return rc;
}

/* Add the last rule, and the rules that lead to it: for main's mark, and in
 * IPv6 for look-ups that have a source. */
static int add_frame(struct local *local)
{
	static const char *const halves[] = { "::/1", "8000::/1" };
	const struct marks *marks = policy_marks(local->policy);
	struct kernel_rule end = plan_rules_new(local->family, PREF_LOCAL_END,
						RT_TABLE_UNSPEC);
	struct kernel_rule main = plan_rules_new(local->family,
						 PREF_MARK + marks->path_main,
						 RT_TABLE_UNSPEC);
	int rc;

	end.action = FR_ACT_NOP;
	main.action = FR_ACT_GOTO;
	main.go_to = PREF_LOCAL_END;
	main.mark = marks_of(marks, marks->path_main, false);
	main.mask = marks->path_mask;
	rc = plan_rules_add(local->plan, &end);
	if (rc == 0)
		rc = plan_rules_add(local->plan, &main);
	for (int i = 0; i < 2 && rc == 0 && local->family == AF_INET6; i++) {
		struct kernel_rule rule = local_rule(local, PREF_LOCAL);

		rule.has_from = true;
		rule.from = prefix_of(halves[i]);
		rc = plan_rules_add(local->plan, &rule);
	}
	return rc;
}

/* Add no rules unless one leads to an uplink. */
static int make_family(struct local local, uint8_t family)
{
	size_t prev = local.plan->rule_count;
	int rc;

	local.family = family;
	rc = add_frame(&local);
	if (rc == 0)
		rc = add_devices(&local);
	if (rc == 0)
		rc = add_exempts(&local);
	if (rc == FULL) {
		local.plan->local_note = NOTE_EXEMPTS;
		local.has_path = false;
		rc = 0;
	} else if (rc == 0) {
		rc = add_routes(&local);
	}
	if (!local.has_path)
		local.plan->rule_count = prev;
	return rc;
}

int plan_local_make(struct plan *plan, const struct policy *policy,
		    const struct state *state)
{
	struct local local = { .plan = plan, .policy = policy, .state = state };
	int rc = make_family(local, AF_INET);

	if (rc == 0 && state->has_v6)
		rc = make_family(local, AF_INET6);
	return rc;
}
