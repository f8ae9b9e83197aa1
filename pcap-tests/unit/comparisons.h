/* SPDX-License-Identifier: GPL-2.0-or-later */
/* comparisons.h - random policies and flows, and what the engine decides about
 * them, to compare with the results of rules/compare. */
#ifndef WAYMARK_COMPARISONS_H
#define WAYMARK_COMPARISONS_H

#include "rules/compare/compare.h"

/* Two policies that share most routes. */
void comparisons_pair(size_t routes, struct policy *ret[2]);
/* A policy with one `expect never` line. */
struct policy *comparisons_never(size_t routes);
struct region_flow comparisons_flow(const struct space *space);

/* The real decision for a flow. */
struct engine_answer {
	const struct exempt *exempt;
	const char *first, *last, *class_name, *packet;
	unsigned int late;
};

/* What policy `k` makes of the flow. */
struct engine_answer comparisons_answer(const struct space *space, size_t k,
					const struct region_flow *flow);
bool comparisons_differ(const struct engine_answer *a,
			const struct engine_answer *b);

/* Find the classes of a flow by its values. */
void comparisons_locate(struct space *space, struct region_flow *flow);
/* Whether the region has the flow, which was located. */
bool comparisons_has(const struct space *space, uint32_t region,
		     const struct region_flow *flow);
/* Whether the uplink of an outcome depends on a hash. */
bool comparisons_hashed(const struct outcomes *o, uint32_t outcome);

#endif
