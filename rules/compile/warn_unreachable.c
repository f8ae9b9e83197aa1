/* SPDX-License-Identifier: GPL-2.0-or-later */
/* warn_unreachable.c - find routes that no flow can reach, by comparing the sets
 * of conditions. */
#include <stdio.h>

#include "rules/compile/compile.h"

static bool numbers_cover(const struct number_set *outer,
			  const struct number_set *inner)
{
	for (size_t i = 0; i < 1024; i++)
		if (inner->words[i] & ~outer->words[i])
			return false;
	return true;
}

/* Whether each name of the inner set is in the outer set. Larger sets are not
 * compared. */
#define COVER_MAX 4096

static bool domains_cover(const struct compiler *c, uint32_t outer,
			  uint32_t inner)
{
	const struct name_set *o = &c->domain_sets.items[outer];
	const struct name_set *i = &c->domain_sets.items[inner];

	if (o->has_exact || i->count > COVER_MAX)
		return false;
	for (size_t n = 0; n < i->count; n++) {
		set_bits bits = policy_resolve_host(c->policy,
						    i->entries[n].name,
						    i->entries[n].len);

		if ((bits[outer / 64] >> outer % 64 & 1) == 0)
			return false;
	}
	return true;
}

bool compile_covers(void *ctx, enum node_kind kind, uint32_t outer,
		   uint32_t inner)
{
	const struct compiler *c = ctx;

	switch (condition_row_of(kind)->test) {
	case TEST_NUMBERS:
		return numbers_cover(c->number_sets.items[outer],
				     c->number_sets.items[inner]);
	case TEST_ADDRESSES:
		/* A host name without an address may get one later. */
		if (c->address_sets.items[inner].count == 0)
			return outer == inner;
		return address_set_covers(&c->address_sets.items[outer],
					  &c->address_sets.items[inner]);
	case TEST_USERS:
		return address_set_covers(&c->uid_sets.items[outer],
					  &c->uid_sets.items[inner]);
	case TEST_DOMAINS:
		return domains_cover(c, outer, inner);
	default:
		return outer == inner;
	}
}

static bool numbers_meet(const struct number_set *a, const struct number_set *b)
{
	for (size_t i = 0; i < 1024; i++)
		if (a->words[i] & b->words[i])
			return true;
	return false;
}

/* Both are sorted, without overlaps of their own. */
static bool addresses_meet(const struct address_set *a,
			   const struct address_set *b)
{
	size_t i = 0, j = 0;

	while (i < a->count && j < b->count) {
		if (address_compare(&a->ranges[i].last,
				    &b->ranges[j].first) < 0)
			i++;
		else if (address_compare(&b->ranges[j].last,
					 &a->ranges[i].first) < 0)
			j++;
		else
			return true;
	}
	return false;
}

/* Whether a name of one set is in the other, which holds its parent domains. */
static bool has_name_of(const struct compiler *c, uint32_t outer,
			uint32_t inner)
{
	const struct name_set *i = &c->domain_sets.items[inner];

	for (size_t n = 0; n < i->count; n++) {
		set_bits bits = policy_resolve_host(c->policy,
						    i->entries[n].name,
						    i->entries[n].len);

		if (bits[outer / 64] >> outer % 64 & 1)
			return true;
	}
	return false;
}

static bool domains_meet(const struct compiler *c, uint32_t a, uint32_t b)
{
	return c->domain_sets.items[a].count > COVER_MAX ||
	       c->domain_sets.items[b].count > COVER_MAX ||
	       has_name_of(c, a, b) || has_name_of(c, b, a);
}

/* Whether a flow can be in both sets; true is not certain. */
static bool meet(const struct compiler *c, enum node_kind kind, uint32_t a,
		 uint32_t b)
{
	const struct address_set *addresses = c->address_sets.items;

	switch (condition_row_of(kind)->test) {
	case TEST_NUMBERS:
		return numbers_meet(c->number_sets.items[a],
				    c->number_sets.items[b]);
	case TEST_ADDRESSES:
		/* Host names may get any address. */
		return c->named_hosts.count > 0 ||
		       addresses_meet(&addresses[a], &addresses[b]);
	case TEST_USERS:
		return addresses_meet(&c->uid_sets.items[a],
				      &c->uid_sets.items[b]);
	case TEST_DOMAINS:
		return domains_meet(c, a, b);
	default:
		return true;
	}
}

static bool is_leaf(const struct node *n)
{
	return n->kind != NODE_AND && n->kind != NODE_OR &&
	       n->kind != NODE_NOT && n->kind != NODE_TRUE &&
	       n->kind != NODE_FALSE;
}

/* Whether no flow has both properties. */
static bool excludes(struct compiler *c, uint32_t a, uint32_t b)
{
	const struct condition_pool *pool = &c->policy->pool;
	const struct node *x = &pool->nodes[a], *y = &pool->nodes[b];

	if (x->kind == NODE_NOT)
		return condition_implied(pool, x->value, b, compile_covers, c);
	if (y->kind == NODE_NOT)
		return condition_implied(pool, y->value, a, compile_covers, c);
	return x->kind == y->kind && is_leaf(x) &&
	       !meet(c, x->kind, x->value, y->value);
}

/* Joins with more members than a person writes are not compared. */
#define JOIN_MAX 64

static bool is_never(struct compiler *c, uint32_t node)
{
	const struct condition_pool *pool = &c->policy->pool;
	const struct node *n = &pool->nodes[node];
	const uint32_t *children = pool->children + n->value;

	if (n->kind == NODE_FALSE)
		return true;
	if (n->kind != NODE_AND || n->count > JOIN_MAX)
		return false;
	for (uint32_t i = 0; i < n->count; i++)
		for (uint32_t j = 0; j < i; j++)
			if (excludes(c, children[i], children[j]))
				return true;
	return false;
}

/* With many routes, each is compared only with those just above it. */
#define COMPARE_PAIRS ((size_t)4000000)

void compile_warn_unreachable(struct compiler *c)
{
	const struct policy *p = c->policy;
	char fix[128];

	for (size_t r = 0; r + 1 < p->route_count; r++) {
		struct place place = c->routes.items[r]->place;
		size_t max = COMPARE_PAIRS / p->route_count;
		size_t from = r > max ? r - max : 0;

		if (is_never(c, p->tests[r].node)) {
			diag_add(c->diag, DIAG_WARNING, place,
				 "its condition contradicts itself",
				 "this route can never match");
			continue;
		}
		for (size_t above = from; above < r; above++) {
			if (!condition_implied(&p->pool, p->tests[above].node,
					       p->tests[r].node, compile_covers,
					       c))
				continue;
			snprintf(fix, sizeof(fix), "the route in line %u "
				 "matches all of these flows",
				 c->routes.items[above]->place.line);
			diag_add(c->diag, DIAG_WARNING, place, fix,
				 "this route is never reached");
			break;
		}
	}
}
