/* SPDX-License-Identifier: GPL-2.0-or-later */
/* route_index.c - build the index; select and evaluate a flow's candidates. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/policy/policy.h"
#include "rules/policy/route_index_private.h"

static int by_key(const void *a, const void *b)
{
	const struct index_entry *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->route < y->route ? -1 : x->route > y->route;
}

static int by_group(const void *a, const void *b)
{
	const struct index_entry *x = a, *y = b;

	if (x->facts != y->facts)
		return x->facts < y->facts ? -1 : 1;
	if (x->guard != y->guard)
		return x->guard < y->guard ? -1 : 1;
	return x->route < y->route ? -1 : x->route > y->route;
}

/* The routes of each key, from the sorted entries of one kind. */
static int fill_keys(struct arena *arena, struct index_field *field,
		     const struct index_entry *items, size_t count)
{
	size_t keys = items[count - 1].key + (size_t)1;
	uint32_t *starts = arena_alloc(arena, (keys + 1) * sizeof(*starts));
	uint32_t *routes = arena_alloc(arena, count * sizeof(*routes));

	if (starts == NULL || routes == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		routes[i] = items[i].route;
		starts[items[i].key + 1] = (uint32_t)i + 1;
	}
	for (size_t k = 1; k <= keys; k++)
		if (starts[k] < starts[k - 1])
			starts[k] = starts[k - 1];
	field->keys = keys;
	field->starts = starts;
	field->routes = routes;
	return 0;
}

/* The words of a look-up result that have a key. */
static int fill_chunks(struct arena *arena, struct index_field *field)
{
	struct index_chunk *chunks =
		arena_alloc(arena, (field->keys / 64 + 1) * sizeof(*chunks));

	if (chunks == NULL)
		return -ENOMEM;
	for (size_t k = 0; k < field->keys; k++) {
		uint32_t word = (uint32_t)(k / 64);

		if (field->starts[k] == field->starts[k + 1])
			continue;
		if (field->chunk_count == 0 ||
		    chunks[field->chunk_count - 1].word != word)
			chunks[field->chunk_count++].word = word;
		chunks[field->chunk_count - 1].mask |= UINT64_C(1) << k % 64;
	}
	field->chunks = chunks;
	return 0;
}

/* The groups, from the entries of one kind sorted by group; each route once in
 * its group. */
static int fill_groups(struct arena *arena, struct index_field *field,
		       const struct index_entry *items, size_t count)
{
	struct index_group *groups = arena_alloc(arena,
						 count * sizeof(*groups));
	uint32_t *routes = arena_alloc(arena, count * sizeof(*routes));
	size_t used = 0;

	if (groups == NULL || routes == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		bool is_new = i == 0 || items[i].facts != items[i - 1].facts ||
			      items[i].guard != items[i - 1].guard;
		struct index_group *group;

		if (is_new) {
			group = &groups[field->group_count++];
			group->guard = items[i].guard;
			group->facts = items[i].facts;
			group->routes = &routes[used];
		} else if (items[i].route == items[i - 1].route) {
			continue;
		}
		groups[field->group_count - 1].count++;
		routes[used++] = items[i].route;
	}
	field->groups = groups;
	return 0;
}

static int fill_field(struct arena *arena, struct index_field *field,
		      struct index_entry *items, size_t count)
{
	int rc = fill_keys(arena, field, items, count);

	if (rc == 0)
		rc = fill_chunks(arena, field);
	field->fact = condition_fact((enum node_kind)items[0].kind);
	if (rc < 0 || field->fact == 0)
		return rc;
	qsort(items, count, sizeof(*items), by_group);
	return fill_groups(arena, field, items, count);
}

static int fill(struct arena *arena, struct route_index *index,
		set_is_wide is_wide, const void *ctx)
{
	struct index_entries entries = { .always = (uint64_t *)index->always };
	int rc = route_index_collect(index, is_wide, ctx, &entries);
	size_t end;

	if (rc == 0 && entries.count > 0)
		qsort(entries.items, entries.count, sizeof(*entries.items),
		      by_key);
	for (size_t i = 0; i < entries.count && rc == 0; i = end) {
		struct index_entry *first = &entries.items[i];

		end = i;
		while (end < entries.count &&
		       entries.items[end].kind == first->kind)
			end++;
		rc = fill_field(arena, &index->fields[first->kind], first,
				end - i);
	}
	free(entries.items);
	return rc;
}

struct route_index *route_index_new(struct arena *arena,
				    const struct condition_pool *pool,
				    const uint32_t *nodes, size_t count,
				    set_is_wide is_wide, const void *ctx)
{
	struct route_index *index = arena_alloc(arena, sizeof(*index));
	uint32_t *copy = arena_alloc(arena, (count + 1) * sizeof(*copy));

	if (index == NULL || copy == NULL)
		return NULL;
	memcpy(copy, nodes, count * sizeof(*copy));
	index->pool = pool;
	index->nodes = copy;
	index->count = count;
	if (count < INDEX_ROUTES_MIN || count > INDEX_ROUTES_MAX)
		return index;
	index->words = (count + 63) / 64;
	index->always = arena_alloc(arena, index->words * sizeof(uint64_t));
	if (index->always == NULL || fill(arena, index, is_wide, ctx) < 0)
		return NULL;
	return index;
}

/* ---- look-up ---- */

static void add_key(const struct index_field *field, size_t key,
		    uint64_t *routes)
{
	if (key >= field->keys)
		return;
	for (uint32_t i = field->starts[key]; i < field->starts[key + 1]; i++)
		routes[field->routes[i] / 64] |= UINT64_C(1)
						 << field->routes[i] % 64;
}

static void add_sets(const struct index_field *field, set_bits sets,
		     uint64_t *routes)
{
	if (sets == NULL)
		return;
	for (size_t i = 0; i < field->chunk_count; i++) {
		const struct index_chunk *chunk = &field->chunks[i];
		uint64_t bits = sets[chunk->word] & chunk->mask;

		for (; bits != 0; bits &= bits - 1)
			add_key(field,
				chunk->word * (size_t)64 +
				(size_t)__builtin_ctzll(bits), routes);
	}
}

static void add_headers(const struct index_field *fields,
			const struct facts *facts, uint64_t *routes)
{
	uint64_t users = facts->uid_bits;

	add_key(&fields[NODE_PROTO], facts->proto, routes);
	add_key(&fields[NODE_TOS], facts->tos, routes);
	if (facts->has_ports) {
		add_sets(&fields[NODE_SPORT], facts->sport_sets, routes);
		add_sets(&fields[NODE_DPORT], facts->dport_sets, routes);
	}
	add_sets(&fields[NODE_LENGTH], facts->length_sets, routes);
	add_sets(&fields[NODE_IN], facts->in_sets, routes);
	add_sets(&fields[NODE_UID], &users, routes);
	add_sets(&fields[NODE_FROM], facts->client_sets, routes);
	add_sets(&fields[NODE_TO], facts->server_sets, routes);
}

/* Known facts only. A pattern that matched counts before the others are
 * decided. */
static void add_payload(const struct index_field *fields,
			const struct facts *facts, uint64_t *routes)
{
	uint64_t alpn = facts->alpn_bits, ja4 = facts->ja4_bits;

	add_sets(&fields[NODE_PAYLOAD], &facts->patterns_seen, routes);
	if (facts->known & FACT_APP && facts->app != APP_NONE)
		add_key(&fields[NODE_APP], facts->app, routes);
	if (facts->known & FACT_ECH && facts->ech)
		add_key(&fields[NODE_ECH], 0, routes);
	if (facts->known & FACT_ALPN)
		add_sets(&fields[NODE_ALPN], &alpn, routes);
	if (facts->known & FACT_JA4)
		add_sets(&fields[NODE_JA4], &ja4, routes);
	if (facts->known & FACT_HOST)
		add_sets(&fields[NODE_HOST], facts->host_sets, routes);
}

struct walk {
	const struct route_index *index;
	const struct facts *facts;
	size_t first;		/* the first true one */
	size_t guess;		/* the first that is provisionally true */
	route_may_guess may_guess;
	const void *ctx;
	bool is_final;
	uint8_t needs;
};

static enum truth eval(struct walk *walk, uint32_t node)
{
	return condition_eval(walk->index->pool, node, walk->facts,
			      &walk->needs);
}

/* Evaluate a route; true when it is the first one. */
static bool walk_route(struct walk *walk, size_t route)
{
	uint32_t node = walk->index->nodes[route];
	enum truth truth = eval(walk, node);

	if (truth == TRUTH_TRUE)
		walk->first = route;
	if (truth == TRUTH_UNKNOWN && walk->guess == walk->index->count &&
	    walk->may_guess(walk->ctx, route) &&
	    condition_guess(walk->index->pool, node, walk->facts))
		walk->guess = route;
	walk->is_final &= truth != TRUTH_UNKNOWN;
	return truth == TRUTH_TRUE;
}

static void walk_all(struct walk *walk)
{
	for (size_t i = 0; i < walk->index->count; i++)
		if (walk_route(walk, i))
			return;
}

/* A route that is true with unknown facts taken as false is a candidate, too:
 * one of its keys is then known to be true. */
static void walk_candidates(struct walk *walk, const uint64_t *routes)
{
	for (size_t w = 0; w < walk->index->words; w++)
		for (uint64_t bits = routes[w]; bits != 0; bits &= bits - 1)
			if (walk_route(walk, w * 64 +
				       (size_t)__builtin_ctzll(bits)))
				return;
}

/* Routes that are false or unknown. Stop when another unknown route would not
 * change the result. */
static void walk_group(struct walk *walk, const struct index_group *group,
		       const uint64_t *candidates)
{
	uint8_t open = group->facts & ~walk->facts->known;
	uint8_t ignored = 0;

	if (condition_eval(walk->index->pool, group->guard, walk->facts,
			   &ignored) == TRUTH_FALSE)
		return;
	for (size_t i = 0; i < group->count; i++) {
		uint32_t route = group->routes[i];

		if (route >= walk->first ||
		    (!walk->is_final && (open & ~walk->needs) == 0))
			return;
		if (candidates[route / 64] >> route % 64 & 1)
			continue;
		if (eval(walk, walk->index->nodes[route]) == TRUTH_UNKNOWN)
			walk->is_final = false;
	}
}

static void walk_unknown(struct walk *walk, const uint64_t *candidates)
{
	for (int kind = NODE_APP; kind < INDEX_KINDS; kind++) {
		const struct index_field *field = &walk->index->fields[kind];

		if (walk->facts->known & field->fact)
			continue;
		for (size_t g = 0; g < field->group_count; g++)
			walk_group(walk, &field->groups[g], candidates);
	}
}

size_t route_index_first(const struct route_index *index,
			 const struct facts *facts, route_may_guess may_guess,
			 const void *ctx, bool *ret_is_final,
			 uint8_t *ret_needs)
{
	uint64_t candidates[INDEX_WORDS_MAX];
	struct walk walk = {
		.index = index, .facts = facts, .first = index->count,
		.guess = index->count, .may_guess = may_guess, .ctx = ctx,
		.is_final = true,
	};

	if (index->words == 0) {
		walk_all(&walk);
	} else {
		memcpy(candidates, index->always,
		       index->words * sizeof(candidates[0]));
		add_headers(index->fields, facts, candidates);
		add_payload(index->fields, facts, candidates);
		walk_candidates(&walk, candidates);
		walk_unknown(&walk, candidates);
	}
	*ret_is_final = walk.is_final;
	*ret_needs = walk.is_final ? 0 : walk.needs;
	return walk.guess < walk.first ? walk.guess : walk.first;
}
