/*
 * domain_parts.h - what a domain_table is made of.
 * Only for the files of domain_table.
 *
 * A hash of each name, read from its end so that one pass over a host name
 * yields the hashes of all its suffixes, points to a line of `lines`: a cache
 * line with room for five names. Names that do not fit are in the lines that
 * follow, and the line says so. A filter, small enough to stay in the second
 * cache level, knows nearly all suffixes that are not in the table: a look-up
 * then waits for one far read or none.
 *
 * A name's characters stand in `text`, behind a byte with their length. They
 * are compared for certainty, but what a look-up gives does not wait for them.
 *
 * A name's combination includes those of the names above it, so the longest
 * suffix that is found has the whole answer. A combination is two bitmaps:
 * the sets of all names below, then those of the name itself.
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
	uint32_t place[DOMAIN_LINE_NAMES];	/* in `text`; 0: no name */
	uint32_t id[DOMAIN_LINE_NAMES];		/* the combination */
	uint32_t goes_on;	/* some name of this line is in the next */
};

struct domain_table {
	struct keyed_hash key;
	uint64_t label_counts;	/* bit n: some name has n labels, 63 or more */
	uint64_t *filter;
	size_t filter_words;
	struct domain_line *lines;
	size_t homes;		/* lines that a hash can point to */
	size_t line_count;	/* and those after them */
	char *text;
	size_t text_len;
	uint64_t *sets;
	size_t set_words;	/* words of one bitmap, half a combination */
	size_t set_count;	/* combinations */
};

/* The lower case of a host name, and the suffixes that a table may have. */
struct domain_suffixes {
	char lower[256];	/* the name is at the end */
	unsigned int count;	/* in the order of their lengths */
	uint32_t hash[DOMAIN_MAX + 1];
	uint8_t len[DOMAIN_MAX + 1];
};

/* The suffixes of `name`, `len` 1 to DOMAIN_MAX, on label boundaries, that the
 * table may have. */
void domain_suffixes_init(struct domain_suffixes *suffixes,
			  const struct domain_table *table, const char *name,
			  size_t len);

/* The hash of a name that is in lower case. */
uint64_t domain_hash(const struct keyed_hash *key, const char *name,
		     size_t len);

/* Find the longest suffix that the table has, if it is not longer than
 * `most`: its length, 0 when there is none, and its combination. */
size_t domain_table_find(const struct domain_table *table,
			 const struct domain_suffixes *suffixes, size_t max,
			 uint32_t *ret_id);

/* Where 32 bits of a hash point to, of `count` places. */
static inline size_t domain_home(uint32_t hash, size_t count)
{
	return (size_t)((uint64_t)hash * count >> 32);
}

/* The word of the filter that is asked about a hash, and its bits there. */
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
