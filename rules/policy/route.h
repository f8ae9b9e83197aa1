/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * route.h - the routes and classes of a policy, and which route a flow takes.
 */
#ifndef WAYMARK_POLICY_ROUTE_H
#define WAYMARK_POLICY_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/util/diag.h"
#include "rules/policy/balance.h"
#include "rules/policy/facts.h"
#include "rules/policy/types.h"

struct policy;

struct route {
	struct place place;	/* source NULL: no default in the policy */
	const char *text;	/* canonical, for `explain` */
	const char *way;	/* "fibre", "drop", "{ fibre 3, cable 1 }" */
	uint8_t path;		/* also main or drop; 0: see `balance` */
	const struct balance *balance;	/* NULL: one path for all */
	bool is_default;
	enum late_policy late;	/* of flows that match */
};

/* The last route is the default, which always matches. */
size_t policy_routes(const struct policy *policy);
const struct route *policy_route(const struct policy *policy, size_t i);

/* The balances of all routes, each once. */
size_t policy_balances(const struct policy *policy);
const struct balance *policy_balance(const struct policy *policy, size_t i);
/* The path of a flow that matches route `i`. */
uint8_t policy_route_path(const struct policy *policy, size_t i,
			  const struct facts *facts);
/* Whether some flows of a route take this path. */
bool policy_route_takes(const struct route *route, uint8_t path);
/* Whether a route sends all its flows to this path. */
bool policy_has_own_route(const struct policy *policy, uint8_t path);
/* The paths that take over the balanced flows of a path that is down: the other
 * members of its balances, as far as they are up. */
struct path_set policy_balance_others(const struct policy *policy,
				      uint8_t path, bool is_v6);

/*
 * Evaluate route `i`. If the result is unknown, add the payload facts that
 * could decide it to *needs. The sets in `facts` must be of this policy.
 */
enum truth policy_route_holds(const struct policy *policy, size_t i,
			      const struct facts *facts, uint8_t *needs);

/*
 * Find the first route that is true with unknown facts taken as false: the
 * route of the flow if no further payload arrives. Unknown routes that drop are
 * skipped, since a flow that is dropped never shows its payload. The result is
 * not final if it or a route above it is unknown; then *ret_needs has the
 * payload facts that could decide it.
 */
size_t policy_first_route(const struct policy *policy,
			  const struct facts *facts, bool *ret_is_final,
			  uint8_t *ret_needs);

/* Routes `per packet`: the kernel evaluates them for each packet of a client,
 * by headers. They change the path of the packet, not of its flow. */
size_t policy_packet_routes(const struct policy *policy);
const struct route *policy_packet_route(const struct policy *policy, size_t i);
/* The first one that matches a packet, or NULL. */
const struct route *policy_packet_route_of(const struct policy *policy,
					   const struct facts *facts);

size_t policy_classes(const struct policy *policy);
const char *policy_class_name(const struct policy *policy, size_t i);
/* The first class that route `i` names and that matches; -1 for none. */
int policy_route_class(const struct policy *policy, size_t i,
		       const struct facts *facts);
bool policy_route_names_class(const struct policy *policy, size_t route,
			      size_t class);

/* The payload facts (FACT_*) that some route tests. */
uint8_t policy_needs(const struct policy *policy);
/* Whether some route tests the arrival interface. */
bool policy_needs_interface(const struct policy *policy);

#endif
