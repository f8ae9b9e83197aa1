/*
 * state.h - what the kernel has now: links, addresses, routes and rules, and
 * later, when the plan is known, the sysctls it speaks of and our ruleset.
 */
#ifndef WAYMARK_SETUP_STATE_H
#define WAYMARK_SETUP_STATE_H

#include <stddef.h>

#include "rules/setup/plan/health.h"
#include "rules/setup/kernel/kernel.h"
#include "rules/setup/kernel/nft_table.h"

struct netlink;

struct state {
	bool has_v6;		/* the kernel routes IPv6 at all */
	struct kernel_link *links;
	size_t link_count;
	struct kernel_address *addresses;
	size_t address_count;
	struct kernel_route *routes;
	size_t route_count;
	struct kernel_rule *rules;
	size_t rule_count;
	struct nft_table table;		/* `inet waymark` */
	struct health health;		/* of the uplinks; read by setup.c */
};

/* All but the table. 0 or -errno; state_fini in both cases. */
int state_read(struct netlink *nl, struct state *state);
void state_fini(struct state *state);

/* NULL when there is none. */
const struct kernel_link *state_link(const struct state *state,
				     const char *name);
const struct kernel_link *state_link_at(const struct state *state,
					unsigned int index);

/* Whether it was us who made it: the protocol, and a place we use. */
bool state_route_is_ours(const struct kernel_route *route);
bool state_rule_is_ours(const struct kernel_rule *rule);

#endif
