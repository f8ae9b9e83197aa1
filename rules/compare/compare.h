/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compare.h - the flows that two policies treat differently: all of them, or a
 * proof that there are none.
 */
#ifndef WAYMARK_COMPARE_H
#define WAYMARK_COMPARE_H

#include "rules/compare/outcomes.h"
#include "rules/compare/region.h"

/* Nodes of a diagram: about 600 MB. */
#define COMPARE_NODES ((size_t)1 << 24)

/* All flows with one outcome before and another after. */
struct difference {
	uint32_t region;
	uint32_t before, after;		/* numbers of outcomes.items */
	struct region_flow flow;	/* one of them */
};

struct comparison {
	struct outcomes outcomes;
	struct difference *items;
	size_t count, room;
};

/*
 * Compare two policies, which are borrowed. 0, -ENOMEM, or -E2BIG if the
 * policies are too complex. comparison_fini() in either case.
 */
int comparison_make(struct comparison *comparison,
		    const struct policy *before, const struct policy *after,
		    const struct vocabulary *vocabulary, size_t max_nodes);
void comparison_fini(struct comparison *comparison);

/* What becomes of one flow by policy `k`. */
struct course {
	bool is_exempt;			/* the rest is not set */
	const char *first, *last;	/* names of uplinks, main or drop */
	const char *late;		/* "" if the two are equal */
	const char *class_name;		/* NULL: none */
	const char *packet;		/* by a route per packet, or NULL */
	size_t route;			/* that decides in the end */
};

void comparison_course(const struct outcomes *outcomes, size_t k,
		       const struct outcome *outcome,
		       const struct region_flow *flow, struct course *ret);
/* Whether two courses differ in more than their routes. */
bool comparison_differs(const struct course *a, const struct course *b);

#endif
