/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel.h - the part of rtnetlink's routes, rules, links and addresses that
 * waymark creates or reads.
 */
#ifndef WAYMARK_SETUP_KERNEL_H
#define WAYMARK_SETUP_KERNEL_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "rules/tables/address.h"

/* Identifies our routes and rules (RTA_PROTOCOL, FRA_PROTOCOL); unassigned in
 * iproute2's rt_protos. */
#define KERNEL_PROTOCOL 119
/* The device group that the uplinks are put into. */
#define KERNEL_GROUP 119u

/* RTAX_MTU, RTAX_ADVMSS, ... of linux/rtnetlink.h: those that are numbers. 0:
 * not set. The bits of RTAX_LOCK are values that the user fixed. */
#define KERNEL_METRICS 18

struct kernel_route {
	uint8_t family;		/* AF_INET or AF_INET6 */
	uint8_t type;		/* RTN_UNICAST, RTN_UNREACHABLE, ... */
	uint8_t scope;
	uint8_t protocol;
	bool onlink;
	bool has_via;
	bool has_source;
	bool is_plain;		/* false: it has attributes not kept here */
	bool has_hops;		/* several next hops: netlink_parse_hop() */
	uint32_t table;
	uint32_t metric;
	unsigned int oif;	/* 0: none */
	struct prefix dst;	/* in the shape of address.h */
	struct address via;
	struct address source;	/* preferred: `src` */
	uint32_t metrics[KERNEL_METRICS];
};

/* Ports first to last; 0 to 0: any. */
struct kernel_ports {
	uint16_t first, last;
};

struct kernel_rule {
	uint8_t family;
	uint8_t action;		/* FR_ACT_TO_TBL, FR_ACT_UNREACHABLE, ... */
	uint8_t protocol;
	bool has_from;
	bool has_to;
	bool inverts;		/* `not`: matches what the selectors do not */
	bool is_plain;		/* false: it has selectors not kept here */
	uint32_t pref;
	uint32_t table;
	uint32_t mark;
	uint32_t mask;
	int suppress_length;	/* -1: none */
	int64_t suppress_group;	/* -1: none */
	struct prefix from;
	struct prefix to;
	char oif[IFNAMSIZ];	/* sockets bound to this device; "": any */
	char iif[IFNAMSIZ];	/* "lo": the router's own packets; "": any */
	uint8_t ipproto;	/* 0: any */
	struct kernel_ports sport, dport;
	bool has_users;		/* only sockets of these users */
	uint32_t first_user, last_user;
	uint32_t go_to;		/* FR_ACT_GOTO: a pref further on */
};

struct kernel_link {
	unsigned int index;
	unsigned int flags;	/* IFF_* */
	uint32_t group;
	uint32_t mtu;
	char name[IFNAMSIZ];
};

struct kernel_address {
	unsigned int link;
	uint8_t scope;
	struct address address;
};

/* Whether two are equal in every attribute kept here. */
bool kernel_route_equal(const struct kernel_route *a,
			const struct kernel_route *b);
bool kernel_rule_equal(const struct kernel_rule *a,
		       const struct kernel_rule *b);
/* Whether the kernel would have `a` replace `b`. */
bool kernel_route_same_place(const struct kernel_route *a,
			     const struct kernel_route *b);

/*
 * Write the arguments of `ip -4 route add` and `ip -4 rule add`; `dev` names
 * the route's link. KERNEL_TEXT_MAX is room for any of them.
 */
#define KERNEL_TEXT_MAX 512
char *kernel_route_print(const struct kernel_route *route, const char *dev,
			 char text[static KERNEL_TEXT_MAX]);
char *kernel_rule_print(const struct kernel_rule *rule,
			char text[static KERNEL_TEXT_MAX]);

#endif
