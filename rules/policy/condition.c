/* SPDX-License-Identifier: GPL-2.0-or-later */
/* condition.c - evaluate conditions in Kleene's three-valued logic. */
#include "rules/policy/condition.h"

#include "rules/policy/policy.h"

static bool has_bit(set_bits bits, uint32_t n)
{
	return bits != NULL && (bits[n / 64] >> n % 64 & 1) != 0;
}

static bool bitmap_has(const struct bitmap *bitmap, uint32_t n)
{
	return n < 256 && has_bit(bitmap->words, n);
}

static enum truth truth_of(bool answer)
{
	return answer ? TRUTH_TRUE : TRUTH_FALSE;
}

static enum truth of_payload(const struct facts *facts, uint8_t fact,
			     bool answer, uint8_t *needs)
{
	if (facts->known & fact)
		return truth_of(answer);
	*needs |= fact;
	return TRUTH_UNKNOWN;
}

static enum truth eval_leaf(const struct condition_pool *pool,
			    const struct node *n, const struct facts *f,
			    uint8_t *needs)
{
	switch ((enum node_kind)n->kind) {
	case NODE_PROTO:
		return truth_of(bitmap_has(&pool->bitmaps[n->value], f->proto));
	case NODE_TOS:
		return truth_of(bitmap_has(&pool->bitmaps[n->value], f->tos));
	case NODE_SPORT:
		return truth_of(f->has_ports &&
				has_bit(f->sport_sets, n->value));
	case NODE_DPORT:
		return truth_of(f->has_ports &&
				has_bit(f->dport_sets, n->value));
	case NODE_LENGTH:
		return truth_of(has_bit(f->length_sets, n->value));
	case NODE_UID:
		return truth_of((f->uid_bits >> n->value & 1) != 0);
	case NODE_IN:
		return truth_of(has_bit(f->in_sets, n->value));
	case NODE_FROM:
		return truth_of(has_bit(f->client_sets, n->value));
	case NODE_TO:
		return truth_of(has_bit(f->server_sets, n->value));
	case NODE_APP:
		return of_payload(f, FACT_APP,
				  f->app != APP_NONE &&
				  bitmap_has(&pool->bitmaps[n->value], f->app),
				  needs);
	case NODE_ECH:
		return of_payload(f, FACT_ECH, f->ech, needs);
	case NODE_ALPN:
		return of_payload(f, FACT_ALPN, (f->alpn_bits & n->value) != 0,
				  needs);
	case NODE_JA4:
		return of_payload(f, FACT_JA4, (f->ja4_bits & n->value) != 0,
				  needs);
	case NODE_HOST:
		return of_payload(f, FACT_HOST, has_bit(f->host_sets, n->value),
				  needs);
	case NODE_PAYLOAD:
		/* One pattern can be decided before all are. */
		if (f->patterns_seen >> n->value & 1)
			return TRUTH_TRUE;
		if (f->patterns_gone >> n->value & 1)
			return TRUTH_FALSE;
		return of_payload(f, FACT_PAYLOAD, false, needs);
	default:
		return truth_of(n->kind == NODE_TRUE);
	}
}

/* AND stops at the first false child, OR at the first true one; unknown
 * children do not matter then. */
static enum truth eval_join(const struct condition_pool *pool,
			    const struct node *n, const struct facts *facts,
			    uint8_t *needs)
{
	enum truth stop = n->kind == NODE_AND ? TRUTH_FALSE : TRUTH_TRUE;
	enum truth result = n->kind == NODE_AND ? TRUTH_TRUE : TRUTH_FALSE;
	uint8_t unknown = 0;

	for (uint32_t i = 0; i < n->count; i++) {
		uint32_t child = pool->children[n->value + i];
		enum truth t = condition_eval(pool, child, facts, &unknown);

		if (t == stop)
			return stop;
		if (t == TRUTH_UNKNOWN)
			result = TRUTH_UNKNOWN;
	}
	*needs |= unknown;
	return result;
}

enum truth condition_eval(const struct condition_pool *pool, uint32_t node,
			  const struct facts *facts, uint8_t *needs)
{
	const struct node *n = &pool->nodes[node];

	if (n->kind == NODE_NOT)
		return (enum truth)(TRUTH_TRUE -
				    condition_eval(pool, n->value, facts,
						   needs));
	if (n->kind == NODE_AND || n->kind == NODE_OR)
		return eval_join(pool, n, facts, needs);
	return eval_leaf(pool, n, facts, needs);
}

bool condition_guess(const struct condition_pool *pool, uint32_t node,
		     const struct facts *facts)
{
	const struct node *n = &pool->nodes[node];
	bool stop = n->kind == NODE_OR;
	uint8_t needs = 0;

	if (n->kind == NODE_NOT)
		return !condition_guess(pool, n->value, facts);
	if (n->kind != NODE_AND && n->kind != NODE_OR)
		return eval_leaf(pool, n, facts, &needs) == TRUTH_TRUE;
	for (uint32_t i = 0; i < n->count; i++)
		if (condition_guess(pool, pool->children[n->value + i],
				    facts) == stop)
			return stop;
	return !stop;
}

uint8_t condition_fact(enum node_kind kind)
{
	const struct condition_row *row = condition_row_of(kind);

	return row != NULL ? row->fact : 0;
}

uint8_t condition_facts(const struct condition_pool *pool, uint32_t node)
{
	const struct node *n = &pool->nodes[node];
	uint8_t facts = 0;

	if (n->kind == NODE_NOT)
		return condition_facts(pool, n->value);
	if (n->kind != NODE_AND && n->kind != NODE_OR)
		return condition_fact((enum node_kind)n->kind);
	for (uint32_t i = 0; i < n->count; i++)
		facts |= condition_facts(pool, pool->children[n->value + i]);
	return facts;
}

bool condition_tests(const struct condition_pool *pool, uint32_t node,
		     enum node_kind kind)
{
	const struct node *n = &pool->nodes[node];

	if (n->kind == kind)
		return true;
	if (n->kind == NODE_NOT)
		return condition_tests(pool, n->value, kind);
	if (n->kind == NODE_AND || n->kind == NODE_OR)
		for (uint32_t i = 0; i < n->count; i++)
			if (condition_tests(pool,
					    pool->children[n->value + i],
					    kind))
				return true;
	return false;
}

/* Whether `node` can have the value `wanted` while payload is unknown and thus
 * taken as false. */
static bool can_be(const struct condition_pool *pool, uint32_t node,
		   bool wanted)
{
	const struct node *n = &pool->nodes[node];
	bool needs_all = (n->kind == NODE_AND) == wanted;

	if (n->kind == NODE_NOT)
		return can_be(pool, n->value, !wanted);
	if (n->kind == NODE_TRUE || n->kind == NODE_FALSE)
		return (n->kind == NODE_TRUE) == wanted;
	if (n->kind != NODE_AND && n->kind != NODE_OR)
		return !wanted || condition_facts(pool, node) == 0;
	for (uint32_t i = 0; i < n->count; i++)
		if (can_be(pool, pool->children[n->value + i], wanted) !=
		    needs_all)
			return !needs_all;
	return needs_all;
}

bool condition_is_early(const struct condition_pool *pool, uint32_t node)
{
	return can_be(pool, node, true);
}

static bool bitmap_covers(const struct bitmap *outer,
			  const struct bitmap *inner)
{
	for (int i = 0; i < 4; i++)
		if (inner->words[i] & ~outer->words[i])
			return false;
	return true;
}

static bool leaf_implied(const struct condition_pool *pool,
			 const struct node *outer, const struct node *inner,
			 set_covers covers, void *ctx)
{
	const struct condition_row *row;

	if (outer->kind != inner->kind)
		return false;
	if (outer->kind == NODE_NOT)
		return condition_implied(pool, inner->value, outer->value,
					 covers, ctx);
	row = condition_row_of(outer->kind);
	if (row == NULL)
		return false;
	switch (row->test) {
	case TEST_BYTES:
	case TEST_APPS:
		return bitmap_covers(&pool->bitmaps[outer->value],
				     &pool->bitmaps[inner->value]);
	case TEST_BITS:
		return (inner->value & ~outer->value) == 0;
	case TEST_NONE:
		return true;
	case TEST_PATTERN:
		return outer->value == inner->value;
	default:
		return covers(ctx, outer->kind, outer->value, inner->value);
	}
}

/* Whether any child of `n`, or with !any each of them, passes. */
static bool children_implied(const struct condition_pool *pool,
			     const struct node *n, bool any, bool is_outer,
			     uint32_t other, set_covers covers, void *ctx)
{
	for (uint32_t i = 0; i < n->count; i++) {
		uint32_t child = pool->children[n->value + i];
		bool implied = is_outer ?
			condition_implied(pool, child, other, covers, ctx) :
			condition_implied(pool, other, child, covers, ctx);

		if (implied == any)
			return any;
	}
	return !any;
}

bool condition_implied(const struct condition_pool *pool, uint32_t node,
		       uint32_t inner, set_covers covers, void *ctx)
{
	const struct node *o = &pool->nodes[node];
	const struct node *i = &pool->nodes[inner];

	if (node == inner || o->kind == NODE_TRUE || i->kind == NODE_FALSE)
		return true;
	if (i->kind == NODE_OR)
		return children_implied(pool, i, false, false, node, covers,
					ctx);
	if (o->kind == NODE_AND)
		return children_implied(pool, o, false, true, inner, covers,
					ctx);
	if (o->kind == NODE_OR &&
	    children_implied(pool, o, true, true, inner, covers, ctx))
		return true;
	if (i->kind == NODE_AND)
		return children_implied(pool, i, true, false, node, covers,
					ctx);
	return leaf_implied(pool, o, i, covers, ctx);
}
