/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * offload_map.c - replace a run of rules by a map of one field.
 *
 * The keys are the ranges between the edges of all sets. A key that only one
 * rule matches, without further tests, has the target of that rule. Any other
 * key leads to a chain of the rules that match it, in order and without the
 * test that the map has done. At the end of such a chain evaluation continues
 * after the map.
 */
#include "rules/offload/offload_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The average number of copies of a rule in the chains of a map. */
#define COPIES_MAX 4
/* Longer lists stay in a set, which rules share. */
#define RANGES_IN_MAP 4096

/* The first value of a range of a rule, or the value after its last. */
struct edge {
	struct address at;
	uint32_t rule;
	bool is_end;
};

/* A chain built for some rules of the run. */
struct built {
	struct built *next;
	uint32_t chain;
	size_t count;
	uint32_t rules[];
};

#define BUILT_SLOTS 1024

struct sweep {
	struct builder *builder;
	const struct run *run;
	struct edge *edges;
	size_t edge_count;
	uint64_t *active;
	uint32_t *list;		/* the rules for the current key */
	struct built *built[BUILT_SLOTS];
	size_t copies;
	struct offload_map *map;
	size_t rooms[2];
};

const struct offload_test *offload_map_test(const struct builder *builder,
				    const struct offload_rule *rule,
				    enum offload_field field)
{
	for (size_t i = 0; i < rule->test_count; i++) {
		const struct offload_test *test = &rule->tests[i];

		if (test->field == field && !test->is_negated &&
		    builder->offload->sets[test->set].count <= RANGES_IN_MAP)
			return test;
	}
	return NULL;
}

/* ---- edges ---- */

static struct address next_of(struct address a)
{
	for (int i = 15; i >= 0; i--)
		if (++a.bytes[i] != 0)
			break;
	return a;
}

static struct address prev_of(struct address a)
{
	for (int i = 15; i >= 0; i--)
		if (a.bytes[i]-- != 0)
			break;
	return a;
}

static int by_value(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	return address_compare(&x->at, &y->at);
}

/* The last of all addresses has no value after it. */
static void add_edges(struct sweep *sweep, uint32_t rule,
		      const struct offload_range *range)
{
	struct edge *end = &sweep->edges[sweep->edge_count + 1];

	end[-1] = (struct edge){ range->first, rule, false };
	*end = (struct edge){ next_of(range->last), rule, true };
	sweep->edge_count += end->at.be64[0] || end->at.be64[1] ? 2 : 1;
}

static void add_bitmap(struct sweep *sweep, uint32_t rule,
		       const struct bitmap *bitmap)
{
	struct offload_range range;

	for (uint32_t n = 0; n < 256; n++) {
		if (!offload_has(bitmap, n))
			continue;
		range.first = address_from_v4(htonl(n));
		while (n < 255 && offload_has(bitmap, n + 1))
			n++;
		range.last = address_from_v4(htonl(n));
		add_edges(sweep, rule, &range);
	}
}

static const struct offload_set *set_at(const struct sweep *sweep, size_t rule)
{
	const struct offload_test *test = offload_map_test(sweep->builder,
						  &sweep->run->rules[rule],
						  sweep->run->field);

	return &sweep->builder->offload->sets[test->set];
}

static int list_edges(struct sweep *sweep, int family)
{
	const struct run *run = sweep->run;
	bool is_bits = run->field <= OFFLOAD_TOS;
	size_t room = 256;

	for (size_t i = 0; i < run->count; i++)
		room += is_bits ? 256 : 2 * set_at(sweep, i)->count;
	sweep->edge_count = 0;
	sweep->edges = calloc(room, sizeof(*sweep->edges));
	if (sweep->edges == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < run->count; i++) {
		const struct offload_rule *rule = &run->rules[i];
		const struct offload_set *set;
		size_t v4;

		if (is_bits && family == 0)
			add_bitmap(sweep, i, run->field == OFFLOAD_TOS ?
				   &rule->tos : &rule->proto);
		if (is_bits)
			continue;
		set = set_at(sweep, i);
		v4 = set->count - set->count6;
		for (size_t r = family ? v4 : 0;
		     r < (family ? set->count : v4); r++)
			add_edges(sweep, i, &set->ranges[r]);
	}
	qsort(sweep->edges, sweep->edge_count, sizeof(*sweep->edges), by_value);
	return 0;
}

/* ---- keys ---- */

/* The protocols that continue after the map at a key. */
static struct bitmap proto_at(const struct run *run, uint32_t value)
{
	struct bitmap proto = { 0 };

	if (run->field != OFFLOAD_PROTO)
		return run->proto;
	proto.words[value / 64 % 4] = UINT64_C(1) << value % 64;
	return proto;
}

/* A rule without the test that the map has done. */
static struct offload_rule rest_of(const struct builder *builder,
				   const struct run *run, size_t i)
{
	struct offload_rule rule = run->rules[i];

	if (run->field == OFFLOAD_TOS) {
		rule.tos = offload_any;
	} else if (run->field != OFFLOAD_PROTO) {
		const struct offload_test *test =
			offload_map_test(builder, &rule, run->field);
		size_t at = (size_t)(test - rule.tests);

		memmove(&rule.tests[at], &rule.tests[at + 1],
			(rule.test_count - at - 1) * sizeof(*rule.tests));
		rule.test_count--;
	}
	return rule;
}

static bool is_sure(const struct offload_rule *rule, const struct bitmap *proto)
{
	return rule->test_count == 0 && offload_covers(&rule->proto, proto) &&
	       offload_covers(&rule->tos, &offload_any);
}

/* List the rules for the current key, up to the first that always matches. */
static size_t list_active(struct sweep *sweep, const struct bitmap *proto)
{
	const struct run *run = sweep->run;
	size_t count = 0;

	for (size_t w = 0; w * 64 < run->count; w++)
		for (uint64_t left = sweep->active[w]; left; left &= left - 1) {
			size_t i = w * 64 + (size_t)__builtin_ctzll(left);
			struct offload_rule rest = rest_of(sweep->builder, run,
							   i);

			sweep->list[count++] = (uint32_t)i;
			if (is_sure(&rest, proto))
				return count;
		}
	return count;
}

static int make_list(struct sweep *sweep, size_t count,
		     const struct bitmap *proto, uint32_t *ret_chain)
{
	struct offload_rule *rules = calloc(count, sizeof(*rules));
	int rc;

	if (rules == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		rules[i] = rest_of(sweep->builder, sweep->run, sweep->list[i]);
	rc = offload_chain_part(sweep->builder, rules, count, proto,
				sweep->run->depth + 1, ret_chain);
	free(rules);
	return rc;
}

/* Equal lists share a chain, except with protocols, where the rest of a rule
 * depends on the key. */
static int chain_of(struct sweep *sweep, size_t count,
		    const struct bitmap *proto, uint32_t *ret_chain)
{
	size_t size = count * sizeof(*sweep->list);
	uint64_t hash = count;
	struct built **slot, *built;
	int rc;

	for (size_t i = 0; i < count; i++)
		hash = (hash ^ sweep->list[i]) * UINT64_C(0x100000001b3);
	slot = &sweep->built[(hash >> 16) % BUILT_SLOTS];
	for (built = *slot; built != NULL; built = built->next)
		if (sweep->run->field != OFFLOAD_PROTO &&
		    built->count == count &&
		    memcmp(built->rules, sweep->list, size) == 0) {
			*ret_chain = built->chain;
			return 0;
		}
	sweep->copies += count;
	if (sweep->copies > sweep->run->count * COPIES_MAX + 64)
		return -E2BIG;
	built = malloc(sizeof(*built) + size);
	if (built == NULL)
		return -ENOMEM;
	built->next = *slot;
	built->count = count;
	memcpy(built->rules, sweep->list, size);
	*slot = built;
	rc = make_list(sweep, count, proto, &built->chain);
	*ret_chain = built->chain;
	return rc;
}

static bool is_same(struct offload_target a, struct offload_target b)
{
	return a.verdict == b.verdict && a.value == b.value &&
	       a.route == b.route;
}

static int add_case(struct sweep *sweep, int family,
		    const struct offload_range *range,
		    struct offload_target target)
{
	struct offload_case **cases = &sweep->map->cases[family];
	size_t *count = &sweep->map->counts[family];
	size_t *room = &sweep->rooms[family];
	struct offload_case *last = *count ? &(*cases)[*count - 1] : NULL;

	if (last != NULL && is_same(last->target, target)) {
		struct address next = next_of(last->range.last);

		if (address_equal(&next, &range->first)) {
			last->range.last = range->last;
			return 0;
		}
	}
	if (*count == *room) {
		size_t more = *room ? *room * 2 : 16;
		struct offload_case *grown = reallocarray(*cases, more,
							  sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		*cases = grown;
		*room = more;
	}
	(*cases)[(*count)++] = (struct offload_case){ *range, target };
	return 0;
}

static int add_value(struct sweep *sweep, int family,
		     const struct offload_range *range)
{
	struct bitmap proto = proto_at(sweep->run,
				       ntohl(range->first.be32[3]));
	struct offload_target target = { .verdict = OFFLOAD_JUMP };
	struct offload_rule first;
	size_t count = list_active(sweep, &proto);
	int rc;

	if (count == 0)
		return 0;
	first = rest_of(sweep->builder, sweep->run, sweep->list[0]);
	if (is_sure(&first, &proto)) {
		target = first.target;
	} else {
		rc = chain_of(sweep, count, &proto, &target.value);
		if (rc < 0)
			return rc;
	}
	return add_case(sweep, family, range, target);
}

/* The rest of a rule depends on the protocol: one key for each. */
static int add_values(struct sweep *sweep, int family,
		      struct offload_range range)
{
	uint32_t last = ntohl(range.last.be32[3]);
	int rc = 0;

	if (sweep->run->field != OFFLOAD_PROTO)
		return add_value(sweep, family, &range);
	for (uint32_t n = ntohl(range.first.be32[3]); n <= last && rc == 0;
	     n++) {
		range.first = address_from_v4(htonl(n));
		range.last = range.first;
		if (offload_has(&sweep->run->proto, n))
			rc = add_value(sweep, family, &range);
	}
	return rc;
}

static int sweep_family(struct sweep *sweep, int family)
{
	size_t words = sweep->run->count / 64 + 1;
	struct offload_range range;
	int count = 0;
	int rc = list_edges(sweep, family);

	memset(sweep->active, 0, words * sizeof(*sweep->active));
	for (size_t i = 0; i < sweep->edge_count && rc == 0;) {
		range.first = sweep->edges[i].at;
		for (; i < sweep->edge_count &&
		     address_equal(&sweep->edges[i].at, &range.first); i++) {
			sweep->active[sweep->edges[i].rule / 64] ^=
				UINT64_C(1) << sweep->edges[i].rule % 64;
			count += sweep->edges[i].is_end ? -1 : 1;
		}
		memset(&range.last, 0xff, sizeof(range.last));
		if (i < sweep->edge_count)
			range.last = prev_of(sweep->edges[i].at);
		if (count > 0)
			rc = add_values(sweep, family, range);
	}
	free(sweep->edges);
	sweep->edges = NULL;
	return rc;
}

void offload_map_free(struct offload_map *map)
{
	if (map == NULL)
		return;
	free(map->cases[0]);
	free(map->cases[1]);
	free(map);
}

static void sweep_fini(struct sweep *sweep)
{
	for (size_t i = 0; i < BUILT_SLOTS; i++)
		while (sweep->built[i] != NULL) {
			struct built *next = sweep->built[i]->next;

			free(sweep->built[i]);
			sweep->built[i] = next;
		}
	free(sweep->active);
	free(sweep->list);
	free(sweep);
}

int offload_map_new(struct builder *builder, const struct run *run,
	     struct offload_map **ret_map)
{
	struct sweep *sweep = calloc(1, sizeof(*sweep));
	struct offload_map *map = calloc(1, sizeof(*map));
	int rc = -ENOMEM;

	if (sweep == NULL || map == NULL)
		goto out;
	sweep->builder = builder;
	sweep->run = run;
	sweep->map = map;
	sweep->active = calloc(run->count / 64 + 1, sizeof(*sweep->active));
	sweep->list = calloc(run->count + 1, sizeof(*sweep->list));
	if (sweep->active == NULL || sweep->list == NULL)
		goto out;
	map->field = run->field;
	rc = sweep_family(sweep, 0);
	if (rc == 0)
		rc = sweep_family(sweep, 1);
	if (rc < 0)
		goto out;

	*ret_map = map;
	map = NULL;
out:
	offload_map_free(map);
	if (sweep != NULL)
		sweep_fini(sweep);
	return rc;
}

