/*
 * domain_parts.h - what a domain_table is made of.
 * Only for the files of domain_table.
 *
 * Every name of the table is one record in `text`: the number of its
 * combination of sets (4 bytes, of the machine's order), its length (1 byte)
 * and its characters. Records are found by a hash of the name, read from its
 * end so that one pass over a host name yields the hashes of all its suffixes.
 *
 * A slot is 32 bits of that hash and where the record is. Slots are in the
 * order of their hashes, each at or after the place that its hash points to,
 * with gaps: a search begins there and ends at the first higher hash or gap.
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

#include "rules/domain_table.h"

/* The bytes of a record before its characters, and where the length is. */
#define DOMAIN_RECORD_HEAD 5
#define DOMAIN_RECORD_LEN 4

struct domain_slot {
	uint32_t hash;
	uint32_t place;		/* of the record; 0: a gap */
};

struct domain_table {
	uint64_t key[2];
	uint64_t label_counts;	/* bit n: some name has n labels, 63 or more */
	struct domain_slot *slots;	/* the last is a gap */
	size_t slot_count;
	size_t homes;		/* places that a hash can point to */
	char *text;
	size_t text_len;
	uint64_t *sets;
	size_t set_words;	/* words of one bitmap, half a combination */
	size_t set_count;	/* combinations */
};

/* The lower case of a host name and the suffixes of it that may be names. */
struct domain_suffixes {
	char lower[256];	/* the name is at the end */
	unsigned int count;	/* in the order of their lengths */
	uint32_t hash[DOMAIN_MAX + 1];
	uint8_t len[DOMAIN_MAX + 1];
};

/*
 * The suffixes of `name`, on label boundaries, that have as many labels as
 * a name of the table may have (bits of `label_counts`); `len` 1 to DOMAIN_MAX.
 */
void domain_suffixes_init(struct domain_suffixes *suffixes,
			  const uint64_t key[2], uint64_t label_counts,
			  const char *name, size_t len);

/* The hash of a name that is in lower case. */
uint32_t domain_hash(const uint64_t key[2], const char *name, size_t len);

/* The record of the longest suffix that is a name of the table and not
 * longer than `most`; NULL when there is none. */
char *domain_table_find(const struct domain_table *table,
			const struct domain_suffixes *suffixes, size_t most);

static inline size_t domain_home(const struct domain_table *table,
				 uint32_t hash)
{
	return (size_t)((uint64_t)hash * table->homes >> 32);
}

static inline uint32_t domain_record_id(const char *record)
{
	uint32_t id;

	memcpy(&id, record, sizeof(id));
	return id;
}

static inline size_t domain_record_len(const char *record)
{
	return (uint8_t)record[DOMAIN_RECORD_LEN];
}

#endif
