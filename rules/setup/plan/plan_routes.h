/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_routes.h - plan the routes of each uplink's table.
 */
#ifndef WAYMARK_SETUP_PLAN_ROUTES_H
#define WAYMARK_SETUP_PLAN_ROUTES_H

#include "rules/setup/plan/plan.h"

/* Fill plan->routes and plan->subnets for the plan's uplinks. 0 or -ENOMEM. */
int plan_routes_make(struct plan *plan, const struct policy *policy,
		     const struct state *state);

/* The fallback of `uplink` after `steps` steps, 0: itself; -1 after the last,
 * also where the chain returns to `uplink`. */
int plan_routes_fallback(const struct policy *policy, size_t uplink,
			 size_t steps);
/* The uplink whose default has `metric` in the table of `uplink`, or -1. */
int plan_routes_of_metric(const struct policy *policy, uint8_t family,
			  size_t uplink, uint32_t metric);
/* Whether the uplink's table has a default by its own device. */
bool plan_routes_has_default(const struct plan *plan, uint8_t family,
			 size_t uplink);

/* Whether the uplink names a gateway that is in no prefix of its device, and
 * does not have `onlink`; false for a device without prefixes, and for a
 * point-to-point one. */
bool plan_routes_gateway_is_off_link(const struct policy *policy,
			  const struct state *state, uint8_t family,
			  size_t uplink);

/* Of several uplinks on `link`, the one whose subnet has the address; or -1. */
int plan_routes_subnet_owner(const struct plan *plan, unsigned int link,
		      const struct address *address);

/* The name of the uplink that `active` stands for, which may be PLAN_NO_UPLINK:
 * then "main", or NULL if traffic of `uplink` is refused. */
const char *plan_routes_active_uplink(const struct policy *policy,
				      size_t uplink, uint8_t active);

/* Whether main's default, or one of its first ones, leaves by the link. */
bool plan_routes_is_main(const struct state *state, uint8_t family,
			 unsigned int link);

#endif
