/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diagram.c - build and combine decision diagrams, see diagram.h. */
#include "rules/compare/diagram.h"

#include <stdlib.h>
#include <string.h>

#define NODES_AT_FIRST 1024u
#define RESULTS (1u << 16)	/* at first */
#define RESULTS_MAX (1u << 22)

/* The operations of the diagram itself; those of callers follow. */
enum { CHOOSE = UINT32_MAX - 1, SIMPLIFY };

struct node {
	uint32_t low, high;
	uint32_t variable;
};

/* A result that was computed; another with the same hash replaces it. */
struct result {
	uint32_t operation;	/* 0: empty */
	uint32_t a, b, c;
	uint32_t result;
};

struct diagram {
	struct node *nodes;
	size_t count, room, max;
	uint32_t *slots;	/* node + 1, 0 when empty; twice `room` */
	struct result *results;
	size_t result_count;
	bool is_full;
};

static uint32_t hash(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	uint64_t h = a * UINT64_C(0x9e3779b97f4a7c15);

	h = (h ^ h >> 32 ^ b) * UINT64_C(0xff51afd7ed558ccd);
	h = (h ^ h >> 32 ^ c) * UINT64_C(0xc4ceb9fe1a85ec53);
	h = (h ^ h >> 32 ^ d) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(h >> 32);
}

struct diagram *diagram_new(size_t max_nodes)
{
	struct diagram *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->max = max_nodes;
	d->room = NODES_AT_FIRST;
	d->nodes = calloc(d->room, sizeof(*d->nodes));
	d->slots = calloc(2 * d->room, sizeof(*d->slots));
	d->result_count = RESULTS;
	d->results = calloc(d->result_count, sizeof(*d->results));
	if (d->nodes == NULL || d->slots == NULL || d->results == NULL) {
		diagram_free(d);
		return NULL;
	}
	return d;
}

void diagram_free(struct diagram *d)
{
	if (d == NULL)
		return;
	free(d->nodes);
	free(d->slots);
	free(d->results);
	free(d);
}

bool diagram_is_full(const struct diagram *d)
{
	return d->is_full;
}

unsigned int diagram_variable(const struct diagram *d, uint32_t node)
{
	return d->nodes[node].variable;
}

uint32_t diagram_low(const struct diagram *d, uint32_t node)
{
	return d->nodes[node].low;
}

uint32_t diagram_high(const struct diagram *d, uint32_t node)
{
	return d->nodes[node].high;
}

static uint32_t *slot_of(const struct diagram *d, const struct node *n)
{
	size_t mask = 2 * d->room - 1;
	size_t i = hash(n->variable, n->low, n->high, 0) & mask;

	while (d->slots[i] != 0 &&
	       memcmp(&d->nodes[d->slots[i] - 1], n, sizeof(*n)) != 0)
		i = (i + 1) & mask;
	return &d->slots[i];
}

/* More nodes have more results that are worth keeping. */
static void grow_results(struct diagram *d)
{
	struct result *results;

	if (d->result_count >= d->room || d->result_count >= RESULTS_MAX)
		return;
	results = calloc(d->result_count * 2, sizeof(*results));
	if (results == NULL)
		return;
	free(d->results);
	d->results = results;
	d->result_count *= 2;
}

static bool grow(struct diagram *d)
{
	size_t room = d->room * 2;
	struct node *nodes;
	uint32_t *slots;

	if (room > d->max || room >= DIAGRAM_LEAF)
		return false;
	nodes = reallocarray(d->nodes, room, sizeof(*nodes));
	if (nodes == NULL)
		return false;
	d->nodes = nodes;
	slots = calloc(2 * room, sizeof(*slots));
	if (slots == NULL)
		return false;
	free(d->slots);
	d->slots = slots;
	d->room = room;
	for (size_t i = 0; i < d->count; i++)
		*slot_of(d, &d->nodes[i]) = (uint32_t)i + 1;
	grow_results(d);
	return true;
}

uint32_t diagram_node(struct diagram *d, unsigned int variable, uint32_t low,
		      uint32_t high)
{
	const struct node n = { low, high, variable };
	uint32_t *slot;

	if (low == high)
		return low;
	slot = slot_of(d, &n);
	if (*slot != 0)
		return *slot - 1;
	if (d->count == d->room) {
		if (!grow(d)) {
			d->is_full = true;
			return DIAGRAM_FALSE;
		}
		slot = slot_of(d, &n);
	}
	d->nodes[d->count] = n;
	*slot = (uint32_t)++d->count;
	return *slot - 1;
}

static struct result *result_of(struct diagram *d, uint32_t operation,
				uint32_t a, uint32_t b, uint32_t c)
{
	return &d->results[hash(operation ^ a * 31, a, b, c) &
			   (d->result_count - 1)];
}

static bool is_known(const struct result *r, uint32_t operation, uint32_t a,
		     uint32_t b, uint32_t c)
{
	return r->operation == operation && r->a == a && r->b == b &&
	       r->c == c;
}

/* A call in between may have moved the table. */
static uint32_t keep(struct diagram *d, uint32_t operation, uint32_t a,
		     uint32_t b, uint32_t c, uint32_t result)
{
	if (!d->is_full)
		*result_of(d, operation, a, b, c) =
			(struct result){ operation, a, b, c, result };
	return result;
}

/* Leaves test no variable. */
static uint32_t top(const struct diagram *d, uint32_t ref)
{
	return diagram_is_leaf(ref) ? UINT32_MAX : d->nodes[ref].variable;
}

static uint32_t min(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* The function for one value of a variable that is not above its top. */
static uint32_t part(const struct diagram *d, uint32_t ref, uint32_t variable,
		     bool is_high)
{
	if (top(d, ref) != variable)
		return ref;
	return is_high ? d->nodes[ref].high : d->nodes[ref].low;
}

uint32_t diagram_choose(struct diagram *d, uint32_t f, uint32_t g, uint32_t h)
{
	const struct result *known;
	uint32_t variable, low, high;

	if (f == DIAGRAM_TRUE || g == h)
		return g;
	if (f == DIAGRAM_FALSE)
		return h;
	if (d->is_full || (g == DIAGRAM_TRUE && h == DIAGRAM_FALSE))
		return f;
	known = result_of(d, CHOOSE, f, g, h);
	if (is_known(known, CHOOSE, f, g, h))
		return known->result;
	variable = min(top(d, f), min(top(d, g), top(d, h)));
	low = diagram_choose(d, part(d, f, variable, false),
			     part(d, g, variable, false),
			     part(d, h, variable, false));
	high = diagram_choose(d, part(d, f, variable, true),
			      part(d, g, variable, true),
			      part(d, h, variable, true));
	return keep(d, CHOOSE, f, g, h, diagram_node(d, variable, low, high));
}

uint32_t diagram_combine(struct diagram *d,
			 const struct diagram_operation *operation, uint32_t a,
			 uint32_t b)
{
	const struct result *known;
	uint32_t variable, low, high;

	if (d->is_full)
		return DIAGRAM_FALSE;
	if (diagram_is_leaf(a) && diagram_is_leaf(b))
		return diagram_leaf(operation->values(operation->ctx,
						      diagram_value(a),
						      diagram_value(b)));
	known = result_of(d, operation->id, a, b, 0);
	if (is_known(known, operation->id, a, b, 0))
		return known->result;
	variable = min(top(d, a), top(d, b));
	low = diagram_combine(d, operation, part(d, a, variable, false),
			      part(d, b, variable, false));
	high = diagram_combine(d, operation, part(d, a, variable, true),
			       part(d, b, variable, true));
	return keep(d, operation->id, a, b, 0,
		    diagram_node(d, variable, low, high));
}

uint32_t diagram_simplify(struct diagram *d, uint32_t f, uint32_t care)
{
	const struct result *known;
	uint32_t variable, low, high, result;

	if (d->is_full || diagram_is_leaf(f) || diagram_is_leaf(care))
		return f;
	known = result_of(d, SIMPLIFY, f, care, 0);
	if (is_known(known, SIMPLIFY, f, care, 0))
		return known->result;
	low = d->nodes[care].low;
	high = d->nodes[care].high;
	variable = d->nodes[care].variable;
	if (variable < top(d, f)) {
		result = diagram_simplify(d, f, diagram_or(d, low, high));
	} else if (variable > top(d, f)) {
		variable = top(d, f);
		low = diagram_simplify(d, d->nodes[f].low, care);
		high = diagram_simplify(d, d->nodes[f].high, care);
		result = diagram_node(d, variable, low, high);
	} else if (low == DIAGRAM_FALSE || high == DIAGRAM_FALSE) {
		result = diagram_simplify(d, part(d, f, variable,
						  low == DIAGRAM_FALSE),
					  low == DIAGRAM_FALSE ? high : low);
	} else {
		uint32_t below = diagram_simplify(d, d->nodes[f].low, low);
		uint32_t above = diagram_simplify(d, d->nodes[f].high, high);

		result = diagram_node(d, variable, below, above);
	}
	return keep(d, SIMPLIFY, f, care, 0, result);
}
