/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy_private.h - the data of a policy; for policy.c, the compiler and
 * offload only. Others use the functions of policy.h.
 */
#ifndef WAYMARK_POLICY_PRIVATE_H
#define WAYMARK_POLICY_PRIVATE_H

#include <stdatomic.h>

#include "rules/policy/condition.h"
#include "rules/policy/exceptions.h"
#include "rules/hosts/hosts.h"
#include "rules/policy/policy.h"
#include "rules/policy/route_index.h"
#include "rules/tables/domain_table.h"
#include "rules/tables/interface_table.h"
#include "rules/tables/number_table.h"
#include "rules/tables/pattern_set.h"
#include "rules/tables/prefix_table.h"
#include "rules/util/arena.h"

#define ALPN_MAX 32
#define JA4_MAX 32
#define UIDS_MAX 16

struct policy_class {
	const char *name;
	uint32_t node;
};

/* The condition of a route, and the classes that it names. */
struct route_test {
	uint32_t node;
	uint16_t *classes;
	size_t class_count;
};

/* The values of a header condition: ranges, in which a number is stored as an
 * IPv4 address, or the names of interfaces. */
struct header_set {
	const struct exempt_range *ranges;
	const char **names;
	size_t count;
	bool has_hosts;		/* some are addresses of a host name */
};

struct policy {
	struct arena *arena;	/* names, texts, arrays below */
	struct marks marks;
	struct queues queues;
	struct inspect inspect;
	enum late_policy late;
	struct learn learn;
	enum exception_action exceptions[EXCEPTION_COUNT];

	struct uplink *uplinks;
	size_t uplink_count;
	const struct uplink *of_path[MARKS_PATHS];

	struct policy_host *hosts;
	size_t host_count;
	struct name_limits name_limits;

	struct balance *balances;
	size_t balance_count;
	/* For IPv4 and IPv6; a bit for each path, as in a path_set. */
	_Atomic uint64_t down[2][4];

	struct policy_ahead aheads[AHEAD_MAX];
	size_t ahead_count;

	struct exempt *exempts;
	size_t exempt_count;

	struct route *routes;
	struct route_test *tests;
	size_t route_count;
	/* Routes `per packet`: not evaluated for flows. */
	struct route *packet_routes;
	struct route_test *packet_tests;
	size_t packet_route_count;
	struct policy_class *classes;
	size_t class_count;
	struct expect *expects;
	size_t expect_count;
	struct never *nevers;
	size_t never_count;

	struct route_index *index;	/* of all routes but the default */
	struct condition_pool pool;
	struct prefix_table *addresses;
	struct domain_table *domains;
	struct number_table *numbers;
	struct interface_table *interfaces;
	struct pattern_set *patterns;	/* NULL: none */
	struct pattern *pattern_texts;
	size_t pattern_count;
	const char *alpn[ALPN_MAX];
	size_t alpn_count;
	const char *ja4[JA4_MAX];
	size_t ja4_count;

	/* Numbered as in the nodes that test them. */
	struct header_set *address_sets, *number_sets, *interface_sets;
	size_t address_set_count, number_set_count, interface_set_count;
	/* User IDs; at most UIDS_MAX sets. */
	struct header_set *uid_sets;
	size_t uid_set_count;

	bool kernel_routes;
	bool own_table;
	bool strict_first;
	uint8_t needs;
	bool needs_interface;
};

#endif
