/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * route_index_keys.c - choose the leaves that a route is indexed under: those
 * that the fewest flows match and the fewest routes use.
 */
#include <errno.h>
#include <stdlib.h>

#include "rules/policy/route_index_private.h"

#define NEVER UINT64_MAX	/* no leaf must be true */
#define WIDE 32			/* about that many times more flows */
/* This many routes with the same test form a group. */
#define GUARD_MIN 4

struct indexer {
	const struct route_index *index;
	const struct condition_pool *pool;
	set_is_wide is_wide;
	const void *ctx;
	uint32_t *uses;		/* of each node: routes that use it */
	struct index_entries *entries;
	/* The current route. */
	uint32_t route;
	uint32_t guard;
	uint8_t facts;
};

static uint64_t cost_of_leaf(const struct indexer *f, uint32_t node)
{
	const struct node *n = &f->pool->nodes[node];
	uint64_t weight = condition_row_of(n->kind)->share;

	if (f->is_wide(f->ctx, (enum node_kind)n->kind, n->value))
		weight *= WIDE;
	return weight * f->uses[node];
}

static uint64_t cost(const struct indexer *f, uint32_t node, bool wanted);

static uint64_t cost_of_join(const struct indexer *f, const struct node *n,
			     bool wanted)
{
	bool needs_all = (n->kind == NODE_AND) == wanted;
	uint64_t total = needs_all ? NEVER : 0;

	for (uint32_t i = 0; i < n->count; i++) {
		uint64_t one = cost(f, f->pool->children[n->value + i],
				    wanted);

		if (needs_all)
			total = one < total ? one : total;
		else if (one == NEVER)
			return NEVER;
		else
			total += one;
	}
	return total;
}

/* The cost of the cheapest leaves of which one is true whenever `node` has the
 * value `wanted`: those of the best child if all children must have it, else
 * those of all children. */
static uint64_t cost(const struct indexer *f, uint32_t node, bool wanted)
{
	const struct node *n = &f->pool->nodes[node];

	switch ((enum node_kind)n->kind) {
	case NODE_TRUE:
	case NODE_FALSE:
		return (n->kind == NODE_TRUE) == wanted ? NEVER : 0;
	case NODE_NOT:
		return cost(f, n->value, !wanted);
	case NODE_AND:
	case NODE_OR:
		return cost_of_join(f, n, wanted);
	default:
		return wanted ? cost_of_leaf(f, node) : NEVER;
	}
}

static int put(struct indexer *f, enum node_kind kind, uint32_t key)
{
	struct index_entries *all = f->entries;

	if (all->count == all->room) {
		size_t room = all->room == 0 ? 256 : all->room * 2;
		struct index_entry *items = reallocarray(all->items, room,
							 sizeof(*items));

		if (items == NULL)
			return -ENOMEM;
		all->items = items;
		all->room = room;
	}
	all->items[all->count++] = (struct index_entry){
		.kind = (uint8_t)kind, .facts = f->facts, .guard = f->guard,
		.key = key, .route = f->route,
	};
	return 0;
}

static int put_bits(struct indexer *f, enum node_kind kind,
		    const uint64_t *words, size_t bits)
{
	int rc = 0;

	for (uint32_t i = 0; i < bits && rc == 0; i++)
		if (words[i / 64] >> i % 64 & 1)
			rc = put(f, kind, i);
	return rc;
}

static int put_leaf(struct indexer *f, const struct node *n)
{
	enum node_kind kind = (enum node_kind)n->kind;
	uint64_t bits = n->value;

	switch (condition_row_of(kind)->test) {
	case TEST_BYTES:
	case TEST_APPS:
		return put_bits(f, kind, f->pool->bitmaps[n->value].words, 256);
	case TEST_BITS:
		return put_bits(f, kind, &bits, 32);
	default:
		return put(f, kind, n->value);
	}
}

/* Index the route under the leaves that cost() counted. */
static int put_node(struct indexer *f, uint32_t node, bool wanted)
{
	const struct node *n = &f->pool->nodes[node];
	const uint32_t *children = f->pool->children + n->value;
	uint32_t best = 0;
	int rc = 0;

	switch ((enum node_kind)n->kind) {
	case NODE_TRUE:
	case NODE_FALSE:
		return 0;
	case NODE_NOT:
		return put_node(f, n->value, !wanted);
	case NODE_AND:
	case NODE_OR:
		break;
	default:
		return put_leaf(f, n);
	}
	if ((n->kind == NODE_AND) != wanted) {
		for (uint32_t i = 0; i < n->count && rc == 0; i++)
			rc = put_node(f, children[i], wanted);
		return rc;
	}
	for (uint32_t i = 1; i < n->count; i++)
		if (cost(f, children[i], wanted) <
		    cost(f, children[best], wanted))
			best = i;
	return put_node(f, children[best], wanted);
}

static void count_uses(struct indexer *f, uint32_t node)
{
	const struct node *n = &f->pool->nodes[node];

	f->uses[node]++;
	if (n->kind == NODE_NOT)
		count_uses(f, n->value);
	if (n->kind == NODE_AND || n->kind == NODE_OR)
		for (uint32_t i = 0; i < n->count; i++)
			count_uses(f, f->pool->children[n->value + i]);
}

/* The test of headers that most other routes share; NODE_TRUE for none. */
static uint32_t guard_of(const struct indexer *f, uint32_t node)
{
	const struct node *n = &f->pool->nodes[node];
	uint32_t guard = 1, max = GUARD_MIN - 1;

	if (n->kind != NODE_AND)
		return guard;
	for (uint32_t i = 0; i < n->count; i++) {
		uint32_t child = f->pool->children[n->value + i];

		if (f->uses[child] > max &&
		    condition_facts(f->pool, child) == 0) {
			guard = child;
			max = f->uses[child];
		}
	}
	return guard;
}

static int put_route(struct indexer *f, uint32_t route)
{
	uint32_t node = f->index->nodes[route];

	if (cost(f, node, true) == NEVER) {
		f->entries->always[route / 64] |= UINT64_C(1) << route % 64;
		return 0;
	}
	f->route = route;
	f->guard = guard_of(f, node);
	f->facts = condition_facts(f->pool, node);
	return put_node(f, node, true);
}

int route_index_collect(const struct route_index *index, set_is_wide is_wide,
			const void *ctx, struct index_entries *entries)
{
	struct indexer f = {
		.index = index, .pool = index->pool, .is_wide = is_wide,
		.ctx = ctx, .entries = entries,
	};
	int rc = 0;

	f.uses = calloc(index->pool->node_count, sizeof(*f.uses));
	if (f.uses == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < index->count; i++)
		count_uses(&f, index->nodes[i]);
	for (size_t i = 0; i < index->count && rc == 0; i++)
		rc = put_route(&f, (uint32_t)i);
	free(f.uses);
	return rc;
}
