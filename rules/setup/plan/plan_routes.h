/*
 * plan_routes.h - the routes of each uplink's own table.
 */
#ifndef WAYMARK_SETUP_PLAN_ROUTES_H
#define WAYMARK_SETUP_PLAN_ROUTES_H

#include "rules/setup/plan/plan.h"

/* Fill plan->routes and plan->wires for the plan's uplinks. 0 or -ENOMEM. */
int plan_routes_make(struct plan *plan, const struct policy *policy,
		     const struct state *state);

/* The uplink that stands in for `uplink` the `steps`-th time, 0: itself; -1
 * past the last, also where the chain bites its tail. */
int plan_routes_fallback(const struct policy *policy, size_t uplink,
			 size_t steps);
/* The uplink whose default has `metric` in the table of `uplink`; or -1. */
int plan_routes_of_metric(const struct policy *policy, uint8_t family,
			  size_t uplink, uint32_t metric);
/* Whether the uplink's own table leads out by its own device. */
bool plan_routes_has_way(const struct plan *plan, uint8_t family,
			 size_t uplink);

/* Whether the uplink names a gateway that no prefix of its device holds, though
 * the device has some and other hosts on it. */
bool plan_routes_is_stray(const struct policy *policy,
			  const struct state *state, uint8_t family,
			  size_t uplink);

/* Of several uplinks on `link` the one that has `address`; -1: that cannot be
 * told, as it cannot be of one alone. */
int plan_routes_owner(const struct plan *plan, unsigned int link,
		      const struct address *address);

/* Whether traffic of a path must not leak when its paths are gone: `strict`,
 * said by the uplink or by the one that stands in for it last. */
bool plan_routes_strict(const struct policy *policy, size_t uplink);
/* Who has the traffic of `uplink`, in words, where `carrier` carries it, which
 * may be PLAN_NOBODY: an uplink's name, "main", or NULL: it is refused. */
const char *plan_routes_active_uplink(const struct policy *policy, size_t uplink,
				uint8_t active);

#endif
