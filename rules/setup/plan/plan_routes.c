/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_routes.c - plan the routes of each uplink's table: its on-link prefixes,
 * its default, the defaults of its fallbacks and, for `strict`, an unreachable
 * route as the last one.
 */
#include "rules/setup/plan/plan_routes.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "rules/policy/policy.h"
#include "rules/policy/strict.h"
#include "rules/setup/kernel/array.h"
#include "rules/setup/plan/state.h"

/* The kernel reads an IPv6 metric of 0 as 1024 (IP6_RT_PRIO_USER). Its own
 * on-link routes have 256 (IP6_RT_PRIO_ADDRCONF). */
#define METRIC4 0u
#define METRIC6 1024u
#define METRIC6_LINK 256u
/* Fallbacks: plus 1 for the first, and so on. */
#define METRIC4_FALLBACK 1000u
#define METRIC6_FALLBACK 2048u
/* After any route of DHCP, advertisements and routing daemons. */
#define METRIC_UNREACHABLE 4278198272u

/* The next hop of an uplink in one family. */
struct next_hop {
	bool exists;
	bool has_via;
	bool onlink;
	unsigned int link;
	struct address via;
	/* The default of main that it is taken from, for `src` and metrics. */
	const struct kernel_route *route;
};

static struct prefix everything(uint8_t family)
{
	struct prefix all = { 0 };

	if (family == AF_INET) {
		all.base = address_from_v4(0);
		all.len = 96;
	}
	return all;
}

static bool is_default(const struct kernel_route *route)
{
	return route->dst.len == (route->family == AF_INET ? 96 : 0);
}

static bool holds(const struct prefix *prefix, const struct address *address)
{
	unsigned int whole = prefix->len / 8;
	unsigned int rest = prefix->len % 8;

	if (memcmp(prefix->base.bytes, address->bytes, whole) != 0)
		return false;
	return rest == 0 || (prefix->base.bytes[whole] ^
			     address->bytes[whole]) >> (8 - rest) == 0;
}

/* fe80::/10 */
static bool is_link_local(const struct address *address)
{
	return address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
}

/* A specific route of main by `link` without a gateway. */
static bool is_onlink_route(const struct kernel_route *route, uint8_t family,
			    unsigned int link)
{
	return route->family == family && route->table == RT_TABLE_MAIN &&
	       route->type == RTN_UNICAST && route->oif == link &&
	       !route->has_via && !is_default(route);
}

/* Whether main has an on-link route to `via` by `link`. */
static bool is_neighbour(const struct state *state, uint8_t family,
			 unsigned int link, const struct address *via)
{
	if (family == AF_INET6 && is_link_local(via))
		return true;
	for (size_t i = 0; i < state->route_count; i++) {
		const struct kernel_route *route = &state->routes[i];

		if (is_onlink_route(route, family, link) &&
		    holds(&route->dst, via))
			return true;
	}
	return false;
}

static bool is_main_default(const struct kernel_route *route, uint8_t family,
			    unsigned int link)
{
	return route->family == family && route->oif == link &&
	       route->table == RT_TABLE_MAIN && route->type == RTN_UNICAST &&
	       is_default(route);
}

/* The default by `link` that DHCP, PPP or an advertisement put into main. */
static const struct kernel_route *
main_default(const struct state *state, uint8_t family, unsigned int link)
{
	for (size_t i = 0; i < state->route_count; i++) {
		const struct kernel_route *route = &state->routes[i];

		if (is_main_default(route, family, link))
			return route;
	}
	return NULL;
}

/* The same by a gateway that the policy names, too. */
static const struct kernel_route *main_default_via(const struct state *state,
						   uint8_t family,
						   unsigned int link,
						   const struct address *via)
{
	for (size_t i = 0; i < state->route_count; i++) {
		const struct kernel_route *route = &state->routes[i];

		if (is_main_default(route, family, link) && route->has_via &&
		    address_equal(&route->via, via))
			return route;
	}
	return NULL;
}

bool plan_routes_is_main(const struct state *state, uint8_t family,
			 unsigned int link)
{
	uint32_t best = UINT32_MAX;
	bool is_main = false;

	for (size_t i = 0; i < state->route_count; i++) {
		const struct kernel_route *route = &state->routes[i];

		if (!is_main_default(route, family, route->oif) ||
		    route->metric > best)
			continue;
		is_main = (is_main && route->metric == best) ||
			  route->oif == link;
		best = route->metric;
	}
	return is_main;
}

static bool has_global_v6(const struct state *state, unsigned int link)
{
	for (size_t i = 0; i < state->address_count; i++)
		if (state->addresses[i].link == link &&
		    state->addresses[i].scope == RT_SCOPE_UNIVERSE &&
		    !address_is_v4(&state->addresses[i].address))
			return true;
	return false;
}

/* The next hop where the policy names no gateway: main's or, unless `is_auto`,
 * the device itself. */
static struct next_hop next_hop_of_link(const struct state *state,
					uint8_t family, unsigned int link,
					bool is_auto)
{
	const struct kernel_route *route = main_default(state, family, link);
	struct next_hop hop = { .exists = true, .link = link, .route = route };

	if (route != NULL && route->has_via) {
		hop.has_via = true;
		hop.via = route->via;
		hop.onlink = route->onlink;
	} else if (route == NULL && is_auto) {
		hop.exists = false;
	} else if (route == NULL && family == AF_INET6 && link < PLAN_MISSING) {
		hop.exists = has_global_v6(state, link);
	}
	return hop;
}

static bool has_prefix(const struct state *state, uint8_t family,
		       unsigned int link)
{
	for (size_t i = 0; i < state->route_count; i++) {
		const struct kernel_route *route = &state->routes[i];

		if (is_onlink_route(route, family, link) &&
		    route->protocol == RTPROT_KERNEL && route->dst.len < 128 &&
		    !is_link_local(&route->dst.base))
			return true;
	}
	return false;
}

static bool is_off_link(const struct state *state, uint8_t family,
			const struct uplink *uplink)
{
	const struct kernel_link *link = state_link(state, uplink->dev);
	bool is_v4 = family == AF_INET;

	return link != NULL && (is_v4 ? uplink->has_via4 : uplink->has_via6) &&
	       !(link->flags & IFF_POINTOPOINT) &&
	       has_prefix(state, family, link->index) &&
	       !is_neighbour(state, family, link->index,
			     is_v4 ? &uplink->via4 : &uplink->via6);
}

/* Whether the kernel has a source address for packets to the gateway. */
static bool has_address(const struct state *state, uint8_t family,
			unsigned int link, const struct address *via)
{
	for (size_t i = 0; i < state->address_count; i++) {
		const struct kernel_address *address = &state->addresses[i];

		if (address->link == link &&
		    address_is_v4(&address->address) == (family == AF_INET) &&
		    (family == AF_INET || is_link_local(via) ||
		     address->scope == RT_SCOPE_UNIVERSE))
			return true;
	}
	return false;
}

/* Whether a gateway that the policy names can be reached by the link. */
static bool is_usable(const struct state *state, uint8_t family,
		      const struct uplink *uplink, unsigned int link)
{
	const struct address *via = family == AF_INET ? &uplink->via4 :
							&uplink->via6;

	return uplink->onlink || link >= PLAN_MISSING ||
	       (has_address(state, family, link, via) &&
		!is_off_link(state, family, uplink));
}

static struct next_hop next_hop_of(const struct state *state, uint8_t family,
				   const struct uplink *uplink,
				   unsigned int link)
{
	bool has_via = family == AF_INET ? uplink->has_via4 : uplink->has_via6;
	struct next_hop hop = { .link = link };

	if (family == AF_INET6 && !state->has_v6)
		return hop;
	if ((!uplink->has_via4 && !uplink->has_via6) ||
	    (!has_via && uplink->via_auto))
		return next_hop_of_link(state, family, link, uplink->via_auto);
	if (!has_via)
		return hop;
	hop.exists = is_usable(state, family, uplink, link);
	hop.has_via = true;
	hop.via = family == AF_INET ? uplink->via4 : uplink->via6;
	hop.onlink = link < PLAN_MISSING &&
		     !is_neighbour(state, family, link, &hop.via);
	hop.route = main_default_via(state, family, link, &hop.via);
	return hop;
}

bool plan_routes_gateway_is_off_link(const struct policy *policy,
				     const struct state *state, uint8_t family,
				     size_t i)
{
	const struct uplink *uplink = policy_uplink(policy, i);

	return !uplink->onlink && is_off_link(state, family, uplink);
}

bool plan_routes_has_default(const struct plan *plan, uint8_t family,
			 size_t uplink)
{
	const struct plan_uplink *up = &plan->uplinks[uplink];

	for (size_t i = 0; i < plan->route_count; i++) {
		const struct kernel_route *route = &plan->routes[i];

		if (route->family == family && route->table == up->table &&
		    route->oif == up->link && is_default(route) &&
		    route->metric == (family == AF_INET ? METRIC4 : METRIC6))
			return true;
	}
	return false;
}

static struct kernel_route route_of(uint8_t family, uint32_t table,
				    uint32_t metric)
{
	return (struct kernel_route){
		.family = family,
		.type = RTN_UNICAST,
		.scope = RT_SCOPE_UNIVERSE,
		.protocol = KERNEL_PROTOCOL,
		.is_plain = true,
		.table = table,
		.metric = metric,
		.dst = everything(family),
	};
}

/* Add a route unless the plan has one in its place: uplinks may share a
 * device. */
static int add(struct plan *plan, const struct kernel_route *route)
{
	for (size_t i = 0; i < plan->route_count; i++)
		if (kernel_route_same_place(&plan->routes[i], route))
			return 0;
	return ARRAY_ADD(plan->routes, plan->route_count, *route);
}

static int add_default(struct plan *plan, const struct next_hop *hop,
		       uint8_t family, uint32_t table, uint32_t metric)
{
	struct kernel_route route = route_of(family, table, metric);

	if (!hop->exists)
		return 0;
	route.oif = hop->link;
	route.has_via = hop->has_via;
	route.via = hop->via;
	route.onlink = hop->onlink;
	if (family == AF_INET && !hop->has_via)
		route.scope = RT_SCOPE_LINK;
	if (hop->route != NULL) {
		route.has_source = hop->route->has_source;
		route.source = hop->route->source;
		memcpy(route.metrics, hop->route->metrics,
		       sizeof(route.metrics));
	}
	return add(plan, &route);
}

/* Copy the on-link routes: neighbours are not reached through the gateway. */
static int add_onlink(struct plan *plan, const struct state *state,
		      uint8_t family, uint32_t table, unsigned int link)
{
	int rc = 0;

	for (size_t i = 0; i < state->route_count && rc == 0; i++) {
		const struct kernel_route *from = &state->routes[i];
		struct kernel_route route =
			route_of(family, table,
				 family == AF_INET ? METRIC4 : METRIC6_LINK);

		if (!is_onlink_route(from, family, link) ||
		    from->protocol != RTPROT_KERNEL ||
		    is_link_local(&from->dst.base))
			continue;
		route.dst = from->dst;
		route.oif = link;
		if (family == AF_INET)
			route.scope = RT_SCOPE_LINK;
		rc = add(plan, &route);
	}
	return rc;
}

int plan_routes_fallback(const struct policy *policy, size_t uplink,
			 size_t steps)
{
	int at = (int)uplink;

	if (steps >= policy_uplinks(policy))
		return -1;
	for (size_t i = 0; i < steps && at >= 0; i++) {
		at = policy_uplink(policy, (size_t)at)->fallback;
		if (at == (int)uplink)
			return -1;
	}
	return at >= 0 ? at : -1;
}

int plan_routes_of_metric(const struct policy *policy, uint8_t family,
			  size_t uplink, uint32_t metric)
{
	uint32_t first = family == AF_INET ? METRIC4_FALLBACK :
					     METRIC6_FALLBACK;

	return plan_routes_fallback(policy, uplink,
				    metric > first ? metric - first : 0);
}

const char *plan_routes_active_uplink(const struct policy *policy,
				      size_t uplink, uint8_t active)
{
	if (active != PLAN_NO_UPLINK)
		return policy_uplink(policy, active)->name;
	return policy_uplink_is_strict(policy, uplink) ? NULL : "main";
}

static int add_fallbacks(struct plan *plan, const struct policy *policy,
			 const struct state *state, uint8_t family,
			 size_t uplink)
{
	uint32_t table = policy_uplink(policy, uplink)->table;
	uint32_t metric = family == AF_INET ? METRIC4_FALLBACK :
					      METRIC6_FALLBACK;
	int rc = 0;
	int at;

	for (size_t step = 1;
	     rc == 0 &&
	     (at = plan_routes_fallback(policy, uplink, step)) >= 0; step++) {
		struct next_hop hop =
			next_hop_of(state, family,
				    policy_uplink(policy, (size_t)at),
				    plan->uplinks[at].link);

		if (!health_is_down(&state->health, plan->uplinks[at].name,
				    family))
			rc = add_default(plan, &hop, family, table,
				     metric + (uint32_t)step);
	}
	return rc;
}

static int make_table(struct plan *plan, const struct policy *policy,
		      const struct state *state, uint8_t family, size_t i)
{
	const struct uplink *uplink = policy_uplink(policy, i);
	unsigned int link = plan->uplinks[i].link;
	struct next_hop hop = next_hop_of(state, family, uplink, link);
	struct kernel_route end = route_of(family, uplink->table,
					   METRIC_UNREACHABLE);
	int rc = 0;

	end.type = RTN_UNREACHABLE;
	if (hop.exists)
		rc = add_onlink(plan, state, family, uplink->table, link);
	if (rc == 0)
		rc = add_default(plan, &hop, family, uplink->table,
			     family == AF_INET ? METRIC4 : METRIC6);
	if (rc == 0)
		rc = add_fallbacks(plan, policy, state, family, i);
	if (rc == 0 && policy_uplink_is_strict(policy, i))
		rc = add(plan, &end);
	return rc;
}

/* ---- several uplinks on one device ---- */

/* The on-link prefix of the uplink's device that contains its gateway. */
static const struct prefix *subnet_of(const struct plan *plan,
				    const struct policy *policy,
				    const struct state *state, uint8_t family,
				    size_t i)
{
	unsigned int link = plan->uplinks[i].link;
	struct next_hop hop = next_hop_of(state, family,
					  policy_uplink(policy, i), link);

	for (size_t n = 0; n < state->route_count && hop.has_via; n++) {
		const struct kernel_route *route = &state->routes[n];

		if (is_onlink_route(route, family, link) &&
		    route->protocol == RTPROT_KERNEL &&
		    !is_link_local(&route->dst.base) &&
		    holds(&route->dst, &hop.via))
			return &route->dst;
	}
	return NULL;
}

/* Whether no other uplink of the device has its gateway in the prefix. */
static bool is_only(const struct plan *plan, const struct policy *policy,
		    const struct state *state, uint8_t family, size_t uplink,
		    const struct prefix *subnet)
{
	for (size_t i = 0; i < plan->uplink_count; i++)
		if (i != uplink &&
		    plan->uplinks[i].link == plan->uplinks[uplink].link &&
		    subnet_of(plan, policy, state, family, i) == subnet)
			return false;
	return true;
}

static int make_subnets(struct plan *plan, const struct policy *policy,
		      const struct state *state, uint8_t family)
{
	int rc = 0;

	for (size_t i = 0; i < plan->uplink_count && rc == 0; i++) {
		const struct prefix *subnet;

		if (!plan->uplinks[i].shares_dev || plan->uplinks[i].on_lan)
			continue;
		subnet = subnet_of(plan, policy, state, family, i);
		if (subnet != NULL &&
		    is_only(plan, policy, state, family, i, subnet)) {
			struct plan_subnet new = { i, *subnet };

			rc = ARRAY_ADD(plan->subnets, plan->subnet_count, new);
		}
	}
	return rc;
}

int plan_routes_subnet_owner(const struct plan *plan, unsigned int link,
		      const struct address *address)
{
	for (size_t i = 0; i < plan->subnet_count; i++)
		if (plan->uplinks[plan->subnets[i].uplink].link == link &&
		    holds(&plan->subnets[i].prefix, address))
			return (int)plan->subnets[i].uplink;
	return -1;
}

int plan_routes_make(struct plan *plan, const struct policy *policy,
		     const struct state *state)
{
	int rc = 0;

	for (size_t i = 0; i < plan->uplink_count && rc == 0; i++) {
		rc = make_table(plan, policy, state, AF_INET, i);
		if (rc == 0 && state->has_v6)
			rc = make_table(plan, policy, state, AF_INET6, i);
	}
	if (rc == 0)
		rc = make_subnets(plan, policy, state, AF_INET);
	if (rc == 0)
		rc = make_subnets(plan, policy, state, AF_INET6);
	return rc;
}
