/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_shared.c - find uplinks of one device that arriving connections cannot
 * be assigned to, see plan_shared.h.
 */
#include "rules/setup/plan/plan_shared.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "rules/policy/policy.h"
#include "rules/setup/plan/plan.h"
#include "rules/setup/plan/plan_routes.h"

static bool has_subnet(const struct plan *plan, size_t i, uint8_t family)
{
	for (size_t n = 0; n < plan->subnet_count; n++) {
		const struct prefix *prefix = &plan->subnets[n].prefix;
		bool is_v4 = address_is_v4(&prefix->base) && prefix->len >= 96;

		if (plan->subnets[n].uplink == i &&
		    is_v4 == (family == AF_INET))
			return true;
	}
	return false;
}

/* The first uplink with the device, which answers what has no prefix. */
static size_t first_of(const struct plan *plan, size_t i, uint8_t family)
{
	for (size_t n = 0; n < i; n++)
		if (strcmp(plan->uplinks[n].dev, plan->uplinks[i].dev) == 0 &&
		    plan_routes_has_default(plan, family, n))
			return n;
	return i;
}

/* Then it does not matter by which of them an answer leaves. */
static bool has_same_gateway(const struct policy *policy, size_t a, size_t b,
			     uint8_t family)
{
	const struct uplink *x = policy_uplink(policy, a);
	const struct uplink *y = policy_uplink(policy, b);

	if (family == AF_INET)
		return x->has_via4 == y->has_via4 &&
		       (!x->has_via4 || address_equal(&x->via4, &y->via4));
	return x->has_via6 == y->has_via6 &&
	       (!x->has_via6 || address_equal(&x->via6, &y->via6));
}

static void report(const struct policy *policy, const struct plan *plan,
		   size_t i, uint8_t family, plan_foreign_fn *each, void *ctx)
{
	const struct plan_uplink *uplink = &plan->uplinks[i];
	size_t first = first_of(plan, i, family);
	char line[SETUP_ERROR_MAX], fix[128];

	if (!uplink->shares_dev || uplink->on_lan || first == i ||
	    !plan_routes_has_default(plan, family, i) ||
	    has_subnet(plan, i, family) ||
	    has_same_gateway(policy, i, first, family))
		return;
	snprintf(line, sizeof(line), "uplink %s: IPv%c: its gateway is not the "
		 "only one in a prefix of %s: connections that arrive by %s "
		 "are answered via %s", uplink->name,
		 family == AF_INET ? '4' : '6', uplink->dev, uplink->name,
		 plan->uplinks[first].name);
	snprintf(fix, sizeof(fix), "give %s a separate prefix or VLAN on "
		 "%s", uplink->name, uplink->dev);
	each(ctx, line, fix);
}

void plan_shared_each(const struct policy *policy, const struct state *state,
		      plan_foreign_fn *each, void *ctx)
{
	char error[SETUP_ERROR_MAX];
	struct plan plan = { 0 };

	if (plan_make(policy, NULL, state, PLAN_LINKS_ANY, &plan, error) < 0)
		return;
	for (size_t i = 0; i < plan.uplink_count; i++) {
		report(policy, &plan, i, AF_INET, each, ctx);
		report(policy, &plan, i, AF_INET6, each, ctx);
	}
	plan_fini(&plan);
}
