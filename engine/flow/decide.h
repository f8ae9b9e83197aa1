/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide.h - choose a flow's route by what is known about it so far. Live
 * engine, replay, expect and explain share this code.
 */
#ifndef WAYMARK_DECIDE_H
#define WAYMARK_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/policy/policy.h"

struct decision {
	uint16_t route;		/* index of the first route that matches */
	bool is_final;		/* no route above it is undecided */
	uint8_t needs;		/* FACT_* that could make another route match */
	uint8_t path;		/* the route's for this flow, or the claim's */
	bool is_claimed;	/* `strict first`: provisional on the path of an
				 * undecided route above it */
};

/*
 * Walk the routes in order: the first match decides. It is final if neither it
 * nor a route above it is undecided, else provisional: unknown facts count as
 * false, as they do when the inspection ends. Undecided routes that drop are
 * skipped; the default may drop, so that nothing the policy blocks leaks while
 * payload is awaited. With `strict first`, an undecided route to a strict uplink
 * claims the flow until it is decided.
 */
void decide(const struct policy *policy, const struct facts *facts,
	    struct decision *ret);

/*
 * Choose what happens to a flow that left by path `from` when `route` settles
 * it on path `to`: policy_late_of(), but flows into and out of drop always
 * move. Never returns LATE_AUTO.
 */
enum late_policy decide_late(const struct policy *policy, uint16_t route,
			     uint8_t from, uint8_t to);

#endif
