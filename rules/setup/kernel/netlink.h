/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink.h - read and change routes, rules, links and addresses via rtnetlink.
 * One thread at a time for each struct netlink.
 */
#ifndef WAYMARK_SETUP_NETLINK_H
#define WAYMARK_SETUP_NETLINK_H

#include <stddef.h>

#include "rules/setup/kernel/kernel.h"

struct netlink;

/* Open a socket, which the caller closes. 0 or -errno. */
int netlink_open(struct netlink **ret);
void netlink_close(struct netlink *nl);
/* Return the port number that notifications of its changes bear. */
unsigned int netlink_port(const struct netlink *nl);

/* Called for each object; anything but 0 ends the dump and is returned. */
typedef int netlink_link_cb(void *ctx, const struct kernel_link *link);
typedef int netlink_address_cb(void *ctx, const struct kernel_address *addr);
typedef int netlink_route_cb(void *ctx, const struct kernel_route *route);
typedef int netlink_rule_cb(void *ctx, const struct kernel_rule *rule);

/*
 * Dump both families and all tables. 0 or -errno; -EINTR: a change interrupted
 * the dump, try again. A family that the kernel lacks is empty.
 */
int netlink_links(struct netlink *nl, netlink_link_cb *each, void *ctx);
int netlink_addresses(struct netlink *nl, netlink_address_cb *each, void *ctx);
int netlink_routes(struct netlink *nl, netlink_route_cb *each, void *ctx);
int netlink_rules(struct netlink *nl, netlink_rule_cb *each, void *ctx);

/* Look up the link via which a packet to `to` with this mark leaves. 0 or
 * -errno. */
int netlink_route_get(struct netlink *nl, const struct address *to,
		      uint32_t mark, unsigned int *ret_link);

/* Change one object. 0 or the kernel's answer: -EEXIST, -ESRCH, ... */
int netlink_route_add(struct netlink *nl, const struct kernel_route *route);
/* Add, or replace the route with the same table, prefix and metric. */
int netlink_route_replace(struct netlink *nl, const struct kernel_route *route);
int netlink_route_delete(struct netlink *nl, const struct kernel_route *route);
int netlink_rule_add(struct netlink *nl, const struct kernel_rule *rule);
int netlink_rule_delete(struct netlink *nl, const struct kernel_rule *rule);
int netlink_link_group(struct netlink *nl, unsigned int link, uint32_t group);

#endif
