/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compare.c - find what two policies treat differently, see compare.h. */
#include "rules/compare/compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/compare/ways.h"
#include "rules/policy/policy_private.h"

/* Flows that are tried where only a hash distinguishes the policies. */
#define COMBINATIONS 512
#define TRIES 1000

struct pairs {
	struct comparison *c;
	uint32_t wanted;
};

/* 0, or the number of the pair from 1. */
static uint32_t pair(void *ctx, uint32_t before, uint32_t after)
{
	struct pairs *pairs = ctx;
	struct comparison *c = pairs->c;

	if (before == after)
		return 0;
	for (size_t i = 0; i < c->count; i++)
		if (c->items[i].before == before && c->items[i].after == after)
			return (uint32_t)i + 1;
	if (!space_grow(&c->outcomes.space, &c->items, &c->room, c->count,
			sizeof(*c->items)))
		return 0;
	c->items[c->count] = (struct difference){ .before = before,
						  .after = after };
	return (uint32_t)++c->count;
}

static uint32_t is_wanted(void *ctx, uint32_t a, uint32_t unused)
{
	const struct pairs *pairs = ctx;

	(void)unused;
	return a == pairs->wanted;
}

void comparison_course(const struct outcomes *o, size_t k,
		       const struct outcome *outcome,
		       const struct region_flow *flow, struct course *ret)
{
	const struct policy *p = o->space.policies[k];
	struct facts facts;
	uint8_t first, last, needs;
	bool is_final;

	*ret = (struct course){ .is_exempt = outcome->is_exempt };
	if (outcome->is_exempt)
		return;
	region_facts(&o->space, k, flow, &facts);
	first = outcomes_path(o, k, outcome->first, &facts);
	last = outcomes_path(o, k, outcome->last, &facts);
	ret->first = policy_path_name(p, first);
	ret->last = policy_path_name(p, last);
	ret->class_name = outcome->class_name;
	ret->route = policy_first_route(p, &facts, &is_final, &needs);
	ret->late = ways_late_word(p, p->routes[ret->route].late, first, last);
	if (outcome->packet != WAY_NONE)
		ret->packet = policy_path_name(
			p, outcomes_path(o, k, outcome->packet, &facts));
}

bool comparison_differs(const struct course *a, const struct course *b)
{
	if (a->is_exempt || b->is_exempt)
		return a->is_exempt != b->is_exempt;
	return strcmp(a->first, b->first) != 0 ||
	       strcmp(a->last, b->last) != 0 ||
	       strcmp(a->late, b->late) != 0 ||
	       !ways_same_text(a->class_name, b->class_name) ||
	       !ways_same_text(a->packet, b->packet);
}

static bool is_hashed(const struct outcomes *o, uint32_t outcome)
{
	const struct outcome *item = &o->items[outcome];

	return !item->is_exempt && (outcomes_is_hashed(o, item->first) ||
				    outcomes_is_hashed(o, item->last));
}

static bool flow_differs(const struct comparison *c,
			 const struct difference *difference)
{
	const struct outcomes *o = &c->outcomes;
	struct course before, after;

	comparison_course(o, 0, &o->items[difference->before],
			  &difference->flow, &before);
	comparison_course(o, 1, &o->items[difference->after],
			  &difference->flow, &after);
	return comparison_differs(&before, &after);
}

/* The flows whose headers that a balance hashes are of the classes of `flow`. */
static uint32_t alike(struct space *space, const struct region_flow *flow)
{
	static const enum axis hashed[] = {
		AXIS_TO, AXIS_FROM, AXIS_SPORT, AXIS_DPORT, AXIS_PROTO,
		AXIS_FAMILY,
	};
	uint32_t ref = DIAGRAM_TRUE;

	for (size_t i = 0; i < sizeof(hashed) / sizeof(hashed[0]); i++)
		ref = diagram_and(space->diagram,
				  space_of_class(space, hashed[i],
						 flow->classes[hashed[i]]),
				  ref);
	return ref;
}

/* Two balances may send a flow to the same uplink: look for one that they do
 * not, in one combination of classes after the other. */
static bool find_flow(struct comparison *c, struct difference *difference)
{
	struct outcomes *o = &c->outcomes;
	uint32_t left = difference->region;

	for (int i = 0; i < COMBINATIONS &&
			region_pick(&o->space, left, &difference->flow); i++) {
		if (!is_hashed(o, difference->before) &&
		    !is_hashed(o, difference->after))
			return true;
		for (size_t n = 0; n < TRIES; n++) {
			if (flow_differs(c, difference))
				return true;
			region_vary(&o->space, &difference->flow, n);
		}
		left = diagram_choose(o->space.diagram,
				      alike(&o->space, &difference->flow),
				      DIAGRAM_FALSE, left);
	}
	return false;
}

static void find_regions(struct comparison *c, uint32_t pairs_of)
{
	struct outcomes *o = &c->outcomes;
	size_t kept = 0;

	for (size_t i = 0; i < c->count; i++) {
		struct pairs ctx = { c, (uint32_t)i + 1 };
		const struct diagram_operation wanted = { ++o->operations,
							  is_wanted, &ctx };
		struct difference *d = &c->items[i];

		d->region = diagram_combine(o->space.diagram, &wanted,
					    pairs_of, diagram_leaf(0));
		if (find_flow(c, d))
			c->items[kept++] = *d;
	}
	c->count = kept;
}

int comparison_make(struct comparison *c, const struct policy *before,
		    const struct policy *after,
		    const struct vocabulary *vocabulary, size_t max_nodes)
{
	const struct policy *policies[] = { before, after };
	struct pairs ctx = { c, 0 };
	struct outcomes *o = &c->outcomes;
	struct diagram_operation both;
	uint32_t pairs_of;
	int rc;

	memset(c, 0, sizeof(*c));
	rc = outcomes_init(o, policies, 2, vocabulary, max_nodes);
	if (rc < 0)
		return rc;
	both = (struct diagram_operation){ ++o->operations, pair, &ctx };
	pairs_of = diagram_combine(o->space.diagram, &both, outcomes_of(o, 0),
				   outcomes_of(o, 1));
	pairs_of = diagram_choose(o->space.diagram, o->space.valid, pairs_of,
				  diagram_leaf(0));
	if (!diagram_is_full(o->space.diagram))
		find_regions(c, pairs_of);
	if (o->space.is_short)
		return -ENOMEM;
	return diagram_is_full(o->space.diagram) ? -E2BIG : 0;
}

void comparison_fini(struct comparison *c)
{
	outcomes_fini(&c->outcomes);
	free(c->items);
}
