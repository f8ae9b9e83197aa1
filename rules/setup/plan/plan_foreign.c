/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_foreign.c - plan the rules that keep others' routing in force.
 *
 * Main's specific routes win by `lookup main suppress_prefixlength 0`. The
 * kernel suppresses routes, but not errors: if main has an unreachable,
 * blackhole or prohibit default, the look-up of any address ends there as soon
 * as main has no better default. Then main is looked up by a rule for each of
 * its specific routes instead.
 */
#include "rules/setup/plan/plan_foreign.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "rules/policy/policy.h"
#include "rules/setup/kernel/netlink.h"
#include "rules/setup/kernel/prefs.h"
#include "rules/setup/plan/plan_routes.h"
#include "rules/setup/plan/plan_shared.h"
#include "rules/setup/plan/plan_rules.h"
#include "rules/setup/plan/state.h"

/* The kernel tries rules one after another. */
#define MAIN_RULES_MAX 512u

/* ---- marks ---- */

/* Packets with a mark that others test as a whole skip all our rules. */
static int add_marks(struct plan *plan, uint8_t family)
{
	struct kernel_rule end = plan_rules_new(family, PREF_LAST,
						RT_TABLE_UNSPEC);
	int rc = 0;

	end.action = FR_ACT_NOP;
	if (plan->foreign.packet.count > 0)
		rc = plan_rules_add(plan, &end);
	for (size_t i = 0; i < plan->foreign.packet.count && rc == 0; i++) {
		struct kernel_rule rule = plan_rules_new(family, PREF_FOREIGN,
							 RT_TABLE_UNSPEC);

		rule.action = FR_ACT_GOTO;
		rule.go_to = PREF_LAST;
		rule.mark = plan->foreign.packet.marks[i];
		rule.mask = UINT32_MAX;
		rc = plan_rules_add(plan, &rule);
	}
	return rc;
}

/* ---- rules behind ours ---- */

static bool is_ahead(const struct policy *policy,
		     const struct kernel_rule *rule)
{
	for (size_t i = 0; i < policy_aheads(policy); i++) {
		const struct policy_ahead *ahead = policy_ahead(policy, i);

		if (ahead->is_pref ? ahead->number == rule->pref :
				     rule->action == FR_ACT_TO_TBL &&
					     ahead->number == rule->table)
			return true;
	}
	return false;
}

/* A foreign rule behind ours that does more than lead to main. */
static bool is_behind(const struct kernel_rule *rule)
{
	if (rule->protocol == KERNEL_PROTOCOL || rule->pref <= PREF_LAST)
		return false;
	if (rule->action == FR_ACT_TO_TBL)
		return rule->table != RT_TABLE_UNSPEC &&
		       rule->table != RT_TABLE_MAIN &&
		       rule->table != RT_TABLE_DEFAULT &&
		       rule->table != RT_TABLE_LOCAL;
	return rule->action == FR_ACT_UNREACHABLE ||
	       rule->action == FR_ACT_BLACKHOLE ||
	       rule->action == FR_ACT_PROHIBIT;
}

static bool has_selector(const struct kernel_rule *rule)
{
	return rule->has_from || rule->has_to || rule->mask || rule->iif[0] ||
	       rule->oif[0] || rule->ipproto || rule->sport.first ||
	       rule->dport.first || rule->has_users;
}

/* A rule without selectors would send everything by its table's default. */
static int add_copy(struct plan *plan, const struct kernel_rule *from)
{
	struct kernel_rule rule = *from;

	rule.pref = PREF_AHEAD;
	rule.protocol = KERNEL_PROTOCOL;
	if (!has_selector(from) && rule.suppress_length < 0 &&
	    rule.action == FR_ACT_TO_TBL)
		rule.suppress_length = 0;
	return plan_rules_add(plan, &rule);
}

/* A table that no rule looks up counts as main does: by specific routes. */
static int add_tables(struct plan *plan, const struct policy *policy,
		      const struct state *state, uint8_t family)
{
	int rc = 0;

	for (size_t i = 0; i < policy_aheads(policy) && rc == 0; i++) {
		const struct policy_ahead *ahead = policy_ahead(policy, i);
		struct kernel_rule rule = plan_rules_new(family, PREF_AHEAD,
							 ahead->number);
		bool is_used = ahead->is_pref;

		for (size_t n = 0; n < state->rule_count; n++)
			is_used |= is_behind(&state->rules[n]) &&
				   state->rules[n].family == family &&
				   state->rules[n].table == ahead->number;
		rule.suppress_length = 0;
		if (!is_used)
			rc = plan_rules_add(plan, &rule);
	}
	return rc;
}

static int add_ahead(struct plan *plan, const struct policy *policy,
		     const struct state *state, uint8_t family)
{
	int rc = 0;

	for (size_t i = 0; i < state->rule_count && rc == 0; i++) {
		const struct kernel_rule *rule = &state->rules[i];

		if (rule->family == family && rule->is_plain &&
		    is_behind(rule) && is_ahead(policy, rule))
			rc = add_copy(plan, rule);
	}
	return rc == 0 ? add_tables(plan, policy, state, family) : rc;
}

/* ---- main ---- */

static bool is_main_default(const struct kernel_route *route, uint8_t family)
{
	return route->family == family && route->table == RT_TABLE_MAIN &&
	       route->dst.len == (family == AF_INET ? 96 : 0);
}

/* The default of main that answers with an error; NULL: there is none. */
static const struct kernel_route *error_default(const struct state *state,
						uint8_t family)
{
	for (size_t i = 0; i < state->route_count; i++) {
		const struct kernel_route *route = &state->routes[i];

		if (is_main_default(route, family) &&
		    (route->type == RTN_UNREACHABLE ||
		     route->type == RTN_BLACKHOLE ||
		     route->type == RTN_PROHIBIT))
			return route;
	}
	return NULL;
}

static bool is_in_group(const struct plan *plan, unsigned int link)
{
	for (size_t i = 0; i < plan->link_count; i++)
		if (plan->links[i] == link)
			return true;
	return false;
}

/* A specific route of main that does not leave by an uplink. */
static bool is_specific(const struct plan *plan,
			const struct kernel_route *route, uint8_t family)
{
	return route->family == family && route->table == RT_TABLE_MAIN &&
	       !is_main_default(route, family) &&
	       (route->oif == 0 || plan == NULL ||
		!is_in_group(plan, route->oif));
}

static size_t count_specific(const struct state *state, uint8_t family)
{
	size_t count = 0;

	for (size_t i = 0; i < state->route_count; i++)
		count += is_specific(NULL, &state->routes[i], family);
	return count;
}

/* Let main's LAN, static and tunnel routes win, but not those of uplinks. */
static int add_main(struct plan *plan, const struct state *state,
		    uint8_t family)
{
	struct kernel_rule rule = plan_rules_new(family, PREF_MAIN,
						 RT_TABLE_MAIN);
	int rc = 0;

	rule.suppress_length = 0;
	rule.suppress_group = KERNEL_GROUP;
	if (error_default(state, family) == NULL ||
	    count_specific(state, family) > MAIN_RULES_MAX)
		return plan_rules_add(plan, &rule);
	rule.has_to = true;
	for (size_t i = 0; i < state->route_count && rc == 0; i++) {
		if (!is_specific(plan, &state->routes[i], family))
			continue;
		rule.to = state->routes[i].dst;
		rc = plan_rules_add(plan, &rule);
	}
	return rc;
}

int plan_foreign_make(struct plan *plan, const struct policy *policy,
		      const struct state *state, uint8_t family)
{
	int rc = add_marks(plan, family);

	if (rc == 0)
		rc = add_ahead(plan, policy, state, family);
	return rc == 0 ? add_main(plan, state, family) : rc;
}

/* ---- reports ---- */

/* Packets with a whole mark skip our rules. */
static bool is_shadowed(const struct policy *policy,
			const struct kernel_rule *rule)
{
	uint32_t mask = policy_marks(policy)->mask;

	if (!is_behind(rule) || (is_ahead(policy, rule) && rule->is_plain))
		return false;
	return rule->mask != UINT32_MAX || rule->inverts || rule->mark & mask;
}

static void report_rule(const struct kernel_rule *rule, plan_foreign_fn *each,
			void *ctx)
{
	char text[KERNEL_TEXT_MAX], line[KERNEL_TEXT_MAX + 96], fix[96];

	if (!rule->is_plain)
		snprintf(fix, sizeof(fix), "give the rule a preference below "
			 "%u", PREF_FIRST);
	else if (rule->action == FR_ACT_TO_TBL)
		snprintf(fix, sizeof(fix), "write in the policy: ahead table "
			 "%" PRIu32, rule->table);
	else
		snprintf(fix, sizeof(fix), "write in the policy: ahead pref "
			 "%" PRIu32, rule->pref);
	kernel_rule_print(rule, text);
	if (strstr(text, " protocol ") != NULL)
		*strstr(text, " protocol ") = '\0';
	snprintf(line, sizeof(line), "ip -%c rule %s: waymark's rules come "
		 "first, so packets that have an uplink never reach it",
		 rule->family == AF_INET ? '4' : '6', text);
	each(ctx, line, fix);
}

static void report_error(const struct state *state, uint8_t family,
			 plan_foreign_fn *each, void *ctx)
{
	const struct kernel_route *route = error_default(state, family);
	char text[KERNEL_TEXT_MAX], line[KERNEL_TEXT_MAX + 128];
	char fix[KERNEL_TEXT_MAX + 32];
	char v = family == AF_INET ? '4' : '6';

	if (route == NULL)
		return;
	kernel_route_print(route, NULL, text);
	if (count_specific(state, family) <= MAIN_RULES_MAX) {
		snprintf(line, sizeof(line), "ip -%c route %s: only traffic "
			 "that no uplink takes ends there; main's other "
			 "routes have a rule each", v, text);
		each(ctx, line, NULL);
		return;
	}
	snprintf(line, sizeof(line), "ip -%c route %s: main has more than %u "
		 "other routes, so traffic of all uplinks ends there when "
		 "main has no better default", v, text, MAIN_RULES_MAX);
	snprintf(fix, sizeof(fix), "ip -%c route del %s", v, text);
	each(ctx, line, fix);
}

static void report_gateway(const struct policy *policy,
			   const struct state *state, size_t i,
			   plan_foreign_fn *each, void *ctx)
{
	const struct uplink *uplink = policy_uplink(policy, i);
	bool is_v4 = plan_routes_gateway_is_off_link(policy, state, AF_INET, i);
	char text[ADDRESS_TEXT_MAX], line[192];

	if (!is_v4 &&
	    !plan_routes_gateway_is_off_link(policy, state, AF_INET6, i))
		return;
	snprintf(line, sizeof(line), "uplink %s: gateway %s is in no prefix "
		 "of %s", uplink->name,
		 address_print(is_v4 ? &uplink->via4 : &uplink->via6, text),
		 uplink->dev);
	each(ctx, line, "correct it, or write onlink");
}

void plan_foreign_each(const struct policy *policy, const struct state *state,
		       plan_foreign_fn *each, void *ctx)
{
	for (size_t i = 0; i < state->rule_count; i++)
		if (is_shadowed(policy, &state->rules[i]))
			report_rule(&state->rules[i], each, ctx);
	report_error(state, AF_INET, each, ctx);
	report_error(state, AF_INET6, each, ctx);
	for (size_t i = 0; i < policy_uplinks(policy); i++)
		report_gateway(policy, state, i, each, ctx);
	plan_shared_each(policy, state, each, ctx);
}

int plan_foreign_report(const struct policy *policy, plan_foreign_fn *each,
			void *ctx)
{
	struct netlink *nl = NULL;
	struct state state = { 0 };
	int rc = netlink_open(&nl);

	if (rc == 0)
		rc = state_read(nl, &state);
	if (rc == 0)
		plan_foreign_each(policy, &state, each, ctx);
	state_fini(&state);
	netlink_close(nl);
	return rc;
}
