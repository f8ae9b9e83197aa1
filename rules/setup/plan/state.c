/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state.c - read the present state of the kernel. */
#include "rules/setup/plan/state.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <unistd.h>

#include "rules/setup/kernel/array.h"
#include "rules/setup/kernel/netlink.h"
#include "rules/setup/kernel/prefs.h"

/* Attempts at a dump that concurrent changes interrupt. */
#define TRIES 10

static int keep_link(void *ctx, const struct kernel_link *link)
{
	struct state *state = ctx;

	return ARRAY_ADD(state->links, state->link_count, *link);
}

static int keep_address(void *ctx, const struct kernel_address *address)
{
	struct state *state = ctx;

	return ARRAY_ADD(state->addresses, state->address_count, *address);
}

static int keep_route(void *ctx, const struct kernel_route *route)
{
	struct state *state = ctx;

	if (route->table == RT_TABLE_LOCAL)
		return 0;
	return ARRAY_ADD(state->routes, state->route_count, *route);
}

static int keep_rule(void *ctx, const struct kernel_rule *rule)
{
	struct state *state = ctx;

	return ARRAY_ADD(state->rules, state->rule_count, *rule);
}

static int read_once(struct netlink *nl, struct state *state)
{
	int rc = netlink_links(nl, keep_link, state);

	if (rc == 0)
		rc = netlink_addresses(nl, keep_address, state);
	if (rc == 0)
		rc = netlink_routes(nl, keep_route, state);
	if (rc == 0)
		rc = netlink_rules(nl, keep_rule, state);
	return rc;
}

int state_read(struct netlink *nl, struct state *state)
{
	int rc = -EINTR;

	*state = (struct state){ 0 };
	for (int i = 0; i < TRIES && rc == -EINTR; i++) {
		state_fini(state);
		rc = read_once(nl, state);
	}
	if (rc == 0)
		foreign_marks_read(state->rules, state->rule_count,
				   &state->foreign);
	state->has_v6 = access("/proc/sys/net/ipv6", F_OK) == 0;
	/* Where it is absent, nft refuses the key `rt ipsec`. */
	state->has_xfrm = access("/proc/sys/net/core/xfrm_larval_drop",
				 F_OK) == 0;
	return rc;
}

void state_fini(struct state *state)
{
	free(state->links);
	free(state->addresses);
	free(state->routes);
	free(state->rules);
	nft_table_fini(&state->table);
	health_fini(&state->health);
	*state = (struct state){ 0 };
}

const struct kernel_link *state_link(const struct state *state,
				     const char *name)
{
	for (size_t i = 0; i < state->link_count; i++)
		if (strcmp(state->links[i].name, name) == 0)
			return &state->links[i];
	return NULL;
}

const struct kernel_link *state_link_at(const struct state *state,
					unsigned int index)
{
	for (size_t i = 0; i < state->link_count; i++)
		if (state->links[i].index == index)
			return &state->links[i];
	return NULL;
}

bool state_route_is_ours(const struct kernel_route *route)
{
	return route->protocol == KERNEL_PROTOCOL &&
	       route->table != RT_TABLE_UNSPEC &&
	       route->table != RT_TABLE_MAIN &&
	       route->table != RT_TABLE_DEFAULT &&
	       route->table != RT_TABLE_LOCAL;
}

bool state_rule_is_ours(const struct kernel_rule *rule)
{
	return rule->protocol == KERNEL_PROTOCOL && rule->pref >= PREF_FIRST &&
	       rule->pref <= PREF_LAST;
}
