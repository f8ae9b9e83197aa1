/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reach.h - which flows reach each route of a policy: a proof for routes that
 * none reaches.
 *
 * A flow reaches a route that decides it, at its first packet, when its payload
 * is known, or at any point between. Payload that is not known yet counts as
 * absent, except that a route that drops has to be certain. A condition that
 * tests a host name in place of an address, or a list that is empty now, is not
 * judged.
 */
#ifndef WAYMARK_REACH_H
#define WAYMARK_REACH_H

#include "rules/compare/outcomes.h"

struct reach_route {
	bool is_unsure;		/* not judged: the rest is not set */
	uint32_t matches;	/* the flows that may match it */
	uint32_t covers;	/* the flows that never pass it */
	uint32_t reaches;	/* the flows that reach it; FALSE: none */
};

struct reach {
	struct outcomes outcomes;
	struct reach_route *routes;	/* without the default */
	size_t count;			/* as far as the limits allowed */
	bool is_complete;
};

/*
 * Find the flows that reach each route of the policy, which is borrowed, with
 * up to `max_nodes` nodes and, once its lists are divided, for about `max_ms`. 0 or -ENOMEM. reach_fini() in
 * either case.
 */
int reach_init(struct reach *reach, const struct policy *policy,
	       const struct vocabulary *vocabulary, size_t max_nodes,
	       uint64_t max_ms);
void reach_fini(struct reach *reach);

#endif
