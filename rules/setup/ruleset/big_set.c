/* SPDX-License-Identifier: GPL-2.0-or-later */
/* big_set.c - select the lists that become big sets, see big_set.h. */
#include "rules/setup/ruleset/big_set.h"

#include <inttypes.h>
#include <string.h>

#include "rules/offload/offload.h"
#include "rules/setup/kernel/array.h"
#include "rules/setup/kernel/nft.h"
#include "rules/setup/kernel/nft_table.h"
#include "rules/setup/plan/plan.h"
#include "rules/setup/ruleset/ruleset_offload.h"

static const char *const stems[] = { "from4", "from6", "to4", "to6",
				     "addresses4", "addresses6" };
#define STEMS (sizeof(stems) / sizeof(stems[0]))

/* ---- sums ---- */

/* Independent of the order of elements. The multiplier is 2^64 divided by the
 * golden ratio, made odd. */
uint64_t big_set_part(const void *key, size_t len, bool is_end)
{
	const unsigned char *bytes = key;
	uint64_t sum = is_end ? ~NFT_HASH_START : NFT_HASH_START;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ bytes[i]) * NFT_HASH_PRIME;
	sum ^= sum >> 29;
	return sum * UINT64_C(0x9e3779b97f4a7c15);
}

static void add_part(void *ctx, const void *key, size_t len, bool is_end)
{
	struct big_set_claim *claim = ctx;

	claim->sum += big_set_part(key, len, is_end);
	claim->elements++;
}

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

static void write_name(const char *stem, const struct big_set_claim *claim,
		       char name[static BIG_SET_NAME_MAX])
{
	snprintf(name, BIG_SET_NAME_MAX, "%s_h%016" PRIx64 "n%" PRIu32, stem,
		 claim->sum, claim->elements);
}

bool big_set_is(const char *name, struct big_set_claim *ret_claim)
{
	char again[BIG_SET_NAME_MAX];

	for (size_t i = 0; i < STEMS; i++) {
		size_t len = strlen(stems[i]);

		if (strncmp(name, stems[i], len) != 0 ||
		    sscanf(name + len, "_h%16" SCNx64 "n%" SCNu32,
			   &ret_claim->sum, &ret_claim->elements) != 2)
			continue;
		write_name(stems[i], ret_claim, again);
		return strcmp(again, name) == 0;
	}
	return false;
}

uint32_t big_set_count(const struct big_set_claim *claim)
{
	return claim->elements / 2;
}

/* ---- the sets of a plan ---- */

static int keep(struct plan *plan, const char *stem, struct big_set set)
{
	struct big_set_claim claim = { 0 };

	if (set.count <= BIG_SET_ABOVE)
		return 0;
	big_set_each(&set, add_part, &claim);
	write_name(stem, &claim, set.name);
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
	    !ruleset_offload_uses_set(plan->offload, number))
		return 0;
	if (v4 > 0)
		rc = keep(plan, "addresses4", (struct big_set){
			.number = number, .count = v4,
			.pairs = &set->ranges[0].first });
	if (rc == 0 && set->count6 > 0)
		rc = keep(plan, "addresses6", (struct big_set){
			.number = number, .count = set->count6,
			.is_v6 = true, .pairs = &set->ranges[v4].first });
	return rc;
}

int big_sets_find(struct plan *plan)
{
	int rc = 0;

	for (size_t i = 0; i < PLAN_SETS && rc == 0; i++)
		rc = keep(plan, stems[i], (struct big_set){
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

/* ---- scripts ---- */

void big_sets_declare(const struct plan *plan, FILE *out)
{
	for (size_t i = 0; i < plan->big_count; i++)
		fprintf(out, "add set inet " NFT_TABLE " %s { type %s; "
			"flags interval; }\n", plan->bigs[i].name,
			plan->bigs[i].is_v6 ? "ipv6_addr" : "ipv4_addr");
}

void big_sets_delete(const struct plan *plan, const struct nft_table *table,
		     FILE *out)
{
	struct big_set_claim claim;

	for (size_t i = 0; i < table->set_count; i++)
		if (big_set_is(table->sets[i], &claim) &&
		    !big_sets_have(plan, table->sets[i]))
			fprintf(out, "delete set inet " NFT_TABLE " %s\n",
				table->sets[i]);
}

bool big_sets_lack(const struct plan *plan, const struct nft_table *table)
{
	for (size_t i = 0; i < plan->big_count; i++)
		if (!nft_table_has_whole(table, plan->bigs[i].name))
			return true;
	return false;
}
