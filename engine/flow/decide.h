/*
 * decide.h - which route a flow takes, by what is known of it so far.
 * One function for the live engine, replay, expect and explain.
 */
#ifndef WAYMARK_DECIDE_H
#define WAYMARK_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/policy/policy.h"

struct decision {
	uint16_t route;		/* index: the first route that is true */
	bool is_final;		/* nothing above it is unknown */
	uint8_t needs;		/* FACT_* that could make another one true */
	uint8_t path;		/* the route's, for this flow */
};

/*
 * Walk the routes in order: the first true one decides; final when none above
 * it is unknown, else provisional. A provisional drop drops: what a policy
 * wants dropped does not leak while payload is waited for.
 */
void decide(const struct policy *policy, const struct facts *facts,
	    struct decision *ret);

/*
 * What becomes of a flow that left by `from` when `route` takes it to `to`:
 * what the route says, else the uplink it left by, else the one it should
 * leave by, else the policy. If nobody says, it keeps its path where either of
 * the two masquerades, since the first packet has fixed NAT, and moves
 * elsewhere. A drop is never kept out, and never kept. Never
 * LATE_AUTO.
 */
enum late_policy decide_late(const struct policy *policy, uint16_t route,
			     uint8_t from, uint8_t to);

#endif
