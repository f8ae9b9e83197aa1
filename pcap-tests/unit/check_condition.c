/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_condition.c - compare random conditions in the pool with a tree that is
 * evaluated directly.
 */
#include "unit.h"

#include <string.h>

#include "rules/policy/condition.h"

#define LEAVES 8
#define ROUNDS 3000

/* Leaf n tests set n: a header field if n is even, payload if it is odd. */
static const enum node_kind leaf_kinds[LEAVES] = {
	NODE_FROM, NODE_HOST, NODE_TO, NODE_ALPN,
	NODE_IN, NODE_HOST, NODE_LENGTH, NODE_ALPN,
};

struct tree {
	enum node_kind kind;
	unsigned leaf;
	size_t count;
	struct tree *children[3];
};

static unsigned long long seed;

static unsigned pick(unsigned max)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(seed >> 33) % max;
}

static struct tree *grow_tree(unsigned depth)
{
	struct tree *t = calloc(1, sizeof(*t));
	unsigned what = pick(depth == 0 ? 9 : 16);

	if (what < 8) {
		t->kind = leaf_kinds[what];
		t->leaf = what;
	} else if (what == 8) {
		t->kind = pick(2) ? NODE_TRUE : NODE_FALSE;
	} else {
		t->kind = what < 10 ? NODE_NOT : what < 13 ? NODE_AND : NODE_OR;
		t->count = t->kind == NODE_NOT ? 1 : 2 + pick(2);
		for (size_t i = 0; i < t->count; i++)
			t->children[i] = grow_tree(depth - 1);
	}
	return t;
}

static void free_tree(struct tree *t)
{
	for (size_t i = 0; i < t->count; i++)
		free_tree(t->children[i]);
	free(t);
}

static uint32_t value_of_leaf(unsigned leaf)
{
	return leaf_kinds[leaf] == NODE_ALPN ? 1u << leaf : leaf;
}

static uint32_t compile(struct condition_pool *pool, const struct tree *t)
{
	uint32_t nodes[3];

	switch (t->kind) {
	case NODE_TRUE:
	case NODE_FALSE:
		return condition_leaf(pool, t->kind, 0);
	case NODE_NOT:
		return condition_not(pool, compile(pool, t->children[0]));
	case NODE_AND:
	case NODE_OR:
		for (size_t i = 0; i < t->count; i++)
			nodes[i] = compile(pool, t->children[i]);
		return condition_join(pool, t->kind, nodes, t->count);
	default:
		return condition_leaf(pool, t->kind, value_of_leaf(t->leaf));
	}
}

/* `leaves`: bit n, leaf n is true; `unknown`: bit n, leaf n is unknown. */
static enum truth plain(const struct tree *t, unsigned leaves, unsigned unknown)
{
	enum truth best;

	switch (t->kind) {
	case NODE_TRUE:
		return TRUTH_TRUE;
	case NODE_FALSE:
		return TRUTH_FALSE;
	case NODE_NOT:
		return TRUTH_TRUE - plain(t->children[0], leaves, unknown);
	case NODE_AND:
	case NODE_OR:
		best = plain(t->children[0], leaves, unknown);
		for (size_t i = 1; i < t->count; i++) {
			enum truth v = plain(t->children[i], leaves, unknown);

			if (t->kind == NODE_AND ? v < best : v > best)
				best = v;
		}
		return best;
	default:
		if (unknown >> t->leaf & 1)
			return TRUTH_UNKNOWN;
		return leaves >> t->leaf & 1 ? TRUTH_TRUE : TRUTH_FALSE;
	}
}

#define HOST_LEAVES ((1u << 1) | (1u << 5))
#define ALPN_LEAVES ((1u << 3) | (1u << 7))

struct world {
	struct facts facts;
	uint64_t bits;
};

/* Facts for which exactly these leaves are true. */
static void make_world(struct world *w, unsigned leaves, unsigned unknown)
{
	memset(w, 0, sizeof(*w));
	w->bits = leaves;
	w->facts.client_sets = w->facts.server_sets = w->facts.in_sets =
		w->facts.length_sets = w->facts.host_sets = &w->bits;
	w->facts.alpn_bits = leaves & ALPN_LEAVES;
	w->facts.known = FACT_ALL;
	if (unknown & HOST_LEAVES)
		w->facts.known &= (uint8_t)~FACT_HOST;
	if (unknown & ALPN_LEAVES)
		w->facts.known &= (uint8_t)~FACT_ALPN;
}

static unsigned pick_unknown(void)
{
	return (pick(2) ? HOST_LEAVES : 0) | (pick(2) ? ALPN_LEAVES : 0);
}

START_TEST(same_as_direct_evaluation)
{
	struct condition_pool pool;

	seed = 1;
	ck_assert_int_eq(condition_pool_init(&pool), 0);
	for (int round = 0; round < ROUNDS; round++) {
		struct tree *t = grow_tree(4);
		uint32_t node = compile(&pool, t);

		for (int i = 0; i < 20; i++) {
			unsigned leaves = pick(256), unknown = pick_unknown();
			enum truth want = plain(t, leaves, unknown), got;
			uint8_t needs = 0;
			struct world w;

			make_world(&w, leaves, unknown);
			got = condition_eval(&pool, node, &w.facts, &needs);
			/* Folding may decide what direct evaluation cannot. */
			ck_assert(got == want || want == TRUTH_UNKNOWN);
			ck_assert((needs != 0) == (got == TRUTH_UNKNOWN));
			ck_assert((needs & w.facts.known) == 0);
		}
		free_tree(t);
	}
	condition_pool_fini(&pool);
}
END_TEST

static bool same_set(void *ctx, enum node_kind kind, uint32_t outer,
		     uint32_t inner)
{
	(void)ctx;
	(void)kind;
	return outer == inner;
}

START_TEST(implied_is_certain)
{
	struct condition_pool pool;
	unsigned found = 0;

	seed = 2;
	ck_assert_int_eq(condition_pool_init(&pool), 0);
	for (int round = 0; round < ROUNDS; round++) {
		struct tree *a = grow_tree(2), *b = grow_tree(2);
		bool implied = condition_implied(&pool, compile(&pool, a),
						 compile(&pool, b), same_set,
						 NULL);

		found += implied;
		for (unsigned leaves = 0; implied && leaves < 256; leaves++)
			ck_assert(plain(b, leaves, 0) <= plain(a, leaves, 0));
		free_tree(a);
		free_tree(b);
	}
	ck_assert_uint_gt(found, ROUNDS / 20);
	condition_pool_fini(&pool);
}
END_TEST

START_TEST(early_means_headers_decide)
{
	struct condition_pool pool;

	seed = 3;
	ck_assert_int_eq(condition_pool_init(&pool), 0);
	for (int round = 0; round < ROUNDS; round++) {
		struct tree *t = grow_tree(3);
		uint32_t node = compile(&pool, t);
		bool can = false;

		for (unsigned leaves = 0; leaves < 256; leaves++)
			can |= plain(t, leaves, HOST_LEAVES | ALPN_LEAVES) ==
			       TRUTH_TRUE;
		/* If headers can decide, the condition is early. */
		ck_assert(!can || condition_is_early(&pool, node));
		free_tree(t);
	}
	condition_pool_fini(&pool);
}
END_TEST

START_TEST(equal_conditions_are_one_node)
{
	struct condition_pool pool;
	uint32_t a, b, c, ab[2], ba[2];

	ck_assert_int_eq(condition_pool_init(&pool), 0);
	a = condition_leaf(&pool, NODE_FROM, 1);
	b = condition_leaf(&pool, NODE_HOST, 2);
	ab[0] = ba[1] = a;
	ab[1] = ba[0] = b;
	c = condition_join(&pool, NODE_AND, ab, 2);
	ck_assert_uint_eq(condition_join(&pool, NODE_AND, ba, 2), c);
	ck_assert_uint_eq(condition_not(&pool, condition_not(&pool, c)), c);
	ck_assert_uint_eq(condition_facts(&pool, c), FACT_HOST);
	ck_assert(condition_tests(&pool, c, NODE_FROM));
	ck_assert(!condition_tests(&pool, c, NODE_IN));
	condition_pool_fini(&pool);
}
END_TEST

START_TEST(two_protocols_are_false)
{
	struct condition_pool pool;
	struct bitmap tcp = { { 1 << 6 } }, both = { { 1 << 6 | 1 << 17 } };
	struct bitmap udp = { { 1 << 17 } };
	uint32_t pair[2];

	ck_assert_int_eq(condition_pool_init(&pool), 0);
	pair[0] = condition_bitmap(&pool, NODE_PROTO, &tcp);
	pair[1] = condition_bitmap(&pool, NODE_PROTO, &udp);
	ck_assert_uint_eq(condition_join(&pool, NODE_AND, pair, 2), 0);
	pair[1] = condition_bitmap(&pool, NODE_PROTO, &both);
	ck_assert_uint_eq(condition_join(&pool, NODE_AND, pair, 2), pair[0]);
	condition_pool_fini(&pool);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("condition");
	TCase *tcase = tcase_create("pool");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, same_as_direct_evaluation);
	tcase_add_test(tcase, implied_is_certain);
	tcase_add_test(tcase, early_means_headers_decide);
	tcase_add_test(tcase, equal_conditions_are_one_node);
	tcase_add_test(tcase, two_protocols_are_false);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
