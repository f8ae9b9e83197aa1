/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domain_parts.h - internal layout of struct domain_table.
 * Private to domain_*.c.
 *
 * Names are hashed from their end, so that one pass over a host name yields
 * the hashes of all its suffixes. A hash selects an entry of `lines`: a cache
 * line with slots for five names. Names that do not fit overflow into the
 * following lines, which `goes_on` marks. A Bloom filter, small enough for the
 * L2 cache, rejects most suffixes that are not in the table, so that a lookup
 * costs at most about one cache miss.
 *
 * `text` holds each name after a byte with its length. Lookups compare it to
 * rule out hash collisions.
 *
 * A name's combination includes those of its listed parents, so the longest
 * matching suffix gives the complete answer. A combination is two bitmaps: the
 * sets that match subdomains, then the sets that match the name itself.
 */
#ifndef WAYMARK_DOMAIN_PARTS_H
#define WAYMARK_DOMAIN_PARTS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "rules/tables/domain_table.h"
#include "rules/util/keyed_hash.h"

#define DOMAIN_LINE_NAMES 5

struct domain_line {
	uint32_t hash[DOMAIN_LINE_NAMES];	/* the upper half */
	uint32_t place[DOMAIN_LINE_NAMES];	/* in `text`; 0: empty slot */
	uint32_t id[DOMAIN_LINE_NAMES];		/* the combination */
	uint32_t goes_on;	/* overflows into the next line */
};

struct domain_table {
	struct keyed_hash key;
	uint64_t label_counts;	/* bit n: some name has n labels; bit 63: 63
				 * or more */
	uint64_t *filter;
	size_t filter_words;
	struct domain_line *lines;
	size_t homes;		/* lines that a hash can select */
	size_t line_count;	/* including overflow lines */
	char *text;
	size_t text_len;
	uint64_t *sets;
	size_t set_words;	/* words of one bitmap, half a combination */
	size_t set_count;	/* combinations */
};

/* A host name in lower case, and its suffixes that pass the filter. */
struct domain_suffixes {
	char lower[256];	/* the name is at the end */
	unsigned int count;	/* of suffixes, in ascending length */
	uint32_t hash[DOMAIN_MAX + 1];
	uint8_t len[DOMAIN_MAX + 1];
};

/* Find the suffixes of `name` on label boundaries that pass the filter of
 * `table`; `len` is 1 to DOMAIN_MAX. */
void domain_suffixes_init(struct domain_suffixes *suffixes,
			  const struct domain_table *table, const char *name,
			  size_t len);

/* Hash a lower-case name. */
uint64_t domain_hash(const struct keyed_hash *key, const char *name,
		     size_t len);

/* Find the longest suffix in the table of at most `max` characters. Returns
 * its length and combination; 0 when there is none. */
size_t domain_table_find(const struct domain_table *table,
			 const struct domain_suffixes *suffixes, size_t max,
			 uint32_t *ret_id);

/* Map 32 bits of a hash to 0 .. count - 1. */
static inline size_t domain_home(uint32_t hash, size_t count)
{
	return (size_t)((uint64_t)hash * count >> 32);
}

/* Return the filter word of a hash; domain_filter_bits() are its bits. */
static inline uint64_t *domain_filter_word(const struct domain_table *table,
					   uint64_t hash)
{
	return &table->filter[domain_home((uint32_t)(hash >> 32),
					  table->filter_words)];
}

static inline uint64_t domain_filter_bits(uint64_t hash)
{
	return UINT64_C(1) << (hash & 63) | UINT64_C(1) << (hash >> 6 & 63) |
	       UINT64_C(1) << (hash >> 12 & 63);
}

#endif
