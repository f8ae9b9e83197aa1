/* SPDX-License-Identifier: GPL-2.0-or-later */
/* big_set.c - select the lists that become big sets, see big_set.h. */
#include "rules/setup/plan/big_set.h"

#include <string.h>

#include "rules/offload/offload.h"
#include "rules/setup/kernel/array.h"
#include "rules/setup/plan/plan.h"

/* ---- elements ---- */

/* False: `last` is the highest address of all. */
static bool find_behind(const struct address *last, size_t skip,
			struct address *ret)
{
	size_t i = 16;

	*ret = *last;
	while (i > skip && ++ret->bytes[i - 1] == 0)
		i--;
	return i > skip;
}

void big_set_each(const struct big_set *set, big_set_element *each, void *ctx)
{
	static const struct address zero;
	size_t len = set->is_v6 ? 16 : 4, skip = 16 - len;
	struct address end;

	if (memcmp(set->pairs[0].bytes + skip, zero.bytes, len) != 0)
		each(ctx, zero.bytes, len, true);
	for (size_t i = 0; i < set->count; i++) {
		each(ctx, set->pairs[2 * i].bytes + skip, len, false);
		if (find_behind(&set->pairs[2 * i + 1], skip, &end))
			each(ctx, end.bytes + skip, len, true);
	}
}

static void add_part(void *ctx, const void *key, size_t len, bool is_end)
{
	struct big_set_claim *claim = ctx;

	claim->sum += big_set_part(key, len, is_end);
	claim->elements++;
}

/* ---- the sets of a plan ---- */

static int keep(struct plan *plan, enum big_set_stem stem, struct big_set set)
{
	struct big_set_claim claim = { 0 };

	if (set.count <= BIG_SET_ABOVE)
		return 0;
	big_set_each(&set, add_part, &claim);
	big_set_name(stem, &claim, set.name);
	return ARRAY_ADD(plan->bigs, plan->big_count, set);
}

static int keep_offloaded(struct plan *plan, size_t number)
{
	const struct offload_set *set = &plan->offload->sets[number];
	size_t v4 = set->count - set->count6;
	int rc = 0;

	_Static_assert(sizeof(struct offload_range) ==
		       2 * sizeof(struct address) &&
		       sizeof(struct plan_range) == 2 * sizeof(struct address),
		       "a range is a pair of addresses");
	if (set->count <= BIG_SET_ABOVE ||
	    !offload_has_addresses(plan->offload, number))
		return 0;
	if (v4 > 0)
		rc = keep(plan, BIG_SET_ADDRESSES4, (struct big_set){
			.number = number, .count = v4,
			.pairs = &set->ranges[0].first });
	if (rc == 0 && set->count6 > 0)
		rc = keep(plan, BIG_SET_ADDRESSES6, (struct big_set){
			.number = number, .count = set->count6,
			.is_v6 = true, .pairs = &set->ranges[v4].first });
	return rc;
}

int big_sets_find(struct plan *plan)
{
	int rc = 0;

	for (size_t i = 0; i < PLAN_SETS && rc == 0; i++)
		rc = keep(plan, BIG_SET_FROM4 + i, (struct big_set){
			.is_exempt = true, .number = i, .is_v6 = i % 2,
			.count = plan->exempt[i].count,
			.pairs = plan->exempt[i].count == 0 ? NULL :
				 &plan->exempt[i].items[0].first });
	for (size_t i = 0; i < plan->offload->set_count && rc == 0; i++)
		rc = keep_offloaded(plan, i);
	return rc;
}

const struct big_set *big_set_of(const struct plan *plan, bool is_exempt,
				 size_t number, bool is_v6)
{
	for (size_t i = 0; i < plan->big_count; i++) {
		const struct big_set *set = &plan->bigs[i];

		if (set->is_exempt == is_exempt && set->number == number &&
		    set->is_v6 == is_v6)
			return set;
	}
	return NULL;
}

bool big_sets_have(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->big_count; i++)
		if (strcmp(plan->bigs[i].name, name) == 0)
			return true;
	return false;
}
