/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state.h - the present state of the kernel: links, addresses, routes, rules
 * and our nftables table; and the state of the uplinks.
 */
#ifndef WAYMARK_SETUP_STATE_H
#define WAYMARK_SETUP_STATE_H

#include <stddef.h>

#include "rules/setup/plan/foreign_marks.h"
#include "rules/setup/plan/health.h"
#include "rules/setup/kernel/kernel.h"
#include "rules/setup/kernel/nft_table.h"

struct netlink;

struct state {
	bool has_v6;		/* the kernel supports IPv6 */
	bool has_xfrm;		/* and IPsec */
	struct kernel_link *links;
	size_t link_count;
	struct kernel_address *addresses;
	size_t address_count;
	struct kernel_route *routes;
	size_t route_count;
	struct kernel_rule *rules;
	size_t rule_count;
	struct foreign_marks foreign;	/* whole marks that others test */
	struct nft_table table;		/* `inet waymark` */
	struct health health;		/* of the uplinks; read by setup.c */
};

/* Read all but the table and health. 0 or -errno; state_fini in both cases. */
int state_read(struct netlink *nl, struct state *state);
void state_fini(struct state *state);

/* Find a link; NULL when there is none. */
const struct kernel_link *state_link(const struct state *state,
				     const char *name);
const struct kernel_link *state_link_at(const struct state *state,
					unsigned int index);

/* Whether it is ours: by its protocol, and its table or preference. */
bool state_route_is_ours(const struct kernel_route *route);
bool state_rule_is_ours(const struct kernel_rule *rule);

#endif
