/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup_report.c - fill the report of a set-up. */
#include "rules/setup/setup_report.h"

#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "rules/setup/plan/plan.h"
#include "rules/setup/plan/state.h"

enum setup_way setup_way_of(const struct plan *plan,
			    const struct health *health, size_t i, bool v6)
{
	const struct plan_uplink *uplink = &plan->uplinks[i];

	if (uplink->active[v6] == i)
		return SETUP_WAY_ITSELF;
	if (health_admin_state_of(health, uplink->name) == HEALTH_DOWN)
		return SETUP_WAY_FORCED;
	if (!uplink->link_is_up)
		return SETUP_WAY_LINK;
	return health_is_down(health, uplink->name, v6 ? AF_INET6 : AF_INET) ?
		       SETUP_WAY_PROBES : SETUP_WAY_NONE;
}

const char *setup_way_name(enum setup_way way)
{
	switch (way) {
	case SETUP_WAY_LINK:
		return "link";
	case SETUP_WAY_PROBES:
		return "probes";
	case SETUP_WAY_FORCED:
		return "forced";
	case SETUP_WAY_NONE:
		return "no gateway";
	case SETUP_WAY_ITSELF:
		break;
	}
	return NULL;
}

static bool is_uplink_link(const struct plan *plan, unsigned int link)
{
	for (size_t i = 0; i < plan->uplink_count; i++)
		if (plan->uplinks[i].link == link)
			return true;
	return false;
}

static bool has_separate_main(const struct plan *plan,
			      const struct state *state, uint8_t family)
{
	for (size_t i = 0; i < state->route_count; i++) {
		const struct kernel_route *route = &state->routes[i];

		if (route->family == family && route->table == RT_TABLE_MAIN &&
		    route->type == RTN_UNICAST &&
		    route->dst.len == (family == AF_INET ? 96 : 0) &&
		    !is_uplink_link(plan, route->oif))
			return true;
	}
	return false;
}

void setup_report_fill(struct setup_report *report, const struct plan *plan,
		       const struct state *state)
{
	report->has_separate_main[0] = has_separate_main(plan, state, AF_INET);
	report->has_separate_main[1] = has_separate_main(plan, state, AF_INET6);
	report->foreign = plan->foreign.packet;
	for (size_t i = 0; i < plan->uplink_count; i++) {
		const struct plan_uplink *uplink = &plan->uplinks[i];

		memcpy(report->active[i], uplink->active,
		       sizeof(report->active[i]));
		report->admin_state[i] = (uint8_t)health_admin_state_of(
			&state->health, uplink->name);
		for (int v6 = 0; v6 < 2; v6++)
			report->way[i][v6] = (uint8_t)setup_way_of(
				plan, &state->health, i, v6);
	}
}
