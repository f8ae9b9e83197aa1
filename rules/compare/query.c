/* SPDX-License-Identifier: GPL-2.0-or-later */
/* query.c - find the flows that have an outcome, see query.h. */
#include "rules/compare/query.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int query_init(struct query *q, const struct policy *policy,
	       const struct vocabulary *vocabulary, size_t max_nodes)
{
	const struct policy *const policies[] = { policy };
	int rc;

	memset(q, 0, sizeof(*q));
	rc = outcomes_init(&q->outcomes, policies, 1, vocabulary, max_nodes);
	if (rc < 0)
		return rc;
	q->all = outcomes_of(&q->outcomes, 0);
	if (q->outcomes.space.is_short)
		return -ENOMEM;
	return diagram_is_full(q->outcomes.space.diagram) ? -E2BIG : 0;
}

void query_fini(struct query *q)
{
	outcomes_fini(&q->outcomes);
	free(q->answers);
}

static bool takes(const struct outcomes *o, uint32_t way,
		  const struct path_set *paths)
{
	for (int path = 0; path < 256; path++)
		if (path_set_has(paths, (uint8_t)path) &&
		    outcomes_may_take(o, 0, way, (uint8_t)path))
			return true;
	return false;
}

static bool is_meant(const struct outcomes *o, const struct outcome *outcome,
		     const struct never *never)
{
	if (never->outcome == OUTCOME_NONE)
		return true;
	if (outcome->is_exempt || never->outcome == OUTCOME_EXEMPT)
		return outcome->is_exempt &&
		       never->outcome == OUTCOME_EXEMPT;
	if (takes(o, outcome->first, &never->paths))
		return true;
	if (never->is_first)
		return false;
	return (strcmp(outcome->late, "keep") != 0 &&
		takes(o, outcome->last, &never->paths)) ||
	       takes(o, outcome->packet, &never->paths);
}

static uint32_t is_equal(void *ctx, uint32_t a, uint32_t unused)
{
	const uint32_t *wanted = ctx;

	(void)unused;
	return a == *wanted;
}

/* Add the flows of one outcome, if there are any. */
static void add_answer(struct query *q, uint32_t asked, uint32_t outcome)
{
	struct outcomes *o = &q->outcomes;
	const struct diagram_operation equal = { ++o->operations, is_equal,
						 &outcome };
	struct answer answer = { .outcome = outcome };

	answer.region = diagram_and(
		o->space.diagram, asked,
		diagram_combine(o->space.diagram, &equal, q->all,
				diagram_leaf(0)));
	if (region_pick(&o->space, answer.region, &answer.flow) &&
	    space_grow(&o->space, &q->answers, &q->room, q->count,
		       sizeof(*q->answers)))
		q->answers[q->count++] = answer;
}

int query_ask(struct query *q, const struct never *never)
{
	struct outcomes *o = &q->outcomes;
	uint32_t asked = diagram_and(o->space.diagram, o->space.valid,
				     outcomes_condition(o, 0, never->node,
							VIEW_FULL));

	q->count = 0;
	for (size_t i = 0; i < o->count; i++)
		if (is_meant(o, &o->items[i], never))
			add_answer(q, asked, (uint32_t)i);
	if (o->space.is_short)
		return -ENOMEM;
	return diagram_is_full(o->space.diagram) ? -E2BIG : 0;
}
