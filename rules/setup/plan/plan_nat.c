/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_nat.c - plan source translation and the clamp of segment sizes. */
#include "rules/setup/plan/plan_nat.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "rules/policy/policy.h"
#include "rules/setup/kernel/array.h"
#include "rules/setup/plan/state.h"

/* IP and TCP headers without options. */
static const uint32_t headers[2] = { 20 + 20, 40 + 20 };

static int copy_nat(const struct uplink_nat *from, bool v6,
		    struct plan_nat *nat)
{
	int rc = 0;

	*nat = (struct plan_nat){ .kind = from->kind, .to = from->to,
				  .has_from = from->has_from };
	for (size_t i = 0; i < from->from_count && rc == 0; i++) {
		struct plan_range range = { from->from[i].first,
					    from->from[i].last };

		if (address_is_v4(&range.first) != v6)
			rc = ARRAY_ADD(nat->from.items, nat->from.count, range);
	}
	/* Nothing of this family is translated. */
	if (nat->has_from && nat->from.count == 0)
		nat->kind = NAT_NONE;
	return rc;
}

/* The MTU of the uplink's own default; 0: not set. */
static uint32_t mtu_of_route(const struct plan *plan, size_t uplink, bool v6)
{
	const struct plan_uplink *up = &plan->uplinks[uplink];

	for (size_t i = 0; i < plan->route_count; i++) {
		const struct kernel_route *route = &plan->routes[i];

		if (route->table == up->table && route->oif == up->link &&
		    route->family == (v6 ? AF_INET6 : AF_INET) &&
		    route->metrics[RTAX_MTU])
			return route->metrics[RTAX_MTU];
	}
	return 0;
}

/* A device that is missing has no MTU yet. */
static uint16_t mss_of(const struct plan *plan, size_t i,
		       const struct uplink *uplink,
		       const struct kernel_link *link, bool v6)
{
	uint32_t mtu = link != NULL ? link->mtu : 0, of_route;

	if (!uplink->clamps_mss)
		return 0;
	if (uplink->mss != 0)
		return uplink->mss;
	of_route = mtu_of_route(plan, i, v6);
	if (of_route && of_route < mtu)
		mtu = of_route;
	if (mtu <= headers[v6])
		return 0;
	return mtu - headers[v6] > UINT16_MAX ? UINT16_MAX :
		(uint16_t)(mtu - headers[v6]);
}

int plan_nat_make(struct plan *plan, const struct policy *policy,
		  const struct state *state)
{
	for (size_t i = 0; i < plan->uplink_count; i++) {
		const struct uplink *uplink = policy_uplink(policy, i);
		const struct kernel_link *link = state_link(state, uplink->dev);

		for (int v6 = 0; v6 < 2; v6++) {
			plan->uplinks[i].mss[v6] =
				mss_of(plan, i, uplink, link, v6);
			if (copy_nat(&uplink->nat[v6], v6,
				     &plan->uplinks[i].nat[v6]) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

void plan_nat_fini(struct plan *plan)
{
	for (size_t i = 0; i < plan->uplink_count; i++)
		for (int v6 = 0; v6 < 2; v6++)
			free(plan->uplinks[i].nat[v6].from.items);
}
