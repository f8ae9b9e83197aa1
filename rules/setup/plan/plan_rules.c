/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_rules.c - plan ip rules and exemptions, see plan_rules.h. */
#include "rules/setup/plan/plan_rules.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/socket.h>

#include "rules/policy/policy.h"
#include "rules/policy/strict.h"
#include "rules/setup/kernel/array.h"
#include "rules/setup/plan/plan_foreign.h"
#include "rules/setup/plan/plan_guard.h"
#include "rules/setup/plan/plan_routes.h"
#include "rules/setup/kernel/prefs.h"
#include "rules/setup/plan/state.h"

struct kernel_rule plan_rules_new(uint8_t family, uint32_t pref,
				  uint32_t table)
{
	struct prefix all = { 0 };

	if (family == AF_INET) {
		all.base = address_from_v4(0);
		all.len = 96;
	}
	return (struct kernel_rule){
		.family = family,
		.action = FR_ACT_TO_TBL,
		.protocol = KERNEL_PROTOCOL,
		.is_plain = true,
		.pref = pref,
		.table = table,
		.suppress_length = -1,
		.suppress_group = -1,
		.from = all,
		.to = all,
	};
}

int plan_rules_add(struct plan *plan, const struct kernel_rule *rule)
{
	for (size_t i = 0; i < plan->rule_count; i++)
		if (kernel_rule_equal(&plan->rules[i], rule))
			return 0;
	return ARRAY_ADD(plan->rules, plan->rule_count, *rule);
}

/* ---- exemptions ---- */

struct exemption {
	struct plan *plan;
	bool to;
	bool has_v6;
};

static int add_exempt_rule(void *ctx, const struct prefix *prefix)
{
	struct exemption *exemption = ctx;
	bool is_v4 = address_is_v4(&prefix->base) && prefix->len >= 96;
	struct kernel_rule rule = plan_rules_new(is_v4 ? AF_INET : AF_INET6,
						 PREF_EXEMPT, RT_TABLE_MAIN);

	if (!is_v4 && !exemption->has_v6)
		return 0;
	rule.has_to = exemption->to;
	rule.has_from = !exemption->to;
	*(exemption->to ? &rule.to : &rule.from) = *prefix;
	return plan_rules_add(exemption->plan, &rule);
}

static int add_range(struct plan *plan, const struct address *first,
		     const struct address *last, bool to, bool by_rule,
		     bool has_v6)
{
	struct exemption exemption = { plan, to, has_v6 };
	struct plan_ranges *set =
		&plan->exempt[(to ? PLAN_TO4 : PLAN_FROM4) +
			      (address_is_v4(first) ? 0 : 1)];
	struct plan_range new = { *first, *last };
	int rc = ARRAY_ADD(set->items, set->count, new);

	if (rc == 0 && by_rule)
		rc = address_range_split(first, last, add_exempt_rule,
					 &exemption);
	return rc;
}

static int add_exempt(struct plan *plan, const struct exempt *exempt,
		      const struct state *state)
{
	int rc = 0;

	for (size_t i = 0; i < exempt->range_count && rc == 0; i++)
		rc = add_range(plan, &exempt->ranges[i].first,
			       &exempt->ranges[i].last, exempt->to,
			       exempt->by_rule, state->has_v6);
	return rc;
}

static int add_exempts(struct plan *plan, const struct plan_exempts *exempts,
		       const struct state *state)
{
	int rc = 0;

	for (size_t i = 0; i < exempts->count && rc == 0; i++) {
		const struct plan_exempt *e = &exempts->items[i];

		if (e->from)
			rc = add_range(plan, &e->first, &e->last, false,
				       e->by_rule, state->has_v6);
		if (rc == 0 && e->to)
			rc = add_range(plan, &e->first, &e->last, true,
				       e->by_rule, state->has_v6);
	}
	return rc;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct plan_range *left = a;
	const struct plan_range *right = b;

	return address_compare(&left->first, &right->first);
}

/* The address after `a`; after the last one, the first. */
static struct address next_of(struct address a)
{
	for (int i = 15; i >= 0 && ++a.bytes[i] == 0; i--)
		;
	return a;
}

/* Merge ranges: nftables refuses overlaps, but statements may overlap. */
static void join_ranges(struct plan_ranges *set)
{
	size_t kept = 0;

	if (set->count == 0)
		return;
	qsort(set->items, set->count, sizeof(*set->items), compare_ranges);
	for (size_t i = 1; i < set->count; i++) {
		struct plan_range *last = &set->items[kept];
		const struct plan_range *range = &set->items[i];
		struct address after = next_of(last->last);

		if (address_compare(&range->first, &last->last) > 0 &&
		    !address_equal(&range->first, &after)) {
			set->items[++kept] = *range;
		} else if (address_compare(&range->last, &last->last) > 0) {
			last->last = range->last;
		}
	}
	set->count = kept + 1;
}

static bool has_by_rule(const struct policy *policy,
			const struct plan_exempts *exempts)
{
	bool has = false;

	for (size_t i = 0; i < policy_exempts(policy); i++)
		has |= policy_exempt(policy, i)->by_rule;
	for (size_t i = 0; exempts != NULL && i < exempts->count; i++)
		has |= exempts->items[i].by_rule;
	return has;
}

/*
 * Replies of an exempt host to flows that arrived by an uplink carry its path,
 * and leave by it. The kernel tries rules of one preference in the order of
 * their creation, so these come before the rules of exemptions.
 */
static int add_replies(struct plan *plan, const struct policy *policy,
		       uint8_t family)
{
	const struct marks *marks = policy_marks(policy);
	int rc = 0;

	for (size_t i = 0; i < plan->uplink_count && rc == 0; i++) {
		struct kernel_rule rule = plan_rules_new(family, PREF_EXEMPT,
							 RT_TABLE_UNSPEC);

		rule.action = FR_ACT_GOTO;
		rule.go_to = PREF_MAIN;
		rule.mark = plan->paths[i].mark;
		rule.mask = plan->mask & ~plan->settled;
		rc = plan_rules_add(plan, &rule);
		if (rc < 0 || !plan->uplinks[i].arrival)
			continue;
		rule.mark = marks_of(marks, plan->uplinks[i].arrival, false);
		rc = plan_rules_add(plan, &rule);
	}
	return rc;
}

static int make_exempts(struct plan *plan, const struct policy *policy,
			const struct plan_exempts *exempts,
			const struct state *state)
{
	bool by_rule = has_by_rule(policy, exempts);
	int rc = by_rule ? add_replies(plan, policy, AF_INET) : 0;

	if (rc == 0 && by_rule && state->has_v6)
		rc = add_replies(plan, policy, AF_INET6);
	for (size_t i = 0; i < policy_exempts(policy) && rc == 0; i++)
		rc = add_exempt(plan, policy_exempt(policy, i), state);
	if (rc == 0 && exempts != NULL)
		rc = add_exempts(plan, exempts, state);
	for (int i = 0; i < PLAN_SETS; i++)
		join_ranges(&plan->exempt[i]);
	return rc;
}

/* ---- paths ---- */

uint32_t plan_rules_table(const struct policy *policy,
			  const struct state *state, uint8_t family, size_t i)
{
	int at;

	for (size_t step = 0;
	     (at = plan_routes_fallback(policy, i, step)) >= 0; step++) {
		const struct uplink *uplink = policy_uplink(policy, (size_t)at);

		if (!health_is_down(&state->health, uplink->name, family))
			return uplink->table;
	}
	return 0;
}

/*
 * A socket bound to an uplink's device uses that uplink whatever its mark, also
 * while the uplink is down: it can leave by no other. Probes are such sockets.
 * Link-local destinations stay with main.
 */
static int add_bound(struct plan *plan, uint8_t family, size_t i)
{
	const struct plan_uplink *uplink = &plan->uplinks[i];
	struct kernel_rule near = plan_rules_new(family, PREF_LINK_LOCAL,
						 RT_TABLE_MAIN);
	struct kernel_rule rule = plan_rules_new(family, PREF_PROBE,
						 uplink->table);
	int rc = 0;

	strcpy(near.iif, "lo");
	near.has_to = true;
	near.to = (struct prefix){ .base.bytes = { 0xfe, 0x80 }, .len = 10 };
	strcpy(rule.iif, "lo");
	memcpy(rule.oif, uplink->dev, sizeof(rule.oif));
	if (family == AF_INET6)
		rc = plan_rules_add(plan, &near);
	return rc == 0 ? plan_rules_add(plan, &rule) : rc;
}

/* Identify probes by their mark where others share the uplink's device. */
static int add_probes(struct plan *plan, const struct policy *policy,
		      uint8_t family, size_t i)
{
	const struct marks *marks = policy_marks(policy);
	const struct uplink *uplink = policy_uplink(policy, i);
	struct kernel_rule rule = plan_rules_new(family, PREF_PROBE,
						 uplink->table);
	int rc = 0;

	rule.mark = marks_of(marks, uplink->path, false);
	rule.mask = marks->path_mask;
	snprintf(rule.oif, sizeof(rule.oif), "%s", uplink->dev);
	for (size_t n = 0; n < uplink->probe_count && rc == 0; n++)
		if (address_is_v4(&uplink->probes[n].target) ==
		    (family == AF_INET))
			rc = plan_rules_add(plan, &rule);
	return rc;
}

/* Marks with `path` select `table`, or none if it is 0. */
static int add_mark(struct plan *plan, const struct policy *policy,
		    uint8_t family, size_t i, uint8_t path, uint32_t table)
{
	const struct marks *marks = policy_marks(policy);
	struct kernel_rule rule = plan_rules_new(family, PREF_MARK + path,
						 table);
	int rc = 0;

	rule.mark = marks_of(marks, path, false);
	rule.mask = marks->path_mask;
	if (rule.table)
		rc = plan_rules_add(plan, &rule);
	if (rc < 0 || !policy_uplink_is_strict(policy, i))
		return rc;
	rule.pref = PREF_STRICT + path;
	rule.action = FR_ACT_UNREACHABLE;
	rule.table = RT_TABLE_UNSPEC;
	return plan_rules_add(plan, &rule);
}

/* Flows that arrived by the uplink are answered by it, whatever its probes
 * find. */
static int add_marks(struct plan *plan, const struct policy *policy,
		     const struct state *state, uint8_t family, size_t i)
{
	const struct plan_uplink *uplink = &plan->uplinks[i];
	int rc = add_mark(plan, policy, family, i, uplink->path,
			  plan_rules_table(policy, state, family, i));

	return rc < 0 || !uplink->arrival ? rc :
	       add_mark(plan, policy, family, i, uplink->arrival,
			uplink->table);
}

/* The first of several uplinks on a device gets the addresses that no prefix
 * assigns to one of them. */
static bool has_source(const struct plan *plan, const struct address *address)
{
	for (size_t i = 0; i < plan->rule_count; i++)
		if (plan->rules[i].pref >= PREF_SOURCE &&
		    address_equal(&plan->rules[i].from.base, address))
			return true;
	return false;
}

static int add_sources(struct plan *plan, const struct uplink *uplink,
		       const struct state *state, size_t number)
{
	unsigned int link = plan->uplinks[number].link;
	int rc = 0;

	for (size_t i = 0; i < state->address_count && rc == 0; i++) {
		const struct kernel_address *from = &state->addresses[i];
		bool is_v4 = address_is_v4(&from->address);
		struct kernel_rule rule = plan_rules_new(
			is_v4 ? AF_INET : AF_INET6,
			PREF_SOURCE + uplink->path, uplink->table);
		int owner = plan_routes_subnet_owner(plan, link,
						     &from->address);

		if (from->link != link || from->scope != RT_SCOPE_UNIVERSE ||
		    (owner >= 0 && (size_t)owner != number) ||
		    has_source(plan, &from->address))
			continue;
		rule.has_from = true;
		rule.from = (struct prefix){ from->address, 128 };
		rc = plan_rules_add(plan, &rule);
	}
	return rc;
}

/*
 * While the traffic of an uplink fails over because its probes fail, what is
 * sent from its own addresses stays with it: the reverse-path check of a
 * probe's answer looks up the answer's path, by its mark, as `iif lo` (Linux,
 * __fib_validate_source()); and local services go on answering via the uplink
 * that a flow arrived by.
 */
static int add_answers(struct plan *plan, const struct policy *policy,
		       const struct state *state, uint8_t family, size_t number)
{
	const struct uplink *uplink = policy_uplink(policy, number);
	struct kernel_rule rule = plan_rules_new(family, PREF_PROBE,
						 uplink->table);
	unsigned int link = plan->uplinks[number].link;
	int rc = 0;

	if (!health_is_down(&state->health, uplink->name, family) ||
	    health_admin_state_of(&state->health, uplink->name) == HEALTH_DOWN)
		return 0;
	rule.mark = marks_of(policy_marks(policy), uplink->path, false);
	rule.mask = policy_marks(policy)->path_mask;
	strcpy(rule.iif, "lo");
	rule.has_from = true;
	for (size_t i = 0; i < state->address_count && rc == 0; i++) {
		const struct kernel_address *from = &state->addresses[i];
		int owner = plan_routes_subnet_owner(plan, link,
						     &from->address);

		if (from->link != link || from->scope != RT_SCOPE_UNIVERSE ||
		    address_is_v4(&from->address) != (family == AF_INET) ||
		    (owner >= 0 && (size_t)owner != number))
			continue;
		rule.from = (struct prefix){ from->address, 128 };
		rc = plan_rules_add(plan, &rule);
	}
	return rc;
}

static int make_family(struct plan *plan, const struct policy *policy,
		       const struct state *state, uint8_t family)
{
	int rc = plan_foreign_make(plan, policy, state, family);

	for (size_t i = 0; i < plan->uplink_count && rc == 0; i++)
		rc = plan->uplinks[i].shares_dev || plan->uplinks[i].on_lan ?
			     add_probes(plan, policy, family, i) :
			     add_bound(plan, family, i);
	for (size_t i = 0; i < plan->uplink_count && rc == 0; i++)
		rc = add_answers(plan, policy, state, family, i);
	for (size_t i = 0; i < plan->uplink_count && rc == 0; i++)
		rc = add_marks(plan, policy, state, family, i);
	return rc == 0 ? plan_guard_make(plan, policy, family) : rc;
}

int plan_rules_make(struct plan *plan, const struct policy *policy,
		    const struct plan_exempts *exempts,
		    const struct state *state)
{
	int rc = make_exempts(plan, policy, exempts, state);

	if (rc == 0)
		rc = make_family(plan, policy, state, AF_INET);
	if (rc == 0 && state->has_v6)
		rc = make_family(plan, policy, state, AF_INET6);
	for (size_t i = 0; i < plan->uplink_count && rc == 0; i++) {
		if (plan->uplinks[i].on_lan)
			continue;	/* the LAN's addresses */
		rc = add_sources(plan, policy_uplink(policy, i), state, i);
	}
	return rc;
}
