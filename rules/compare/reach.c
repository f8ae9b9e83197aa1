/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reach.c - find the flows that reach each route, see reach.h. */
#include "rules/compare/reach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/policy/policy_private.h"
#include "rules/policy/strict.h"
#include "rules/util/clock.h"

/* The sets of a class have a bit each: more would take gigabytes. */
#define SETS_MAX 8192u
#define NODES_MAX 32768u

/* ---- conditions that are not judged ---- */

static bool is_unsure_leaf(struct outcomes *o, uint32_t node)
{
	const struct policy *p = o->space.policies[0];
	const struct node *n = &p->pool.nodes[node];

	if (n->kind == NODE_FROM || n->kind == NODE_TO)
		return p->address_sets[n->value].has_hosts ||
		       p->address_sets[n->value].count == 0;
	return n->kind == NODE_HOST &&
	       outcomes_condition(o, 0, node, VIEW_FULL) == DIAGRAM_FALSE;
}

static bool is_unsure(struct outcomes *o, uint32_t node)
{
	const struct condition_pool *pool = &o->space.policies[0]->pool;
	const struct node *n = &pool->nodes[node];

	if (n->kind == NODE_NOT)
		return is_unsure(o, n->value);
	if (n->kind != NODE_AND && n->kind != NODE_OR)
		return is_unsure_leaf(o, node);
	for (uint32_t i = 0; i < n->count; i++)
		if (is_unsure(o, pool->children[n->value + i]))
			return true;
	return false;
}

/* ---- what is certain once the properties of a flow are known ---- */

/* The flows of which the property that a leaf tests is given. */
static uint32_t given(struct outcomes *o, enum node_kind kind)
{
	struct space *space = &o->space;
	enum axis axis = space_axis_of(kind);

	if (axis == AXES)
		return DIAGRAM_FALSE;
	return diagram_not(space->diagram,
			   space_of_class(space, axis,
					  space->axes[axis].absent));
}

/* The flows for which a condition certainly is `value`, if properties that are
 * not given may still become known. */
static uint32_t certain(struct outcomes *o, uint32_t node, bool value)
{
	const struct condition_pool *pool = &o->space.policies[0]->pool;
	const struct node *n = &pool->nodes[node];
	struct diagram *d = o->space.diagram;
	bool is_all = (n->kind == NODE_AND) == value;
	uint32_t full, ref = is_all ? DIAGRAM_TRUE : DIAGRAM_FALSE;

	if (n->kind == NODE_NOT)
		return certain(o, n->value, !value);
	if (condition_facts(pool, node) != 0 &&
	    (n->kind == NODE_AND || n->kind == NODE_OR)) {
		for (uint32_t i = 0; i < n->count; i++) {
			uint32_t child = certain(
				o, pool->children[n->value + i], value);

			ref = is_all ? diagram_and(d, ref, child) :
				       diagram_or(d, ref, child);
		}
		return ref;
	}
	full = outcomes_condition(o, 0, node, VIEW_FULL);
	if (value)
		return full;
	full = diagram_not(d, full);
	return condition_facts(pool, node) == 0 ? full :
	       diagram_and(d, full, given(o, (enum node_kind)n->kind));
}

/* ---- routes ---- */

static bool drops(const struct policy *p, const struct route *route)
{
	return route->balance == NULL && route->path == p->marks.path_drop;
}

/* With `strict first`, an undecided route to a strict uplink takes a flow. */
static uint32_t claims(struct outcomes *o, size_t route)
{
	const struct policy *p = o->space.policies[0];
	struct diagram *d = o->space.diagram;
	uint32_t node = p->tests[route].node;

	if (!p->strict_first || !policy_takes_strict(p, &p->routes[route]))
		return DIAGRAM_FALSE;
	return diagram_not(d, diagram_or(d, certain(o, node, true),
					 certain(o, node, false)));
}

/* Add route `i`, which `left` reaches; what is left for the next one. */
static uint32_t add_route(struct reach *reach, size_t i, uint32_t left)
{
	struct outcomes *o = &reach->outcomes;
	const struct policy *p = o->space.policies[0];
	struct diagram *d = o->space.diagram;
	struct reach_route *r = &reach->routes[i];
	uint32_t node = p->tests[i].node;

	r->is_unsure = is_unsure(o, node);
	if (r->is_unsure)
		return left;
	r->matches = diagram_or(d, outcomes_condition(o, 0, node, VIEW_FULL),
				claims(o, i));
	r->matches = diagram_and(d, o->space.valid, r->matches);
	r->covers = drops(p, &p->routes[i]) ? certain(o, node, true) :
		    outcomes_condition(o, 0, node, VIEW_FULL);
	r->reaches = diagram_and(d, left, r->matches);
	return diagram_choose(d, r->covers, DIAGRAM_FALSE, left);
}

/* An exemption of a host name has other addresses at other times. */
static uint32_t not_exempt(struct outcomes *o)
{
	const struct policy *p = o->space.policies[0];

	for (size_t i = 0; i < p->exempt_count; i++)
		if (p->address_sets[p->exempts[i].set].has_hosts)
			return o->space.valid;
	return diagram_choose(o->space.diagram, outcomes_exempt(o, 0),
			      DIAGRAM_FALSE, o->space.valid);
}

static void add_routes(struct reach *reach, uint64_t until_ms)
{
	struct outcomes *o = &reach->outcomes;
	size_t count = o->space.policies[0]->route_count - 1;
	uint32_t left = not_exempt(o);

	while (reach->count < count && clock_ms() < until_ms) {
		left = add_route(reach, reach->count, left);
		if (diagram_is_full(o->space.diagram))
			return;
		reach->count++;
	}
	reach->is_complete = reach->count == count;
}

static bool is_too_large(const struct policy *p)
{
	return p->address_set_count > SETS_MAX ||
	       p->number_set_count > SETS_MAX || p->pool.node_count > NODES_MAX;
}

int reach_init(struct reach *reach, const struct policy *policy,
	       const struct vocabulary *vocabulary, size_t max_nodes,
	       uint64_t max_ms)
{
	const struct policy *const policies[] = { policy };
	int rc;

	memset(reach, 0, sizeof(*reach));
	if (is_too_large(policy))
		return 0;
	reach->routes = calloc(policy->route_count, sizeof(*reach->routes));
	if (reach->routes == NULL)
		return -ENOMEM;
	rc = outcomes_init(&reach->outcomes, policies, 1, vocabulary,
			   max_nodes);
	if (rc == 0)
		add_routes(reach, clock_ms() + max_ms);
	else if (!reach->outcomes.space.is_short)
		rc = 0;
	return reach->outcomes.space.is_short ? -ENOMEM : rc;
}

void reach_fini(struct reach *reach)
{
	outcomes_fini(&reach->outcomes);
	free(reach->routes);
}
