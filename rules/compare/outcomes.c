/* SPDX-License-Identifier: GPL-2.0-or-later */
/* outcomes.c - conditions and routes as diagrams, see outcomes.h. */
#include "rules/compare/outcomes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/compare/ways.h"
#include "rules/policy/policy_private.h"
#include "rules/policy/strict.h"

#define UNKNOWN_VIEW UINT32_MAX

/* ---- conditions ---- */

static uint32_t view_of(struct outcomes *o, size_t k, uint32_t node,
			enum view view);

/* Join children in pairs, so that none is walked for each of the others. */
static uint32_t join(struct outcomes *o, size_t k, const uint32_t *children,
		     size_t count, bool is_and, enum view view)
{
	struct diagram *d = o->space.diagram;
	uint32_t a, b;

	if (count == 0)
		return is_and ? DIAGRAM_TRUE : DIAGRAM_FALSE;
	if (count == 1)
		return view_of(o, k, children[0], view);
	a = join(o, k, children, count / 2, is_and, view);
	b = join(o, k, children + count / 2, count - count / 2, is_and, view);
	return is_and ? diagram_and(d, a, b) : diagram_or(d, a, b);
}

static uint32_t compute_view(struct outcomes *o, size_t k, uint32_t node,
			     enum view view)
{
	const struct condition_pool *pool = &o->space.policies[k]->pool;
	const struct node *n = &pool->nodes[node];
	struct diagram *d = o->space.diagram;
	bool is_header = condition_facts(pool, node) == 0;

	if (is_header && view != VIEW_FULL) {
		uint32_t full = view_of(o, k, node, VIEW_FULL);

		return view == VIEW_FALSE ? diagram_not(d, full) : full;
	}
	if (n->kind == NODE_AND || n->kind == NODE_OR)
		return join(o, k, pool->children + n->value, n->count,
			    (n->kind == NODE_AND) != (view == VIEW_FALSE),
			    view);
	if (n->kind == NODE_NOT && (view == VIEW_TRUE || view == VIEW_FALSE))
		return view_of(o, k, n->value, view == VIEW_TRUE ? VIEW_FALSE :
								   VIEW_TRUE);
	if (n->kind == NODE_NOT)
		return diagram_not(d, view_of(o, k, n->value, view));
	/* A leaf that tests payload is neither true nor false before. */
	return view == VIEW_FULL ? space_leaf(&o->space, k, node) :
				   DIAGRAM_FALSE;
}

static uint32_t view_of(struct outcomes *o, size_t k, uint32_t node,
			enum view view)
{
	uint32_t *known = &o->views[k][view][node];

	if (*known == UNKNOWN_VIEW)
		*known = compute_view(o, k, node, view);
	return *known;
}

uint32_t outcomes_condition(struct outcomes *o, size_t k, uint32_t node,
			    enum view view)
{
	return view_of(o, k, node, view);
}

static uint32_t route_view(struct outcomes *o, size_t k, size_t route,
			   enum view view)
{
	return view_of(o, k, o->space.policies[k]->tests[route].node, view);
}

uint32_t outcomes_exempt(struct outcomes *o, size_t k)
{
	const struct policy *p = o->space.policies[k];
	uint32_t ref = DIAGRAM_FALSE;

	for (size_t i = 0; i < p->exempt_count; i++)
		ref = diagram_or(o->space.diagram, ref,
				 space_of_set(&o->space,
					      p->exempts[i].to ? AXIS_TO :
								 AXIS_FROM,
					      k, p->exempts[i].set));
	return ref;
}

/* ---- the final verdict ---- */

static uint32_t ending_leaf(struct outcomes *o, uint32_t way,
			    enum late_policy late, const char *class_name)
{
	for (size_t i = 0; i < o->ending_count; i++)
		if (o->endings[i].way == way && o->endings[i].late == late &&
		    ways_same_text(o->endings[i].class_name, class_name))
			return diagram_leaf((uint32_t)i);
	if (!space_grow(&o->space, &o->endings, &o->ending_room,
			o->ending_count, sizeof(*o->endings)))
		return DIAGRAM_FALSE;
	o->endings[o->ending_count] = (struct ending){ way, late, class_name };
	return diagram_leaf((uint32_t)o->ending_count++);
}

/* A balance depends on the family and on whether the flow is local. */
static uint32_t ending_of(struct outcomes *o, size_t k,
			  const struct route *route, const char *class_name)
{
	struct diagram *d = o->space.diagram;
	uint32_t leaves[2][2];

	for (int v6 = 0; v6 < 2; v6++)
		for (int local = 0; local < 2; local++)
			leaves[v6][local] = ending_leaf(
				o, ways_of_route(o, k, route, v6, local),
				route->late, class_name);
	return diagram_choose(
		d, o->space.is_local,
		diagram_choose(d, o->space.is_v4, leaves[0][1], leaves[1][1]),
		diagram_choose(d, o->space.is_v4, leaves[0][0], leaves[1][0]));
}

static uint32_t endings_of(struct outcomes *o, size_t k, size_t route)
{
	const struct policy *p = o->space.policies[k];
	const struct route_test *test = &p->tests[route];
	uint32_t ref = ending_of(o, k, &p->routes[route], NULL);

	for (size_t c = test->class_count; c-- > 0;) {
		const struct policy_class *class = &p->classes[test->classes[c]];

		ref = diagram_choose(o->space.diagram,
				     view_of(o, k, class->node, VIEW_FULL),
				     ending_of(o, k, &p->routes[route],
					       class->name), ref);
	}
	return ref;
}

static uint32_t last_of(struct outcomes *o, size_t k)
{
	size_t i = o->space.policies[k]->route_count - 1;
	uint32_t ref = endings_of(o, k, i);

	while (i-- > 0)
		ref = diagram_choose(o->space.diagram,
				     route_view(o, k, i, VIEW_FULL),
				     endings_of(o, k, i), ref);
	return ref;
}

static uint32_t way_of_ending(void *ctx, uint32_t ending, uint32_t unused)
{
	const struct outcomes *o = ctx;

	(void)unused;
	return o->endings[ending].way;
}

/* ---- the first verdict ---- */

static uint32_t way_leaves(struct outcomes *o, size_t k,
			   const struct route *route)
{
	struct diagram *d = o->space.diagram;
	uint32_t l[2][2];

	for (int v6 = 0; v6 < 2; v6++)
		for (int local = 0; local < 2; local++)
			l[v6][local] = diagram_leaf(
				ways_of_route(o, k, route, v6, local));
	return diagram_choose(d, o->space.is_local,
			      diagram_choose(d, o->space.is_v4, l[0][1],
					     l[1][1]),
			      diagram_choose(d, o->space.is_v4, l[0][0],
					     l[1][0]));
}

struct claim {
	struct outcomes *o;
	size_t k;
};

/* The way of a flow that an undecided route to `way` may claim. */
static uint32_t claimed(void *ctx, uint32_t way, uint32_t otherwise)
{
	struct claim *claim = ctx;

	return ways_claim(claim->o, claim->k, way, otherwise);
}

static bool is_drop(const struct policy *p, const struct route *route)
{
	return route->balance == NULL && route->path == p->marks.path_drop;
}

/* Before payload: a route that drops has to be certain, unless it is the
 * default; and with `strict first` an undecided route above claims the flow,
 * except one that is dropped. */
static uint32_t first_of(struct outcomes *o, size_t k)
{
	const struct policy *p = o->space.policies[k];
	struct claim ctx = { o, k };
	const struct diagram_operation claim = { ++o->operations, claimed,
						 &ctx };
	struct diagram *d = o->space.diagram;
	size_t i = p->route_count - 1;
	uint32_t first = way_leaves(o, k, &p->routes[i]);
	uint32_t dropped = is_drop(p, &p->routes[i]) ? DIAGRAM_TRUE :
						       DIAGRAM_FALSE;

	while (i-- > 0) {
		const struct route *route = &p->routes[i];
		bool drops = is_drop(p, route);
		uint32_t way = way_leaves(o, k, route);
		uint32_t taken = route_view(o, k, i, drops ? VIEW_TRUE :
							     VIEW_GUESS);

		if (p->strict_first && policy_takes_strict(p, route)) {
			uint32_t open = diagram_not(d, diagram_or(
				d, route_view(o, k, i, VIEW_TRUE),
				route_view(o, k, i, VIEW_FALSE)));

			open = diagram_and(d, open, diagram_not(d, dropped));
			first = diagram_choose(
				d, open, diagram_combine(d, &claim, way, first),
				first);
		}
		first = diagram_choose(d, taken, way, first);
		dropped = diagram_choose(d, taken, drops ? DIAGRAM_TRUE :
							   DIAGRAM_FALSE,
					 dropped);
	}
	return first;
}

/* ---- together ---- */

static bool same_outcome(const struct outcome *a, const struct outcome *b)
{
	return a->is_exempt == b->is_exempt && a->first == b->first &&
	       a->last == b->last && a->packet == b->packet &&
	       ways_same_text(a->late, b->late) &&
	       ways_same_text(a->class_name, b->class_name);
}

/* Takes over outcome->late. */
static uint32_t intern_outcome(struct outcomes *o, struct outcome *outcome)
{
	size_t i = 0;

	while (i < o->count && !same_outcome(&o->items[i], outcome))
		i++;
	if (i < o->count || !space_grow(&o->space, &o->items, &o->room,
					o->count, sizeof(*o->items))) {
		free(outcome->late);
		return i < o->count ? (uint32_t)i : 0;
	}
	o->items[o->count] = *outcome;
	return (uint32_t)o->count++;
}

struct meeting {
	struct outcomes *o;
	size_t k;
};

static uint32_t meet(void *ctx, uint32_t first, uint32_t ending)
{
	struct meeting *meeting = ctx;
	struct outcomes *o = meeting->o;
	struct outcome outcome = {
		.first = first,
		.last = o->endings[ending].way,
		.late = ways_late(o, meeting->k, first,
				  o->endings[ending].way,
				  o->endings[ending].late),
		.class_name = o->endings[ending].class_name,
		.packet = WAY_NONE,
	};

	if (outcome.late == NULL)
		o->space.is_short = true;
	return intern_outcome(o, &outcome);
}

/* A packet of a flow that is not dropped takes its own route. */
static uint32_t meet_packet(void *ctx, uint32_t outcome, uint32_t way)
{
	struct meeting *meeting = ctx;
	struct outcomes *o = meeting->o;
	struct outcome with = o->items[outcome];
	const struct way *last = &o->ways[with.last];

	if (way == 0 || strcmp(last->text, "drop") == 0)
		return outcome;
	with.packet = way - 1;
	with.late = strdup(with.late);
	return intern_outcome(o, &with);
}

static uint32_t packets_of(struct outcomes *o, size_t k)
{
	const struct policy *p = o->space.policies[k];
	uint32_t ref = diagram_leaf(0);

	for (size_t i = p->packet_route_count; i-- > 0;)
		ref = diagram_choose(
			o->space.diagram,
			view_of(o, k, p->packet_tests[i].node, VIEW_FULL),
			diagram_leaf(ways_of_route(o, k, &p->packet_routes[i],
						   false, false) + 1), ref);
	return ref;
}

uint32_t outcomes_of(struct outcomes *o, size_t k)
{
	struct meeting ctx = { o, k };
	const struct diagram_operation way = { ++o->operations, way_of_ending,
					       o };
	const struct diagram_operation both = { ++o->operations, meet, &ctx };
	const struct diagram_operation packet = { ++o->operations, meet_packet,
						  &ctx };
	struct outcome exempt = { .is_exempt = true };
	struct diagram *d = o->space.diagram;
	uint32_t last = last_of(o, k);
	uint32_t known = diagram_combine(d, &way, last, diagram_leaf(0));
	/* The first packet of TCP has no payload, that of others has what is
	 * known of it. */
	uint32_t waits = diagram_and(
		d, o->space.may_wait,
		diagram_or(d, o->space.is_tcp,
			   diagram_not(d, o->space.has_payload)));
	uint32_t first = diagram_choose(d, waits, first_of(o, k), known);
	uint32_t ref = diagram_combine(d, &both, first, last);

	ref = diagram_combine(d, &packet, ref, packets_of(o, k));
	return diagram_choose(d, outcomes_exempt(o, k),
			      diagram_leaf(intern_outcome(o, &exempt)), ref);
}

int outcomes_init(struct outcomes *o, const struct policy *const *policies,
		  size_t count, const struct vocabulary *vocabulary,
		  size_t max_nodes)
{
	int rc;

	memset(o, 0, sizeof(*o));
	rc = space_init(&o->space, policies, count, vocabulary, max_nodes);
	for (size_t k = 0; k < count && rc == 0; k++)
		for (int view = 0; view < VIEWS; view++) {
			size_t nodes = policies[k]->pool.node_count;
			uint32_t *refs = calloc(nodes + 1, sizeof(*refs));

			if (refs == NULL)
				return -ENOMEM;
			for (size_t n = 0; n < nodes; n++)
				refs[n] = UNKNOWN_VIEW;
			o->views[k][view] = refs;
		}
	return rc;
}

void outcomes_fini(struct outcomes *o)
{
	for (size_t k = 0; k < SPACE_POLICIES; k++)
		for (int view = 0; view < VIEWS; view++)
			free(o->views[k][view]);
	for (size_t i = 0; i < o->way_count; i++)
		free(o->ways[i].text);
	for (size_t i = 0; i < o->count; i++)
		free(o->items[i].late);
	free(o->ways);
	free(o->endings);
	free(o->items);
	space_fini(&o->space);
}
