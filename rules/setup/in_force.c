/* SPDX-License-Identifier: GPL-2.0-or-later */
/* in_force.c - where each path leads at present, see in_force.h. */
#include "rules/setup/in_force.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "rules/setup/kernel/netlink.h"
#include "rules/setup/numbers.h"
#include "rules/setup/plan/plan_routes.h"
#include "rules/setup/kernel/prefs.h"
#include "rules/setup/plan/state.h"

static bool is_noted(const struct uplink_numbers *numbers,
		     const struct uplink *uplink)
{
	for (size_t i = 0; i < numbers->count; i++)
		if (strcmp(numbers->items[i].name, uplink->name) == 0 &&
		    numbers->items[i].path == uplink->path &&
		    numbers->items[i].table == uplink->table)
			return true;
	return false;
}

static const struct kernel_rule *rule_at(const struct state *state,
					 uint8_t family, uint32_t pref)
{
	for (size_t i = 0; i < state->rule_count; i++) {
		const struct kernel_rule *rule = &state->rules[i];

		if (rule->protocol == KERNEL_PROTOCOL &&
		    rule->family == family && rule->pref == pref)
			return rule;
	}
	return NULL;
}

/* The default route with the lowest metric. */
static const struct kernel_route *default_of(const struct state *state,
					     uint8_t family, uint32_t table)
{
	const struct kernel_route *best = NULL;

	for (size_t i = 0; i < state->route_count; i++) {
		const struct kernel_route *route = &state->routes[i];

		if (route->family == family && route->table == table &&
		    route->protocol == KERNEL_PROTOCOL &&
		    route->dst.len == (family == AF_INET ? 96 : 0) &&
		    (best == NULL || route->metric < best->metric))
			best = route;
	}
	return best;
}

static int uplink_of_table(const struct policy *policy, uint32_t table)
{
	for (size_t i = 0; i < policy_uplinks(policy); i++)
		if (policy_uplink(policy, i)->table == table)
			return (int)i;
	return -1;
}

struct in_force_path in_force_find(const struct policy *policy,
				   const struct state *state, uint8_t family,
				   size_t i)
{
	uint8_t number = policy_uplink(policy, i)->path;
	const struct kernel_rule *rule = rule_at(state, family,
						 PREF_MARK + number);
	const struct kernel_rule *end = rule_at(state, family,
						PREF_STRICT + number);
	const struct kernel_route *route = NULL;
	int table = rule != NULL ? uplink_of_table(policy, rule->table) : -1;
	int by = -1;

	if (table >= 0)
		route = default_of(state, family, rule->table);
	if (route != NULL && route->type == RTN_UNICAST)
		by = plan_routes_of_metric(policy, family, (size_t)table,
					   route->metric);
	if (by >= 0)
		return (struct in_force_path){ IN_FORCE_UPLINK, (size_t)by,
					       (size_t)table, true };
	return (struct in_force_path){
		.has_rule = table >= 0,
		.way = (end != NULL && end->action == FR_ACT_UNREACHABLE) ||
		       (route != NULL && route->type == RTN_UNREACHABLE) ?
			       IN_FORCE_REFUSED : IN_FORCE_MAIN,
	};
}

static int read_state(struct state *state)
{
	struct netlink *nl = NULL;
	int rc = netlink_open(&nl);

	*state = (struct state){ 0 };
	if (rc == 0)
		rc = state_read(nl, state);
	netlink_close(nl);
	return rc;
}

void in_force_read(const struct policy *policy, const char *state_dir,
		   struct in_force *ret)
{
	struct uplink_numbers numbers;
	struct state state = { 0 };

	*ret = (struct in_force){ 0 };
	if (numbers_load(state_dir, &numbers) == 0 && numbers.count > 0 &&
	    read_state(&state) == 0) {
		for (size_t i = 0; i < policy_uplinks(policy); i++) {
			if (!is_noted(&numbers, policy_uplink(policy, i)))
				continue;
			for (int v6 = 0; v6 < 2; v6++)
				ret->paths[i][v6] = in_force_find(
					policy, &state,
					v6 ? AF_INET6 : AF_INET, i);
		}
	}
	state_fini(&state);
	free(numbers.items);
}
