/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_parse.h - parse rtnetlink messages (RTM_NEW* and RTM_DEL*) into the
 * structs of kernel.h. false: not an object of these kinds (another address
 * family, a cached route, ...).
 */
#ifndef WAYMARK_SETUP_NETLINK_PARSE_H
#define WAYMARK_SETUP_NETLINK_PARSE_H

#include <linux/fib_rules.h>
#include <linux/netlink.h>
#include <stdbool.h>

#include "rules/setup/kernel/kernel.h"

bool netlink_parse_link(const struct nlmsghdr *message,
			struct kernel_link *ret);
bool netlink_parse_address(const struct nlmsghdr *message,
			   struct kernel_address *ret);
bool netlink_parse_route(const struct nlmsghdr *message,
			 struct kernel_route *ret);
/* Set the n-th next hop in a route that has_hops; false after the last. */
bool netlink_parse_hop(const struct nlmsghdr *message, unsigned int n,
		       struct kernel_route *route);
bool netlink_parse_rule(const struct nlmsghdr *message,
			struct kernel_rule *ret);

#endif
