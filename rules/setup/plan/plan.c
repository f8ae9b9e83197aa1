/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan.c - compute the wanted state of the kernel, see plan.h. */
#include "rules/setup/plan/plan.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "rules/offload/offload.h"
#include "rules/policy/policy.h"
#include "rules/policy/strict.h"
#include "rules/setup/kernel/array.h"
#include "rules/setup/plan/big_set.h"
#include "rules/setup/kernel/nft.h"
#include "rules/setup/plan/plan_local.h"
#include "rules/setup/plan/plan_nat.h"
#include "rules/setup/plan/plan_routes.h"
#include "rules/setup/plan/plan_rules.h"
#include "rules/setup/plan/state.h"

void plan_fini(struct plan *plan)
{
	plan_nat_fini(plan);
	free(plan->uplinks);
	free(plan->paths);
	free(plan->subnets);
	free(plan->routes);
	free(plan->rules);
	free(plan->sysctls);
	free(plan->links);
	for (int i = 0; i < PLAN_SETS; i++)
		free(plan->exempt[i].items);
	free(plan->tables);
	offload_free(plan->offload);
	free(plan->bigs);
	free(plan->route_ids);
	*plan = (struct plan){ 0 };
}

const char *plan_dev(const struct plan *plan, const struct state *state,
		     unsigned int link)
{
	const struct kernel_link *found;

	for (size_t i = 0; i < plan->uplink_count; i++)
		if (link && plan->uplinks[i].link == link)
			return plan->uplinks[i].dev;
	found = state_link_at(state, link);
	return found != NULL ? found->name : NULL;
}

/* List the links for an error message: "lo, eth0, eth1". */
static void list_links(const struct state *state, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < state->link_count && used + 32 < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s",
					 i ? ", " : "", state->links[i].name);
}

static int check_link(const struct state *state, const struct uplink *uplink,
		      char error[static SETUP_ERROR_MAX])
{
	const struct kernel_link *link = state_link(state, uplink->dev);
	char all[256];

	if (link == NULL) {
		list_links(state, all, sizeof(all));
		return set_error(error, -ENODEV,
			     "uplink %s: there is no interface %s; "
			     "name one of these in the policy: %s",
			     uplink->name, uplink->dev, all);
	}
	if (!(link->flags & IFF_UP))
		return set_error(error, -ENETDOWN,
			     "uplink %s: interface %s is down; "
			     "run: ip link set %s up",
			     uplink->name, uplink->dev, uplink->dev);
	return 0;
}

/* Most gateways outside the prefixes of the device are typing errors. */
static int check_gateway(const struct policy *policy,
			 const struct state *state, size_t i,
			 char error[static SETUP_ERROR_MAX])
{
	const struct uplink *uplink = policy_uplink(policy, i);
	bool is_v4 = plan_routes_gateway_is_off_link(policy, state, AF_INET, i);
	char text[ADDRESS_TEXT_MAX];

	if (!is_v4 &&
	    !plan_routes_gateway_is_off_link(policy, state, AF_INET6, i))
		return 0;
	return set_error(error, -EINVAL,
			 "uplink %s: gateway %s is in no prefix of %s; name a "
			 "gateway that `ip address show dev %s` has, or write "
			 "onlink", uplink->name,
			 address_print(is_v4 ? &uplink->via4 : &uplink->via6,
				       text), uplink->dev, uplink->dev);
}

/* IFF_LOWER_UP of linux/if.h, which conflicts with <net/if.h>. */
#define HAS_CARRIER 0x10000u

static bool is_link_up(const struct state *state, const char *dev,
		     enum plan_links links)
{
	const struct kernel_link *link = state_link(state, dev);

	if (link == NULL || !(link->flags & IFF_UP))
		return false;
	return links != PLAN_LINKS_ANY || (link->flags & HAS_CARRIER);
}

static unsigned int index_of(const struct state *state, const char *dev,
			     size_t uplink)
{
	const struct kernel_link *link = state_link(state, dev);

	return link != NULL ? link->index : PLAN_MISSING + (unsigned int)uplink;
}

static int add_uplink(struct plan *plan, const struct policy *policy,
		      const struct state *state, const struct uplink *uplink,
		      enum plan_links links)
{
	struct plan_uplink new = {
		.link = index_of(state, uplink->dev, plan->uplink_count),
		.is_strict = policy_uplink_is_strict(policy, plan->uplink_count),
		.fallback = uplink->fallback,
		.table = uplink->table,
		.path = uplink->path,
		.arrival = policy_arrival_path(policy, plan->uplink_count),
		.translates = uplink->translates,
		.on_lan = uplink->on_lan,
		.link_is_up = is_link_up(state, uplink->dev, links),
	};

	plan->has_guard |= new.is_strict;
	snprintf(new.name, sizeof(new.name), "%s", uplink->name);
	snprintf(new.dev, sizeof(new.dev), "%s", uplink->dev);
	uplink_origin(uplink, new.origin);
	for (size_t i = 0; i < plan->uplink_count; i++) {
		if (strcmp(plan->uplinks[i].dev, new.dev) != 0)
			continue;
		plan->uplinks[i].shares_dev = true;
		new.shares_dev = true;
		new.link = plan->uplinks[i].link;
	}
	return ARRAY_ADD(plan->uplinks, plan->uplink_count, new);
}

static int add_path(struct plan *plan, const struct marks *marks,
		    uint8_t number, const char *name)
{
	struct plan_path path = {
		.number = number,
		.is_drop = number == marks->path_drop,
		.mark = marks_of(marks, number, false),
	};

	snprintf(path.name, sizeof(path.name), "%s", name);
	return ARRAY_ADD(plan->paths, plan->path_count, path);
}

static int make_uplinks(struct plan *plan, const struct policy *policy,
			const struct state *state, enum plan_links links,
			char error[static SETUP_ERROR_MAX])
{
	const struct marks *marks = policy_marks(policy);
	int rc = 0;

	for (size_t i = 0; i < policy_uplinks(policy) && rc == 0; i++) {
		const struct uplink *uplink = policy_uplink(policy, i);

		if (links == PLAN_LINKS_UP && !uplink->optional)
			rc = check_link(state, uplink, error);
		if (rc == 0 && links == PLAN_LINKS_UP)
			rc = check_gateway(policy, state, i, error);
		if (rc == 0)
			rc = add_uplink(plan, policy, state, uplink, links);
		if (rc == 0)
			rc = add_path(plan, marks, uplink->path, uplink->name);
	}
	if (rc == 0)
		rc = add_path(plan, marks, marks->path_main, "main");
	if (rc == 0)
		rc = add_path(plan, marks, marks->path_drop, "drop");
	return rc;
}

static int add_sysctl(struct plan *plan, const char *family, const char *dev,
		      const char *key)
{
	struct plan_sysctl new = { .value = "1" };

	snprintf(new.path, sizeof(new.path), "net/%s/conf/%s/%s", family, dev,
		 key);
	for (size_t i = 0; i < plan->sysctl_count; i++)
		if (strcmp(plan->sysctls[i].path, new.path) == 0)
			return 0;
	return ARRAY_ADD(plan->sysctls, plan->sysctl_count, new);
}

static int add_group(struct plan *plan, unsigned int link)
{
	for (size_t i = 0; i < plan->link_count; i++)
		if (plan->links[i] == link)
			return 0;
	return ARRAY_ADD(plan->links, plan->link_count, link);
}

/*
 * Set src_valid_mark, so that a strict rp_filter looks replies up by their
 * mark. An uplink with a fallback needs ignore_routes_with_linkdown: otherwise
 * the kernel keeps using its routes after the carrier is lost.
 */
static int make_link(struct plan *plan, const struct plan_uplink *uplink,
		     const struct uplink *policy, const struct state *state)
{
	int rc = add_sysctl(plan, "ipv4", uplink->dev, "src_valid_mark");

	if (rc == 0 && policy->fallback != UPLINK_NONE)
		rc = add_sysctl(plan, "ipv4", uplink->dev,
				"ignore_routes_with_linkdown");
	if (rc == 0 && policy->fallback != UPLINK_NONE && state->has_v6)
		rc = add_sysctl(plan, "ipv6", uplink->dev,
				"ignore_routes_with_linkdown");
	/* Replies to a LAN on the same device use main's routes. */
	if (rc == 0 && !uplink->on_lan)
		rc = add_group(plan, uplink->link);
	return rc;
}

static int make_links(struct plan *plan, const struct policy *policy,
		      const struct state *state, enum plan_links links)
{
	int rc = 0;

	for (size_t i = 0; i < plan->uplink_count && rc == 0; i++) {
		const struct plan_uplink *uplink = &plan->uplinks[i];

		if (links != PLAN_LINKS_NAMED && uplink->link >= PLAN_MISSING)
			continue;
		rc = make_link(plan, uplink, policy_uplink(policy, i), state);
	}
	return rc;
}

/* Write the lines of rt_tables.d; the first name of a number counts. */
static int make_tables(struct plan *plan, const struct policy *policy)
{
	size_t len = 0;
	FILE *out = open_memstream(&plan->tables, &len);

	if (out == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < policy_uplinks(policy); i++) {
		const struct uplink *uplink = policy_uplink(policy, i);

		if (uplink->table_name != NULL)
			fprintf(out, "%u\t%s\n", uplink->table,
				uplink->table_name);
	}
	if (fclose(out) != 0)
		return -ENOMEM;
	if (len == 0) {
		free(plan->tables);
		plan->tables = NULL;
	}
	return 0;
}

/* Whether `late move` applies to any flow. */
static bool has_late_move(const struct policy *policy)
{
	bool has = policy_late(policy) == LATE_MOVE;

	for (size_t i = 0; i < policy_uplinks(policy); i++)
		has |= policy_uplink(policy, i)->late == LATE_MOVE;
	for (size_t i = 0; i < policy_routes(policy); i++)
		has |= policy_route(policy, i)->late == LATE_MOVE;
	return has;
}

/* Whether some flows on a fallback are reset, see failback.h. */
static bool ends_flows(const struct policy *policy)
{
	for (size_t i = 0; i < policy_uplinks(policy); i++) {
		int at;

		for (size_t step = 1;
		     (at = plan_routes_fallback(policy, i, step)) >= 0; step++)
			if (policy_failback(policy, i, at) != FAILBACK_KEEP)
				return true;
		if (!policy_uplink_is_strict(policy, i) &&
		    policy_failback(policy, i, -1) != FAILBACK_KEEP)
			return true;
	}
	return false;
}

/* A mark that has our bits means a clash of masks, which doctor reports. */
static struct foreign_mark_list without_bits(const struct foreign_mark_list *of,
					     uint32_t bits)
{
	struct foreign_mark_list list = { .count = 0 };

	for (size_t i = 0; i < of->count; i++)
		if (!(of->marks[i] & bits))
			list.marks[list.count++] = of->marks[i];
	return list;
}

static void copy_settings(struct plan *plan, const struct policy *policy,
			  const struct foreign_marks *foreign)
{
	const struct marks *marks = policy_marks(policy);
	struct queues queues = policy_queues(policy);

	plan->has_ruleset = true;
	plan->mask = marks->mask;
	plan->settled = marks->settled;
	plan->foreign = (struct foreign_marks){
		.packet = without_bits(&foreign->packet, marks->mask),
		.flow = without_bits(&foreign->flow, marks->mask),
		.routed = without_bits(&foreign->routed, marks->mask),
	};
	plan->ends_flows = ends_flows(policy);
	plan->keeps_nat_path = !has_late_move(policy);
	plan->queue_first = queues.first;
	plan->queue_last = queues.last;
	plan->queue_drop = queues.fail_closed;
	plan->per_client = queues.per_client;
	plan->unanswered = queues.unanswered;
	plan->default_path =
		policy_route(policy, policy_routes(policy) - 1)->path;
	plan->has_strict = policy_strict_from(policy, 0);
	plan->inspects_dns = policy_inspects_dns(policy);
}

/* Compile the header-only routes, and hash their text: the hash names a route's
 * counter from one set-up to the next. */
static int make_offload(struct plan *plan, const struct policy *policy)
{
	size_t flows = policy_routes(policy);
	int rc = offload_make(policy, &plan->offload);

	if (rc < 0)
		return rc;
	plan->route_ids = calloc(plan->offload->route_count, sizeof(uint64_t));
	if (plan->route_ids == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < plan->offload->route_count; i++)
		plan->route_ids[i] = nft_hash(
			i < flows ? policy_route(policy, i)->text :
				    policy_packet_route(policy,
							i - flows)->text);
	return 0;
}

/* Remove routes of links that are down: the kernel would refuse them. */
static void drop_down_routes(struct plan *plan, const struct state *state,
			     enum plan_links links)
{
	size_t kept = 0;

	for (size_t i = 0; i < plan->route_count; i++) {
		const struct kernel_route *route = &plan->routes[i];
		const char *dev = plan_dev(plan, state, route->oif);

		if (dev == NULL || is_link_up(state, dev, links))
			plan->routes[kept++] = *route;
	}
	plan->route_count = kept;
}

/* The uplink whose default the packets of uplink `i` use; plan->routes is
 * complete. */
static uint8_t active_of(const struct plan *plan, const struct policy *policy,
			  const struct state *state, uint8_t family, size_t i)
{
	int at;

	for (size_t step = 0;
	     (at = plan_routes_fallback(policy, i, step)) >= 0; step++)
		if (!health_is_down(&state->health, plan->uplinks[at].name,
				    family) &&
		    plan_routes_has_default(plan, family, (size_t)at))
			return (uint8_t)at;
	return PLAN_NO_UPLINK;
}

static void find_active_uplinks(struct plan *plan, const struct policy *policy,
			  const struct state *state)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };

	for (size_t i = 0; i < plan->uplink_count; i++)
		for (int v6 = 0; v6 < 2; v6++) {
			struct plan_uplink *up = &plan->uplinks[i];

			up->active[v6] = active_of(plan, policy, state,
						     families[v6], i);
			if (up->active[v6] != i)
				path_set_add(&plan->down[v6], up->path);
			up->is_main[v6] = plan_routes_is_main(
				state, families[v6], up->link);
			up->has_hold = policy_uplink(policy, i)->hold_ms > 0 &&
				       !up->shares_dev && !up->on_lan;
			up->keeps_flows[v6] = up->active[v6] == i ||
				!health_has_given_up(&state->health, up->name,
						     families[v6]);
		}
}

int plan_make(const struct policy *policy, const struct plan_exempts *exempts,
	      const struct state *state, enum plan_links links,
	      struct plan *ret, char error[static SETUP_ERROR_MAX])
{
	struct plan plan = { 0 };
	int rc;

	set_error(error, 0, "setup: out of memory");
	copy_settings(&plan, policy, &state->foreign);
	plan.has_xfrm = state->has_xfrm;
	rc = make_uplinks(&plan, policy, state, links, error);
	if (rc == 0)
		rc = make_links(&plan, policy, state, links);
	if (rc == 0)
		rc = plan_routes_make(&plan, policy, state);
	if (rc == 0)
		rc = plan_nat_make(&plan, policy, state);
	if (rc == 0)
		rc = plan_rules_make(&plan, policy, exempts, state);
	if (rc == 0)
		rc = make_tables(&plan, policy);
	if (rc == 0)
		rc = make_offload(&plan, policy);
	if (rc < 0)
		goto out;
	if (links != PLAN_LINKS_NAMED)
		drop_down_routes(&plan, state, links);
	find_active_uplinks(&plan, policy, state);
	rc = plan_local_make(&plan, policy, state);
	if (rc == 0)
		rc = big_sets_find(&plan);
	if (rc < 0)
		goto out;

	*ret = plan;
	plan = (struct plan){ 0 };
out:
	plan_fini(&plan);
	return rc;
}
