/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * strict.h - what it takes to keep the flows of a strict uplink on it: where
 * they start, what happens to those that started elsewhere, and what happens to
 * packets that get no verdict.
 */
#ifndef WAYMARK_POLICY_STRICT_H
#define WAYMARK_POLICY_STRICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/policy/types.h"

struct facts;
struct policy;
struct route;

/* Whether traffic of the uplink must not fall back to the main table: it or one
 * of its fallbacks is strict. */
bool policy_uplink_is_strict(const struct policy *policy, size_t uplink);
/* The same for the uplink of a path. */
bool policy_is_strict(const struct policy *policy, uint8_t path);

/*
 * What happens to flows of `uplink` that use uplink `from`, or main if it is
 * negative, when a better one is up again. Those of a strict uplink stay only
 * where they cannot leak to main later. Never FAILBACK_AUTO.
 */
enum failback_policy policy_failback(const struct policy *policy,
				     size_t uplink, int from);

/* Whether some flows of the route take a strict path. */
bool policy_takes_strict(const struct policy *policy,
			 const struct route *route);
/* Whether route `i` or one below it leads to a strict path. */
bool policy_strict_from(const struct policy *policy, size_t i);

/* The uplink of the first route that leads to a strict path; -1: none does. */
int policy_strict_uplink(const struct policy *policy);

/*
 * With `strict first`: the strict path that a flow has to start on because an
 * undecided route above route `i` leads to it. 0 if there is none.
 */
uint8_t policy_strict_claim(const struct policy *policy, size_t i,
			    const struct facts *facts);

/*
 * The late policy of a flow that started on path `from` and belongs to route
 * late `late` and path `to`: the first of route, uplinks and policy that names
 * one. By default a flow that NAT has bound to its uplink is kept, but reset if
 * it belongs to a strict uplink; others move. Never LATE_AUTO.
 */
enum late_policy policy_late_of(const struct policy *policy,
				enum late_policy late, uint8_t from,
				uint8_t to);

/*
 * Set how packets without a verdict are treated (`queues`), unless the policy
 * specifies it: without a strict uplink the main table routes them. If only the
 * default route leads to a strict uplink, they take that route. Otherwise they
 * are dropped, since each may belong to any strict uplink.
 */
void policy_set_unanswered(struct policy *policy);

#endif
