/*
 * decide.h - which route a flow takes, by what is known of it so far.
 * One function for the live engine, replay, expect and explain.
 */
#ifndef WAYMARK_DECIDE_H
#define WAYMARK_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/policy.h"

struct decision {
	uint16_t route;		/* index: the first route that is true */
	bool is_final;		/* nothing above it is unknown */
	uint8_t needs;		/* FACT_* that could make another one true */
	uint8_t road;		/* to leave by: the route's, except that a drop
				 * which is not final does not drop */
};

/*
 * Walk the routes in order: the first true one decides; final when none above
 * it is unknown, or when all of those drop as it does; else provisional. While
 * a provisional route drops, the road is that of the first unknown one above
 * that does not.
 */
void decide(const struct policy *policy, const struct facts *facts,
	    struct decision *ret);

/*
 * The road of a flow that left by `from` when the final verdict says `to`:
 * `to` under `late move`, `from` under `late keep`; by default `from` where
 * either road masquerades, since the first packet has fixed NAT, else `to`.
 * A drop is never kept out.
 */
uint8_t decide_late(const struct policy *policy, uint8_t from, uint8_t to);

#endif
