/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * query.h - which flows of a policy have an outcome: all of them.
 */
#ifndef WAYMARK_QUERY_H
#define WAYMARK_QUERY_H

#include "rules/compare/compare.h"
#include "rules/policy/expectation.h"

/* The flows that were asked for and have one outcome. */
struct answer {
	uint32_t region;
	uint32_t outcome;		/* number of outcomes.items */
	struct region_flow flow;	/* one of them */
};

struct query {
	struct outcomes outcomes;
	uint32_t all;			/* the outcomes of all flows */
	struct answer *answers;		/* of the latest question */
	size_t count, room;
};

/* 0, -ENOMEM, or -E2BIG if the policy is too complex; the policy is borrowed.
 * query_fini() in any case. */
int query_init(struct query *query, const struct policy *policy,
	       const struct vocabulary *vocabulary, size_t max_nodes);
void query_fini(struct query *query);

/*
 * Find the flows that match the condition of `never`, which is of this policy,
 * and take one of its paths: the first packet, or the flow in the end unless it
 * keeps its first uplink, or packets with a route of their own.
 */
int query_ask(struct query *query, const struct never *never);

#endif
