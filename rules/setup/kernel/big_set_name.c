/* SPDX-License-Identifier: GPL-2.0-or-later */
/* big_set_name.c - write and read the names of big sets. */
#include "rules/setup/kernel/big_set_name.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rules/setup/kernel/nft.h"

static const char *const stems[BIG_SET_STEMS] = {
	[BIG_SET_FROM4] = "from4", [BIG_SET_FROM6] = "from6",
	[BIG_SET_TO4] = "to4", [BIG_SET_TO6] = "to6",
	[BIG_SET_ADDRESSES4] = "addresses4",
	[BIG_SET_ADDRESSES6] = "addresses6",
};

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

void big_set_name(enum big_set_stem stem, const struct big_set_claim *claim,
		  char ret[static BIG_SET_NAME_MAX])
{
	snprintf(ret, BIG_SET_NAME_MAX, "%s_h%016" PRIx64 "n%" PRIu32,
		 stems[stem], claim->sum, claim->elements);
}

bool big_set_is(const char *name, struct big_set_claim *ret_claim)
{
	char again[BIG_SET_NAME_MAX];

	for (unsigned int i = 0; i < BIG_SET_STEMS; i++) {
		size_t len = strlen(stems[i]);

		if (strncmp(name, stems[i], len) != 0 ||
		    sscanf(name + len, "_h%16" SCNx64 "n%" SCNu32,
			   &ret_claim->sum, &ret_claim->elements) != 2)
			continue;
		big_set_name(i, ret_claim, again);
		return strcmp(again, name) == 0;
	}
	return false;
}

uint32_t big_set_count(const struct big_set_claim *claim)
{
	return claim->elements / 2;
}
