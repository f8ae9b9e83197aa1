/*
 * netlink.h - ask rtnetlink for routes, rules, links and addresses, and
 * change them. One thread at a time for each struct netlink.
 */
#ifndef WAYMARK_SETUP_NETLINK_H
#define WAYMARK_SETUP_NETLINK_H

#include <stddef.h>

#include "rules/setup/kernel/kernel.h"

struct netlink;

/* 0 or -errno; the result is the caller's to close. */
int netlink_open(struct netlink **ret);
void netlink_close(struct netlink *nl);
/* By which the notices of its changes can be told from others'. */
unsigned int netlink_port(const struct netlink *nl);

/* Called for each object; anything but 0 ends the dump and is returned. */
typedef int netlink_link_cb(void *ctx, const struct kernel_link *link);
typedef int netlink_address_cb(void *ctx, const struct kernel_address *addr);
typedef int netlink_route_cb(void *ctx, const struct kernel_route *route);
typedef int netlink_rule_cb(void *ctx, const struct kernel_rule *rule);

/*
 * Of both families, routes of all tables. 0 or -errno; -EINTR when it changed
 * meanwhile and has to be asked again. A family that the kernel lacks is
 * empty.
 */
int netlink_links(struct netlink *nl, netlink_link_cb *each, void *ctx);
int netlink_addresses(struct netlink *nl, netlink_address_cb *each, void *ctx);
int netlink_routes(struct netlink *nl, netlink_route_cb *each, void *ctx);
int netlink_rules(struct netlink *nl, netlink_rule_cb *each, void *ctx);

/* By which link a packet to `to` with this mark would leave. 0 or -errno. */
int netlink_route_get(struct netlink *nl, const struct address *to,
		      uint32_t mark, unsigned int *ret_link);

/* Changes: 0 or what the kernel answered, -EEXIST, -ESRCH, ... */
int netlink_route_add(struct netlink *nl, const struct kernel_route *route);
/* In the place of the one with its table, prefix and metric, if any. */
int netlink_route_replace(struct netlink *nl, const struct kernel_route *route);
int netlink_route_delete(struct netlink *nl, const struct kernel_route *route);
int netlink_rule_add(struct netlink *nl, const struct kernel_rule *rule);
int netlink_rule_delete(struct netlink *nl, const struct kernel_rule *rule);
int netlink_link_group(struct netlink *nl, unsigned int link, uint32_t group);

#endif
