/*
 * offload_map.c - a map of one field in the place of a run of rules.
 *
 * Its values are the stretches between the ends of all the sets. A value that
 * only one rule is for, with no other test, leads to where that rule does;
 * others lead to a chain of the rules that are for it, in their order and
 * without the test that the map has made. What falls off such a chain's end
 * goes on behind the map.
 */
#include "rules/offload/offload_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Chains of a map may hold a rule several times; this often on average. */
#define COPIES_MAX 4
/* Lists that are longer keep a set of their own, which rules share. */
#define RANGES_IN_MAP 4096

/* Where a rule's set begins or has ended. */
struct edge {
	struct address at;
	uint32_t rule;
	bool is_end;
};

/* A chain made for rules of the run. */
struct made {
	struct made *next;
	uint32_t chain;
	size_t count;
	uint32_t rules[];
};

#define MADE_SLOTS 1024

struct sweep {
	struct maker *maker;
	const struct run *run;
	struct edge *edges;
	size_t edge_count;
	uint64_t *active;
	uint32_t *list;		/* the rules for the value at hand */
	struct made *made[MADE_SLOTS];
	size_t copies;
	struct offload_map *map;
	size_t rooms[2];
};

const struct offload_test *offload_map_test(const struct maker *maker,
				    const struct offload_rule *rule,
				    enum offload_field field)
{
	for (size_t i = 0; i < rule->test_count; i++) {
		const struct offload_test *test = &rule->tests[i];

		if (test->field == field && !test->is_negated &&
		    maker->offload->sets[test->set].count <= RANGES_IN_MAP)
			return test;
	}
	return NULL;
}

/* ---- edges ---- */

static struct address behind(struct address a)
{
	for (int i = 15; i >= 0; i--)
		if (++a.bytes[i] != 0)
			break;
	return a;
}

static struct address prev(struct address a)
{
	for (int i = 15; i >= 0; i--)
		if (a.bytes[i]-- != 0)
			break;
	return a;
}

static int by_place(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	return address_compare(&x->at, &y->at);
}

/* The end of all addresses has nothing behind it. */
static void add_edges(struct sweep *sweep, uint32_t rule,
		      const struct offload_range *range)
{
	struct edge *end = &sweep->edges[sweep->edge_count + 1];

	end[-1] = (struct edge){ range->first, rule, false };
	*end = (struct edge){ behind(range->last), rule, true };
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
	const struct offload_test *test = offload_map_test(sweep->maker,
						  &sweep->run->rules[rule],
						  sweep->run->field);

	return &sweep->maker->offload->sets[test->set];
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
	qsort(sweep->edges, sweep->edge_count, sizeof(*sweep->edges), by_place);
	return 0;
}

/* ---- values ---- */

/* The protocols that get on behind the map at a value. */
static struct bitmap proto_at(const struct run *run, uint32_t value)
{
	struct bitmap proto = { 0 };

	if (run->field != OFFLOAD_PROTO)
		return run->proto;
	proto.words[value / 64 % 4] = UINT64_C(1) << value % 64;
	return proto;
}

/* A rule as it is once the map has tested its field. */
static struct offload_rule rest_of(const struct maker *maker,
				   const struct run *run, size_t i)
{
	struct offload_rule rule = run->rules[i];

	if (run->field == OFFLOAD_TOS) {
		rule.tos = offload_any;
	} else if (run->field != OFFLOAD_PROTO) {
		const struct offload_test *test = offload_map_test(maker, &rule,
							  run->field);
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

/* The rules for the value at hand, down to the first that is sure. */
static size_t list_active(struct sweep *sweep, const struct bitmap *proto)
{
	const struct run *run = sweep->run;
	size_t count = 0;

	for (size_t w = 0; w * 64 < run->count; w++)
		for (uint64_t left = sweep->active[w]; left; left &= left - 1) {
			size_t i = w * 64 + (size_t)__builtin_ctzll(left);
			struct offload_rule rest = rest_of(sweep->maker, run,
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
		rules[i] = rest_of(sweep->maker, sweep->run, sweep->list[i]);
	rc = offload_chain_part(sweep->maker, rules, count, proto,
				sweep->run->depth + 1, ret_chain);
	free(rules);
	return rc;
}

/* One chain for each different list. Of protocols the value counts too. */
static int chain_of(struct sweep *sweep, size_t count,
		    const struct bitmap *proto, uint32_t *ret_chain)
{
	size_t size = count * sizeof(*sweep->list);
	uint64_t hash = count;
	struct made **slot, *made;
	int rc;

	for (size_t i = 0; i < count; i++)
		hash = (hash ^ sweep->list[i]) * UINT64_C(0x100000001b3);
	slot = &sweep->made[(hash >> 16) % MADE_SLOTS];
	for (made = *slot; made; made = made->next)
		if (sweep->run->field != OFFLOAD_PROTO &&
		    made->count == count &&
		    memcmp(made->rules, sweep->list, size) == 0) {
			*ret_chain = made->chain;
			return 0;
		}
	sweep->copies += count;
	if (sweep->copies > sweep->run->count * COPIES_MAX + 64)
		return -E2BIG;
	made = malloc(sizeof(*made) + size);
	if (made == NULL)
		return -ENOMEM;
	made->next = *slot;
	made->count = count;
	memcpy(made->rules, sweep->list, size);
	*slot = made;
	rc = make_list(sweep, count, proto, &made->chain);
	*ret_chain = made->chain;
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

	if (last && is_same(last->target, target)) {
		struct address next = behind(last->range.last);

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
	first = rest_of(sweep->maker, sweep->run, sweep->list[0]);
	if (is_sure(&first, &proto)) {
		target = first.target;
	} else {
		rc = chain_of(sweep, count, &proto, &target.value);
		if (rc < 0)
			return rc;
	}
	return add_case(sweep, family, range, target);
}

/* Protocols differ in what they mean behind the map: one value each. */
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
			range.last = prev(sweep->edges[i].at);
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
	for (size_t i = 0; i < MADE_SLOTS; i++)
		while (sweep->made[i]) {
			struct made *next = sweep->made[i]->next;

			free(sweep->made[i]);
			sweep->made[i] = next;
		}
	free(sweep->active);
	free(sweep->list);
	free(sweep);
}

int offload_map_make(struct maker *maker, const struct run *run,
	     struct offload_map **ret_map)
{
	struct sweep *sweep = calloc(1, sizeof(*sweep));
	struct offload_map *map = calloc(1, sizeof(*map));
	int rc = -ENOMEM;

	if (sweep == NULL || map == NULL)
		goto out;
	sweep->maker = maker;
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
	if (sweep)
		sweep_fini(sweep);
	return rc;
}

