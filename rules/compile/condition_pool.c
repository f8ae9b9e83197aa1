/* SPDX-License-Identifier: GPL-2.0-or-later */
/* condition_pool.c - make nodes: fold constants, share equal nodes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/policy/condition.h"

#define SLOTS_INITIAL 256

static void *grow(void *array, size_t *room, size_t wanted, size_t size)
{
	size_t more = *room == 0 ? 64 : *room;

	while (more < wanted)
		more *= 2;
	if (more != *room || array == NULL) {
		array = reallocarray(array, more, size);
		if (array != NULL)
			*room = more;
	}
	return array;
}

static uint64_t node_hash(const struct condition_pool *pool,
			  const struct node *n)
{
	uint64_t h = n->kind * UINT64_C(0x9e3779b97f4a7c15) + n->count;

	if (n->kind != NODE_AND && n->kind != NODE_OR)
		return (h ^ n->value) * UINT64_C(0xff51afd7ed558ccd);
	for (uint32_t i = 0; i < n->count; i++)
		h = (h ^ pool->children[n->value + i]) *
		    UINT64_C(0xff51afd7ed558ccd);
	return h;
}

static bool node_equal(const struct condition_pool *pool, const struct node *a,
		       const struct node *b)
{
	if (a->kind != b->kind || a->count != b->count)
		return false;
	if (a->kind != NODE_AND && a->kind != NODE_OR)
		return a->value == b->value;
	return memcmp(pool->children + a->value, pool->children + b->value,
		      a->count * sizeof(*pool->children)) == 0;
}

static uint32_t *find_slot(struct condition_pool *pool, const struct node *n)
{
	size_t mask = pool->slot_count - 1;
	size_t i = (node_hash(pool, n) >> 20) & mask;

	while (pool->slots[i] != 0 &&
	       !node_equal(pool, &pool->nodes[pool->slots[i] - 1], n))
		i = (i + 1) & mask;
	return &pool->slots[i];
}

static int slots_double(struct condition_pool *pool)
{
	size_t count = pool->slot_count == 0 ? SLOTS_INITIAL
					     : pool->slot_count * 2;
	uint32_t *slots = calloc(count, sizeof(*slots));

	if (slots == NULL)
		return -ENOMEM;
	free(pool->slots);
	pool->slots = slots;
	pool->slot_count = count;
	for (size_t i = 0; i < pool->node_count; i++)
		*find_slot(pool, &pool->nodes[i]) = (uint32_t)i + 1;
	return 0;
}

/* Find or add `n`. The children of a join are the last in pool->children; they
 * are removed again if an equal node exists. */
static uint32_t intern(struct condition_pool *pool, struct node n)
{
	bool is_join = n.kind == NODE_AND || n.kind == NODE_OR;
	struct node *nodes;
	uint32_t *slot;

	if (pool->node_count * 2 >= pool->slot_count && slots_double(pool) < 0)
		return NODE_NONE;
	slot = find_slot(pool, &n);
	if (*slot != 0) {
		if (is_join)
			pool->child_count -= n.count;
		return *slot - 1;
	}
	nodes = grow(pool->nodes, &pool->node_room, pool->node_count + 1,
		     sizeof(*nodes));
	if (nodes == NULL)
		return NODE_NONE;
	pool->nodes = nodes;
	nodes[pool->node_count] = n;
	*slot = (uint32_t)++pool->node_count;
	return *slot - 1;
}

int condition_pool_init(struct condition_pool *pool)
{
	memset(pool, 0, sizeof(*pool));
	if (condition_leaf(pool, NODE_FALSE, 0) == NODE_NONE ||
	    condition_leaf(pool, NODE_TRUE, 0) == NODE_NONE) {
		condition_pool_fini(pool);
		return -ENOMEM;
	}
	return 0;
}

void condition_pool_fini(struct condition_pool *pool)
{
	free(pool->nodes);
	free(pool->children);
	free(pool->bitmaps);
	free(pool->slots);
	memset(pool, 0, sizeof(*pool));
}

uint32_t condition_leaf(struct condition_pool *pool, enum node_kind kind,
			uint32_t value)
{
	return intern(pool, (struct node){ .kind = kind, .value = value });
}

uint32_t condition_bitmap(struct condition_pool *pool, enum node_kind kind,
			  const struct bitmap *bitmap)
{
	static const struct bitmap none;
	struct bitmap *bitmaps;

	if (memcmp(bitmap, &none, sizeof(none)) == 0)
		return condition_leaf(pool, NODE_FALSE, 0);
	for (size_t i = 0; i < pool->bitmap_count; i++)
		if (memcmp(&pool->bitmaps[i], bitmap, sizeof(*bitmap)) == 0)
			return condition_leaf(pool, kind, (uint32_t)i);
	bitmaps = grow(pool->bitmaps, &pool->bitmap_room,
		       pool->bitmap_count + 1, sizeof(*bitmaps));
	if (bitmaps == NULL)
		return NODE_NONE;
	pool->bitmaps = bitmaps;
	bitmaps[pool->bitmap_count] = *bitmap;
	return condition_leaf(pool, kind, (uint32_t)pool->bitmap_count++);
}

uint32_t condition_not(struct condition_pool *pool, uint32_t child)
{
	const struct node *n;

	if (child == NODE_NONE)
		return NODE_NONE;
	n = &pool->nodes[child];
	if (n->kind == NODE_NOT)
		return n->value;
	if (n->kind == NODE_TRUE || n->kind == NODE_FALSE)
		return condition_leaf(pool, n->kind == NODE_TRUE ? NODE_FALSE
								 : NODE_TRUE,
				      0);
	return condition_leaf(pool, NODE_NOT, child);
}

/* enum node_kind is sorted by cost; within a kind, older nodes come first. */
static int by_cost(const void *a, const void *b, void *ctx)
{
	const struct condition_pool *pool = ctx;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = pool->nodes[x].kind - pool->nodes[y].kind;

	if (order != 0)
		return order;
	return x < y ? -1 : x > y;
}

/* Append the children, and for a child of the same kind its children instead;
 * false when out of memory. */
static bool gather(struct condition_pool *pool, enum node_kind kind,
		   const uint32_t *children, size_t count, size_t *ret_count)
{
	size_t total = 0;

	for (size_t i = 0; i < count; i++) {
		const struct node *n = &pool->nodes[children[i]];
		bool flat = n->kind == kind;
		size_t more = flat ? n->count : 1;
		uint32_t *all = grow(pool->children, &pool->child_room,
				     pool->child_count + total + more,
				     sizeof(*all));

		if (all == NULL)
			return false;
		pool->children = all;
		memmove(all + pool->child_count + total,
			flat ? all + n->value : &children[i],
			more * sizeof(*all));
		total += more;
	}
	*ret_count = total;
	return true;
}

/* Sort, drop duplicates and neutral constants; false when a constant child
 * decides the join. */
static bool simplify(struct condition_pool *pool, enum node_kind kind,
		     uint32_t *list, size_t *count)
{
	enum node_kind decides = kind == NODE_AND ? NODE_FALSE : NODE_TRUE;
	enum node_kind neutral = kind == NODE_AND ? NODE_TRUE : NODE_FALSE;
	size_t kept = 0;

	qsort_r(list, *count, sizeof(*list), by_cost, pool);
	for (size_t i = 0; i < *count; i++) {
		enum node_kind k = pool->nodes[list[i]].kind;

		if (k == decides)
			return false;
		if (k == neutral || (kept > 0 && list[kept - 1] == list[i]))
			continue;
		list[kept++] = list[i];
	}
	*count = kept;
	return true;
}

/* `tcp and udp` is always false: in an AND, replace two bitmap leaves of one
 * kind by their intersection. */
static uint32_t intersect(struct condition_pool *pool, enum node_kind kind,
			  uint32_t *list, size_t *count)
{
	for (size_t i = 0; kind == NODE_AND && i + 1 < *count; i++) {
		const struct node *a = &pool->nodes[list[i]];
		const struct node *b = &pool->nodes[list[i + 1]];
		struct bitmap both;

		if (a->kind != b->kind || (a->kind != NODE_PROTO &&
					   a->kind != NODE_TOS &&
					   a->kind != NODE_APP))
			continue;
		for (int w = 0; w < 4; w++)
			both.words[w] = pool->bitmaps[a->value].words[w] &
					pool->bitmaps[b->value].words[w];
		list[i] = condition_bitmap(pool, a->kind, &both);
		if (list[i] == NODE_NONE ||
		    pool->nodes[list[i]].kind == NODE_FALSE)
			return list[i];
		memmove(&list[i + 1], &list[i + 2],
			(*count - i - 2) * sizeof(*list));
		(*count)--;
		i--;
	}
	return 1;
}

uint32_t condition_join(struct condition_pool *pool, enum node_kind kind,
			const uint32_t *children, size_t count)
{
	size_t total;
	uint32_t rest;
	uint32_t *list;

	for (size_t i = 0; i < count; i++)
		if (children[i] == NODE_NONE)
			return NODE_NONE;
	if (!gather(pool, kind, children, count, &total))
		return NODE_NONE;
	list = pool->children + pool->child_count;
	if (!simplify(pool, kind, list, &total))
		return condition_leaf(pool, kind == NODE_AND ? NODE_FALSE
							     : NODE_TRUE, 0);
	rest = intersect(pool, kind, list, &total);
	if (rest != 1)
		return rest;
	if (total == 0)
		return condition_leaf(pool, kind == NODE_AND ? NODE_TRUE
							     : NODE_FALSE, 0);
	if (total == 1)
		return list[0];
	pool->child_count += total;
	return intern(pool, (struct node){
		.kind = kind,
		.count = (uint32_t)total,
		.value = (uint32_t)(pool->child_count - total) });
}
