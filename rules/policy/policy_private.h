/*
 * policy_private.h - what a policy is made of. Only policy*.c, the compiler and
 * offload*.c include this; everyone else asks through policy.h.
 */
#ifndef WAYMARK_POLICY_PRIVATE_H
#define WAYMARK_POLICY_PRIVATE_H

#include <stdatomic.h>

#include "rules/util/arena.h"
#include "rules/policy/condition.h"
#include "rules/tables/domain_table.h"
#include "rules/tables/interface_table.h"
#include "rules/tables/number_table.h"
#include "rules/tables/pattern_set.h"
#include "rules/policy/policy.h"
#include "rules/tables/prefix_table.h"
#include "rules/policy/route_index.h"

#define ALPN_MAX 32
#define JA4_MAX 32
#define UIDS_MAX 16
#define PATHS_MAX 256

struct policy_class {
	const char *name;
	uint32_t node;
};

/* Beside each struct route: what it tests, and the classes it names. */
struct route_test {
	uint32_t node;
	uint16_t *classes;
	size_t class_count;
};

/* The values of a header condition: numbers stand where an IPv4 address has
 * its own; of interfaces the names. */
struct header_set {
	const struct exempt_range *ranges;
	const char **names;
	size_t count;
};

struct policy {
	struct arena *arena;	/* names, texts, arrays below */
	struct marks marks;
	struct queues queues;
	struct inspect inspect;
	enum late_policy late;
	struct learn learn;

	struct uplink *uplinks;
	size_t uplink_count;
	const struct uplink *of_path[PATHS_MAX];

	struct policy_host *hosts;
	size_t host_count;
	struct name_limits name_limits;

	struct balance *balances;
	size_t balance_count;
	/* Of IPv4 and IPv6, a bit each path, as in a path_set. */
	_Atomic uint64_t down[2][4];

	struct exempt *exempts;
	size_t exempt_count;

	struct route *routes;
	struct route_test *tests;
	size_t route_count;
	/* Those `per packet`: never asked about flows. */
	struct route *packet_routes;
	struct route_test *packet_tests;
	size_t packet_route_count;
	struct policy_class *classes;
	size_t class_count;
	struct expect *expects;
	size_t expect_count;

	struct route_index *index;	/* of all routes but the default */
	struct condition_pool pool;
	struct prefix_table *addresses;
	struct domain_table *domains;
	struct number_table *numbers;
	struct interface_table *interfaces;
	struct pattern_set *patterns;	/* NULL: no condition has one */
	const char *alpn[ALPN_MAX];
	size_t alpn_count;
	const char *ja4[JA4_MAX];
	size_t ja4_count;

	/* By the numbers that nodes test. */
	struct header_set *address_sets, *number_sets, *interface_sets;
	size_t address_set_count, number_set_count, interface_set_count;
	/* Users, as numbers are; at most UIDS_MAX. */
	struct header_set *uid_sets;
	size_t uid_set_count;

	bool kernel_routes;
	uint8_t needs;
	bool needs_interface;
};

#endif
