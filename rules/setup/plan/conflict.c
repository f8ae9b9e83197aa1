/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conflict.c - find foreign objects in the places that a plan needs. */
#include "rules/setup/plan/conflict.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/socket.h>

#include "rules/setup/kernel/nft.h"
#include "rules/setup/kernel/prefs.h"

/* As TABLE_FIRST and TABLE_LAST of the policy. */
#define FREE_FIRST 201u
#define FREE_LAST 252u

static bool is_used(const struct plan *plan, const struct state *state,
		    uint32_t table)
{
	for (size_t i = 0; i < plan->uplink_count; i++)
		if (plan->uplinks[i].table == table)
			return true;
	for (size_t i = 0; i < state->route_count; i++)
		if (state->routes[i].table == table)
			return true;
	return false;
}

static uint32_t free_table(const struct plan *plan, const struct state *state)
{
	uint32_t table = FREE_FIRST;

	while (table < FREE_LAST && is_used(plan, state, table))
		table++;
	return table;
}

static int check_tables(const struct plan *plan, const struct state *state,
			char error[static SETUP_ERROR_MAX])
{
	char text[KERNEL_TEXT_MAX];

	for (size_t i = 0; i < plan->uplink_count; i++) {
		const struct plan_uplink *uplink = &plan->uplinks[i];

		for (size_t n = 0; n < state->route_count; n++) {
			const struct kernel_route *route = &state->routes[n];
			const char *dev = plan_dev(plan, state, route->oif);

			if (route->table != uplink->table ||
			    route->protocol == KERNEL_PROTOCOL)
				continue;
			return set_error(error, -EEXIST,
				     "uplink %s: routing table %" PRIu32
				     " has a route that is not waymark's (%s); "
				     "choose a free one: table %" PRIu32,
				     uplink->name, uplink->table,
				     kernel_route_print(route, dev, text),
				     free_table(plan, state));
		}
	}
	return 0;
}

static int check_pref(const struct kernel_rule *want,
		      const struct state *state,
		      char error[static SETUP_ERROR_MAX])
{
	char text[KERNEL_TEXT_MAX];

	for (size_t i = 0; i < state->rule_count; i++) {
		const struct kernel_rule *rule = &state->rules[i];

		if (rule->family != want->family || rule->pref != want->pref ||
		    rule->protocol == KERNEL_PROTOCOL)
			continue;
		return set_error(error, -EEXIST,
			     "pref %" PRIu32 " is taken by a rule that is not "
			     "waymark's (%s); give that one another pref: "
			     "%u to %u are waymark's",
			     rule->pref, kernel_rule_print(rule, text),
			     PREF_FIRST, PREF_LAST);
	}
	return 0;
}

static int check_prefs(const struct plan *plan, const struct state *state,
		       char error[static SETUP_ERROR_MAX])
{
	int rc = 0;

	for (size_t i = 0; i < plan->rule_count && rc == 0; i++)
		rc = check_pref(&plan->rules[i], state, error);
	return rc;
}

/* VRF tools move the rule for `local` behind all others; marked packets for
 * the router itself would then be routed out. */
static int check_local(const struct state *state, uint8_t family,
		       char error[static SETUP_ERROR_MAX])
{
	for (size_t i = 0; i < state->rule_count; i++) {
		const struct kernel_rule *rule = &state->rules[i];

		if (rule->family == family && rule->pref < PREF_FIRST &&
		    rule->action == FR_ACT_TO_TBL &&
		    rule->table == RT_TABLE_LOCAL)
			return 0;
	}
	return set_error(error, -EEXIST,
		     "ip -%c rule: `lookup local` does not come before "
		     "waymark's rules, so marked packets for this host would "
		     "be routed out; run: ip -%c rule add pref 0 lookup local",
		     family == AF_INET ? '4' : '6',
		     family == AF_INET ? '4' : '6');
}

int conflict_check_table(const struct state *state,
			 char error[static SETUP_ERROR_MAX])
{
	if (state->table.exists && !state->table.is_ours)
		return set_error(error, -EEXIST,
			     "nftables: there is a `table inet " NFT_TABLE
			     "` that waymark did not make; rename it, or run: "
			     "nft delete table inet " NFT_TABLE);
	return 0;
}

/* Find main's most specific route to `via`, other than a default. */
static const struct kernel_route *route_to(const struct state *state,
					 uint8_t family,
					 const struct address *via)
{
	const struct kernel_route *best = NULL;

	for (size_t i = 0; i < state->route_count; i++) {
		const struct kernel_route *route = &state->routes[i];
		unsigned int all = family == AF_INET ? 96 : 0;

		if (route->family == family && route->table == RT_TABLE_MAIN &&
		    route->oif && route->dst.len > all &&
		    prefix_contains(&route->dst, via) &&
		    (best == NULL || route->dst.len > best->dst.len))
			best = route;
	}
	return best;
}

static bool is_own(const struct state *state, const struct address *address)
{
	for (size_t i = 0; i < state->address_count; i++)
		if (address_equal(&state->addresses[i].address, address))
			return true;
	return false;
}

/* The kernel refuses a gateway that is a local address, and in IPv6 one that is
 * on another link, onlink or not (ip6_route_check_nh_onlink()). */
static int check_gateway(const struct plan *plan, const struct state *state,
			 const struct plan_uplink *uplink,
			 const struct kernel_route *route,
			 char error[static SETUP_ERROR_MAX])
{
	const struct kernel_route *found = route_to(state, route->family,
						    &route->via);
	const char *dev = plan_dev(plan, state, route->oif);
	const char *other = found != NULL ? plan_dev(plan, state, found->oif)
					  : NULL;
	char text[ADDRESS_TEXT_MAX];

	if (is_own(state, &route->via))
		return set_error(error, -EINVAL,
			     "uplink %s: its gateway %s is an address of this "
			     "host; name the router at the other end of %s",
			     uplink->name, address_print(&route->via, text),
			     dev);
	if (route->family == AF_INET6 && route->onlink && other != NULL &&
	    found->oif != route->oif)
		return set_error(error, -EINVAL,
			     "uplink %s: its gateway %s is reached via %s, "
			     "not via %s; name the gateway of %s, or write "
			     "dev %s", uplink->name,
			     address_print(&route->via, text), other, dev, dev,
			     other);
	return 0;
}

static int check_gateways(const struct plan *plan, const struct state *state,
			  char error[static SETUP_ERROR_MAX])
{
	int rc = 0;

	for (size_t i = 0; i < plan->route_count && rc == 0; i++) {
		const struct kernel_route *route = &plan->routes[i];

		for (size_t n = 0; n < plan->uplink_count && rc == 0; n++)
			if (route->has_via &&
			    plan->uplinks[n].link == route->oif &&
			    plan->uplinks[n].table == route->table)
				rc = check_gateway(plan, state,
						   &plan->uplinks[n], route,
						   error);
	}
	return rc;
}

int conflict_check(const struct plan *plan, const struct state *state,
		   char error[static SETUP_ERROR_MAX])
{
	int rc = conflict_check_table(state, error);

	if (rc == 0)
		rc = check_local(state, AF_INET, error);
	if (rc == 0 && state->has_v6)
		rc = check_local(state, AF_INET6, error);
	if (rc == 0)
		rc = check_tables(plan, state, error);
	if (rc == 0)
		rc = check_prefs(plan, state, error);
	if (rc == 0)
		rc = check_gateways(plan, state, error);
	return rc;
}
