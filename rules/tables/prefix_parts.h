/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prefix_parts.h - internal layout of struct prefix_table.
 * Private to prefix_*.c.
 */
#ifndef WAYMARK_PREFIX_PARTS_H
#define WAYMARK_PREFIX_PARTS_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/tables/address.h"
#include "rules/tables/prefix_trie.h"

struct prefix_table {
	struct prefix_trie trie;
	uint32_t v4;		/* reference to the IPv4 steps */
	uint32_t v6;
	uint64_t *sets;		/* a bitmap for each combination */
	size_t set_words;	/* words of a bitmap */
	size_t set_count;	/* bitmaps */
};

/* Convert an address to the number used by struct prefix_step. */
static inline void prefix_key(const struct address *a, bool is_v4,
			      uint64_t *ret_high, uint64_t *ret_low)
{
	*ret_high = is_v4 ? (uint64_t)be32toh(a->be32[3]) << 32 :
		be64toh(a->be64[0]);
	*ret_low = is_v4 ? 0 : be64toh(a->be64[1]);
}

#endif
