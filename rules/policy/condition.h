/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * condition.h - compiled conditions: a pool of nodes that all routes and
 * classes share, with each distinct condition once.
 *
 * The compiler numbers the sets of addresses, ports and names; a node tests
 * one bit of the result of a look-up in struct facts. Only the compiler writes
 * the pool; afterwards any thread may read it.
 */
#ifndef WAYMARK_CONDITION_H
#define WAYMARK_CONDITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/policy/conditions.h"
#include "rules/policy/facts.h"

struct node {
	uint8_t kind;
	uint32_t count;
	uint32_t value;
};

/* 256 bits: protocols, TOS bytes, applications. */
struct bitmap {
	uint64_t words[4];
};

struct condition_pool {
	struct node *nodes;
	size_t node_count, node_room;
	uint32_t *children;
	size_t child_count, child_room;
	struct bitmap *bitmaps;
	size_t bitmap_count, bitmap_room;
	uint32_t *slots;	/* node + 1 by hash, 0 empty; compile time */
	size_t slot_count;
};

#define NODE_NONE UINT32_MAX	/* out of memory */

/* The pool begins with NODE_FALSE and NODE_TRUE as nodes 0 and 1. */
int condition_pool_init(struct condition_pool *pool);
void condition_pool_fini(struct condition_pool *pool);

/* Find or add a node; NODE_NONE when out of memory. Constants are folded, an
 * AND in an AND and an OR in an OR are merged, children are sorted by cost. */
uint32_t condition_leaf(struct condition_pool *pool, enum node_kind kind,
			uint32_t value);
uint32_t condition_bitmap(struct condition_pool *pool, enum node_kind kind,
			  const struct bitmap *bitmap);
uint32_t condition_not(struct condition_pool *pool, uint32_t child);
uint32_t condition_join(struct condition_pool *pool, enum node_kind kind,
			const uint32_t *children, size_t count);

/*
 * Evaluate `node`. If the result is unknown, add the payload facts (FACT_*)
 * that could decide it to *needs.
 */
enum truth condition_eval(const struct condition_pool *pool, uint32_t node,
			  const struct facts *facts, uint8_t *needs);

/* Evaluate `node` with unknown facts taken as false: the result if no further
 * payload arrives. */
bool condition_guess(const struct condition_pool *pool, uint32_t node,
		     const struct facts *facts);

/* The payload fact that leaves of `kind` test; 0 for header fields. */
uint8_t condition_fact(enum node_kind kind);
/* All payload facts that `node` tests. */
uint8_t condition_facts(const struct condition_pool *pool, uint32_t node);

/* Whether some leaf below `node` is of `kind`. */
bool condition_tests(const struct condition_pool *pool, uint32_t node,
		     enum node_kind kind);
/* Whether condition_guess() can be true before any payload: a condition that
 * only negates payload is early. */
bool condition_is_early(const struct condition_pool *pool, uint32_t node);

/*
 * Whether `node` is true whenever `inner` is: true is certain, false may be
 * wrong. `covers` compares the sets of two leaves of one kind.
 */
typedef bool (*set_covers)(void *ctx, enum node_kind kind, uint32_t outer,
			   uint32_t inner);
bool condition_implied(const struct condition_pool *pool, uint32_t node,
		       uint32_t inner, set_covers covers, void *ctx);

#endif
