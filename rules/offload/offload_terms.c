/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * offload_terms.c - turn a condition into alternatives, each a list of tests.
 *
 * Kleene's logic in two values: asked whether a condition is certainly true,
 * a test of payload, negated or not, is false; asked whether it is possibly
 * true, it is true. Protocols whose payload is not inspected have no unknown:
 * there a test of payload is false (inspect.c).
 */
#include "rules/offload/offload_private.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#define ALL UINT64_MAX

const struct bitmap offload_any = { { ALL, ALL, ALL, ALL } };
const struct bitmap offload_ported = { {
	[0] = UINT64_C(1) << IPPROTO_TCP | UINT64_C(1) << IPPROTO_UDP |
	      UINT64_C(1) << IPPROTO_DCCP,
	[2] = UINT64_C(1) << (IPPROTO_SCTP - 128) |
	      UINT64_C(1) << (IPPROTO_UDPLITE - 128),
} };
static const struct bitmap inspected = { {
	[0] = UINT64_C(1) << IPPROTO_TCP | UINT64_C(1) << IPPROTO_UDP,
	[2] = UINT64_C(1) << (IPPROTO_SCTP - 128),
} };

static struct bitmap all_but(const struct bitmap *bitmap)
{
	struct bitmap others;

	for (int i = 0; i < 4; i++)
		others.words[i] = ~bitmap->words[i];
	return others;
}

/* Intersect *a with `b`; false when the result is empty. */
static bool meet(struct bitmap *a, const struct bitmap *b)
{
	uint64_t any = 0;

	for (int i = 0; i < 4; i++)
		any |= a->words[i] &= b->words[i];
	return any != 0;
}

static bool has_test(const struct offload_rule *term,
		     const struct offload_test *test, bool is_negated)
{
	for (size_t i = 0; i < term->test_count; i++)
		if (term->tests[i].field == test->field &&
		    term->tests[i].set == test->set &&
		    term->tests[i].is_negated == is_negated)
			return true;
	return false;
}

bool offload_terms_cover(const struct offload_rule *outer,
		 const struct offload_rule *inner)
{
	for (size_t i = 0; i < outer->test_count; i++)
		if (!has_test(inner, &outer->tests[i],
			      outer->tests[i].is_negated))
			return false;
	return offload_covers(&outer->proto, &inner->proto) &&
	       offload_covers(&outer->tos, &inner->tos);
}

int offload_terms_add(struct terms *terms, const struct offload_rule *term)
{
	if (terms->count == terms->room) {
		size_t room = terms->room ? terms->room * 2 : 16;
		struct offload_rule *items =
			reallocarray(terms->items, room, sizeof(*items));

		if (items == NULL)
			return -ENOMEM;
		terms->items = items;
		terms->room = room;
	}
	terms->items[terms->count++] = *term;
	return 0;
}

/* Add an alternative, unless another one covers it; drop those it covers. */
static int add_new(struct terms *terms, const struct offload_rule *term)
{
	size_t kept = 0;

	for (size_t i = 0; i < terms->count; i++)
		if (offload_terms_cover(&terms->items[i], term))
			return 0;
	for (size_t i = 0; i < terms->count; i++)
		if (!offload_terms_cover(term, &terms->items[i]))
			terms->items[kept++] = terms->items[i];
	terms->count = kept;
	return kept == TERMS_MAX ? -E2BIG : offload_terms_add(terms, term);
}

/* ---- sets ---- */

static int new_set(struct builder *builder, size_t count, uint32_t *ret_set)
{
	struct offload *offload = builder->offload;
	struct offload_set *sets = reallocarray(offload->sets,
						offload->set_count + 1,
						sizeof(*sets));

	if (sets == NULL)
		return -ENOMEM;
	offload->sets = sets;
	sets[offload->set_count] = (struct offload_set){
		.ranges = calloc(count + 1, sizeof(*sets->ranges)),
	};
	if (sets[offload->set_count].ranges == NULL)
		return -ENOMEM;
	*ret_set = (uint32_t)offload->set_count++;
	return 0;
}

static struct address number(uint32_t n)
{
	return address_from_v4(htonl(n));
}

static void add_numbers(struct offload_set *set, uint32_t first, uint32_t last)
{
	set->ranges[set->count].first = number(first);
	set->ranges[set->count++].last = number(last);
}

static void fill_others(struct offload_set *set, const struct header_set *of)
{
	uint32_t next = 0;

	for (size_t i = 0; i < of->count; i++) {
		uint32_t first = ntohl(of->ranges[i].first.be32[3]);

		if (first > next)
			add_numbers(set, next, first - 1);
		next = ntohl(of->ranges[i].last.be32[3]) + 1;
	}
	if (next <= UINT16_MAX)
		add_numbers(set, next, UINT16_MAX);
}

static int fill_names(struct offload_set *set, const struct header_set *of)
{
	set->names = calloc(of->count + 1, sizeof(*set->names));
	if (set->names == NULL)
		return -ENOMEM;
	for (; set->count < of->count; set->count++) {
		set->names[set->count] = strdup(of->names[set->count]);
		if (set->names[set->count] == NULL)
			return -ENOMEM;
	}
	return 0;
}

/* Sort IPv4 before IPv6: in the order of the policy ::/0 precedes all IPv4, and
 * other IPv6 ranges follow it. */
static void fill_ranges(struct offload_set *set, const struct header_set *of)
{
	struct offload_range *last = NULL;

	for (size_t i = 0; i < of->count; i++)
		if (address_is_v4(&of->ranges[i].first))
			set->ranges[set->count++] = (struct offload_range){
				of->ranges[i].first, of->ranges[i].last };
	for (size_t i = 0; i < of->count; i++) {
		const struct exempt_range *range = &of->ranges[i];

		if (address_is_v4(&range->first) ||
		    (last != NULL &&
		     address_compare(&range->last, &last->last) <= 0))
			continue;
		if (last != NULL &&
		    address_compare(&range->first, &last->last) <= 0) {
			last->last = range->last;
			continue;
		}
		last = &set->ranges[set->count++];
		*last = (struct offload_range){ range->first, range->last };
		set->count6++;
	}
}

/* Find or build the set for `of`; *known remembers it. */
static int set_of(struct builder *builder, const struct header_set *of,
		  uint32_t number_of, bool others, uint32_t *known)
{
	struct offload_set *set;
	uint32_t i;
	int rc;

	if (*known != 0)
		return 0;
	rc = new_set(builder, of->count + 1, &i);
	if (rc < 0)
		return rc;
	*known = i + 1;
	set = &builder->offload->sets[i];
	set->number = number_of;
	if (of->names != NULL)
		return fill_names(set, of);
	if (others)
		fill_others(set, of);
	else
		fill_ranges(set, of);
	return 0;
}

/* ---- leaves ---- */

static const struct offload_rule always = {
	.proto = { { ALL, ALL, ALL, ALL } },
	.tos = { { ALL, ALL, ALL, ALL } },
};

static uint8_t field_of(const struct node *n)
{
	return (uint8_t)condition_row_of(n->kind)->field;
}

static int put(struct terms *terms, struct offload_rule term,
	       const struct offload_test *test)
{
	if (test != NULL)
		term.tests[term.test_count++] = *test;
	return add_new(terms, &term);
}

/* A test that the kernel cannot do is never certain, and always possible. */
static int of_unknown(struct terms *terms, bool certain)
{
	return certain ? 0 : add_new(terms, &always);
}

static int of_payload(struct terms *terms, bool sign, bool certain)
{
	struct offload_rule term = always;

	if (sign)
		term.proto = inspected;
	else if (certain)
		term.proto = all_but(&inspected);
	return sign && certain ? 0 : add_new(terms, &term);
}

static int of_bitmap(struct terms *terms, enum node_kind kind,
		     const struct bitmap *bitmap, bool sign)
{
	struct offload_rule term = always;
	struct bitmap *part = kind == NODE_PROTO ? &term.proto : &term.tos;

	*part = sign ? *bitmap : all_but(bitmap);
	return meet(part, part) ? add_new(terms, &term) : 0;
}

/* Without ports a port test is false, negated it is true. */
static int of_number(struct builder *builder, struct terms *terms,
		     const struct node *n, bool sign)
{
	const struct header_set *of = &builder->policy->number_sets[n->value];
	uint32_t *known = &builder->number_sets[!sign][n->value];
	bool is_port = field_of(n) != OFFLOAD_LENGTH;
	struct offload_rule term = always;
	struct offload_test test = { .field = field_of(n) };
	int rc = set_of(builder, of, 0, !sign, known);

	if (rc == 0 && is_port && !sign) {
		term.proto = all_but(&offload_ported);
		rc = add_new(terms, &term);
	}
	if (rc < 0)
		return rc;
	if (is_port)
		term.proto = offload_ported;
	test.set = *known - 1;
	if (builder->offload->sets[test.set].count == 0)
		return 0;
	return put(terms, term, &test);
}

/* Whether the set has the pattern "*", which nft cannot express. */
static bool is_wild(const struct header_set *of)
{
	for (size_t i = 0; i < of->count; i++)
		if (strcmp(of->names[i], "*") == 0)
			return true;
	return false;
}

/* Reserve room for a list. It is never released: the order of the routes
 * decides which lists fit. */
static bool has_room(struct builder *builder, const struct header_set *of)
{
	if (of->count > OFFLOAD_RANGES_MAX ||
	    of->count > OFFLOAD_RANGES_ALL - builder->range_count)
		return false;
	builder->range_count += of->count;
	return true;
}

static int of_set(struct builder *builder, struct terms *terms,
		  const struct node *n, bool sign, bool certain)
{
	const struct policy *p = builder->policy;
	bool is_name = field_of(n) == OFFLOAD_IN;
	const struct header_set *of = is_name ? &p->interface_sets[n->value]
					      : &p->address_sets[n->value];
	uint32_t *known = is_name ? &builder->interface_sets[n->value]
				  : &builder->address_sets[n->value];
	struct offload_test test = {
		.field = field_of(n),
		.is_negated = !sign,
	};
	int rc;

	if (of->count == 0)
		return sign ? 0 : add_new(terms, &always);
	if (is_name && is_wild(of))
		return of_unknown(terms, certain);
	if (*known == 0 && !has_room(builder, of)) {
		builder->is_too_long = true;
		return of_unknown(terms, certain);
	}
	rc = set_of(builder, of, n->value, false, known);
	test.set = *known - 1;
	return rc < 0 ? rc : put(terms, always, &test);
}

/* The kernel's user test is false for packets without a user, negated or not:
 * the engine decides the negation. */
static int of_user(struct builder *builder, struct terms *terms,
		   const struct node *n, bool sign, bool certain)
{
	const struct header_set *of = &builder->policy->uid_sets[n->value];
	uint32_t *known = &builder->uid_sets[n->value];
	struct offload_test test = { .field = field_of(n) };
	int rc;

	if (!sign)
		return of_unknown(terms, certain);
	rc = set_of(builder, of, n->value, false, known);
	test.set = *known - 1;
	return rc < 0 ? rc : put(terms, always, &test);
}

static int of_leaf(struct builder *builder, const struct node *n, bool sign,
		   bool certain, struct terms *terms)
{
	if (n->kind == NODE_TRUE || n->kind == NODE_FALSE)
		return (n->kind == NODE_TRUE) == sign ? add_new(terms, &always)
						      : 0;
	if (field_of(n) == OFFLOAD_FIELDS)
		return of_payload(terms, sign, certain);
	switch (condition_row_of(n->kind)->test) {
	case TEST_BYTES:
		return of_bitmap(terms, n->kind,
				 &builder->policy->pool.bitmaps[n->value],
				 sign);
	case TEST_NUMBERS:
		return of_number(builder, terms, n, sign);
	case TEST_INTERFACES:
	case TEST_ADDRESSES:
		return of_set(builder, terms, n, sign, certain);
	case TEST_USERS:
		return of_user(builder, terms, n, sign, certain);
	default:
		return of_unknown(terms, certain);
	}
}

/* ---- joins ---- */

/* The conjunction of two terms; -EDOM when it is always false. */
static int both(const struct offload_rule *a, const struct offload_rule *b,
		struct offload_rule *ret)
{
	*ret = *a;
	if (!meet(&ret->proto, &b->proto) || !meet(&ret->tos, &b->tos))
		return -EDOM;
	for (size_t i = 0; i < b->test_count; i++) {
		const struct offload_test *test = &b->tests[i];

		if (has_test(a, test, !test->is_negated))
			return -EDOM;
		if (has_test(a, test, test->is_negated))
			continue;
		if (ret->test_count == OFFLOAD_TESTS_MAX)
			return -E2BIG;
		ret->tests[ret->test_count++] = *test;
	}
	return 0;
}

/* Combine each of *a with each of `b`. */
static int multiply(struct terms *a, const struct terms *b)
{
	struct terms product = { 0 };
	struct offload_rule term;
	int rc = 0;

	for (size_t i = 0; i < a->count && rc == 0; i++)
		for (size_t j = 0; j < b->count && rc == 0; j++) {
			rc = both(&a->items[i], &b->items[j], &term);
			if (rc == 0)
				rc = add_new(&product, &term);
			else if (rc == -EDOM)
				rc = 0;
		}
	free(a->items);
	*a = product;
	return rc;
}

static int of_node(struct builder *builder, uint32_t node, bool sign,
		   bool certain, struct terms *terms);

/* A true AND or a false OR combines all children; otherwise each child is an
 * alternative. */
static int of_join(struct builder *builder, const struct node *n, bool sign,
		   bool certain, struct terms *terms)
{
	const uint32_t *children = &builder->policy->pool.children[n->value];
	struct terms all = { 0 };
	int rc;

	if ((n->kind == NODE_AND) != sign) {
		for (rc = 0; rc == 0 && children <
		     &builder->policy->pool.children[n->value + n->count];)
			rc = of_node(builder, *children++, sign, certain,
				     terms);
		return rc;
	}
	rc = add_new(&all, &always);
	for (uint32_t i = 0; i < n->count && rc == 0; i++) {
		struct terms one = { 0 };

		rc = of_node(builder, children[i], sign, certain, &one);
		if (rc == 0)
			rc = multiply(&all, &one);
		free(one.items);
	}
	for (size_t i = 0; i < all.count && rc == 0; i++)
		rc = add_new(terms, &all.items[i]);
	free(all.items);
	return rc;
}

static int of_node(struct builder *builder, uint32_t node, bool sign,
		   bool certain, struct terms *terms)
{
	const struct node *n = &builder->policy->pool.nodes[node];

	if (n->kind == NODE_NOT)
		return of_node(builder, n->value, !sign, certain, terms);
	if (n->kind == NODE_AND || n->kind == NODE_OR)
		return of_join(builder, n, sign, certain, terms);
	return of_leaf(builder, n, sign, certain, terms);
}

int offload_terms_of(struct builder *builder, uint32_t node, bool certain,
	     struct terms *ret_terms)
{
	return of_node(builder, node, true, certain, ret_terms);
}
