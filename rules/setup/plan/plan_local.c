/*
 * plan_local.c - the rules by which the router's own sockets get the source
 * address that goes with their path.
 *
 * They are only for look-ups that have no source address yet: replies, and
 * sockets bound to an address, are as they were. So are the look-ups of
 * reverse-path checks, which the kernel makes with `iif lo` too, but for a
 * source (fib_frontend.c, __fib_validate_source()). IPv4 says `from 0.0.0.0`.
 * A rule of IPv6 with a source never holds where there is none
 * (fib6_rule_match()), so two of them send away all that has one.
 *
 * What is main's goes past all of these rules to whatever others may have
 * behind them, as it would without us: by `goto` to the last one.
 */
#include "rules/setup/plan/plan_local.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "rules/policy/policy.h"
#include "rules/offload/selector.h"
#include "rules/setup/kernel/array.h"
#include "rules/setup/plan/plan_routes.h"
#include "rules/setup/plan/plan_rules.h"
#include "rules/setup/kernel/prefs.h"
#include "rules/setup/plan/state.h"

/* Rules for routes, and for exemptions, of one family: the kernel tries them
 * one by one. */
#define LOCAL_RULES_MAX 256

#define NOTE_ROUTES "the routes ask for too many rules; the last of them, " \
	"and the default, are left out"
#define NOTE_EXEMPTS "there are too many exempt destinations, so that no " \
	"route has a rule"

/* Stops the walk over the routes; no errno of any other. */
#define FULL (-E2BIG)

struct local {
	struct plan *plan;
	const struct policy *policy;
	const struct state *state;
	uint8_t family;
	uint8_t last_path;
	bool last_has_to;	/* some rule of this pref has */
	uint32_t pref;		/* of the rules for the last path */
	size_t routes;		/* rules so far */
	size_t exempts;
	bool has_path;		/* some rule leads to an uplink */
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
		if (is_default_of(&local->plan->routes[i], local->family, table))
			return true;
	return false;
}

/* Whether the kernel might take it for the way to somebody's gateway, for
 * which it asks without a protocol: fib_check_nh_v4_gw(). */
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

/* What becomes of a flow whose uplink cannot carry it is what becomes of its
 * mark: refused, or main's. */
static void lead_uplink(struct local *local, size_t i, struct kernel_rule *rule)
{
	uint32_t table = plan_rules_table(local->policy, local->state, local->family,
					  i);

	if (table && has_default(local, table)) {
		rule->action = FR_ACT_TO_TBL;
		rule->table = table;
		rule->go_to = 0;
		local->has_path = true;
	} else if (plan_routes_strict(local->policy, i)) {
		rule->action = FR_ACT_UNREACHABLE;
		rule->go_to = 0;
	}
}

static void lead(struct local *local, uint8_t path, struct kernel_rule *rule)
{
	for (size_t i = 0; i < local->plan->uplink_count; i++)
		if (local->plan->uplinks[i].path == path)
			lead_uplink(local, i, rule);
}

static int add_route(struct local *local, const struct kernel_rule *rule)
{
	if (local->routes++ >= LOCAL_RULES_MAX)
		return FULL;
	return plan_rules_add(local->plan, rule);
}

static int add_led(struct local *local, struct kernel_rule *rule)
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

/* A socket's source is chosen before its flow is known: of paths that share
 * flows, those of the router itself take the first that lives. */
static uint8_t path_of(const struct local *local, size_t i)
{
	const struct route *route = policy_route(local->policy, i);

	return route->balance == NULL ? route->path :
	       balance_first(route->balance,
			     &local->plan->down[local->family != AF_INET]);
}

/* ---- routes ---- */

/*
 * Among rules that lead the same way order is nothing: they share a pref. But
 * one without a destination is the same to the kernel as one before it that
 * has any: fib6_rule_compare(), fib4_rule_compare().
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
	lead(local, path, &rule);
	return add_led(local, &rule);
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
		lead(local, path, &rule);
		if (rule.action != FR_ACT_GOTO)
			rc = add_led(local, &rule);
	}
	if (rc == FULL) {
		local->plan->local_note = NOTE_ROUTES;
		rc = 0;
	}
	return rc;
}

/* ---- what is main's before any route ---- */

/* By a rule ahead of all of ours: `exempt to ... by rule`. */
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

/* Destinations that the diversion leaves unmarked: ruleset.c, fresh_own. */
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

/* A socket bound to an uplink's device can leave by nothing else. One bound
 * to another device by which main has a default is main's. */
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
			rc = add_device(local, local->plan->uplinks[i].dev, (int)i);
	for (size_t i = 0; i < state->route_count && rc == 0; i++) {
		const struct kernel_route *route = &state->routes[i];
		const struct kernel_link *link = state_link_at(state,
							       route->oif);
		bool is_uplink = false;

		if (!is_default_of(route, local->family, RT_TABLE_MAIN) || !link)
			continue;
		for (size_t n = 0; n < local->plan->uplink_count; n++)
			is_uplink |= local->plan->uplinks[n].link == link->index;
		if (!is_uplink)
			rc = add_device(local, link->name, -1);
	}
	return rc;
}

/* The end, where what is marked as main's goes, and in IPv6 what has a source
 * already. */
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

/* Where no rule would lead to an uplink, there is none at all. */
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
