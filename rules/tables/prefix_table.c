/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prefix_table.c - look up an address in all sets at once. */
#include "rules/tables/prefix_table.h"

#include <stdlib.h>

#include "rules/tables/prefix_parts.h"

/* Read a little-endian number of 1 to 8 bytes; 8 bytes must be readable. */
static inline uint64_t get(const uint8_t *at, unsigned int bytes)
{
	uint64_t number;

	memcpy(&number, at, sizeof(number));
	return le64toh(number) & UINT64_MAX >> (64 - 8 * bytes);
}

/* A parsed bucket header. */
struct bucket {
	unsigned int count;
	unsigned int width;
	const uint8_t *starts;
	const uint8_t *shifts;
};

/*
 * This many starts are always compared, even past the last: without a branch
 * that depends on the data, consecutive lookups overlap.
 */
#define ALWAYS_COMPARED 6

/* Return the entry that applies to the address, from 1; 0: none. */
static inline unsigned int find_entry(const struct bucket *bucket,
				      uint64_t high)
{
	unsigned int width = bucket->width;
	uint64_t key = high >> (64 - 8 * width);
	unsigned int i, shift, above = 0, left = bucket->count;
	const uint8_t *at = bucket->starts;
	uint64_t start;
	bool is_covered;

	while (left > ALWAYS_COMPARED) {
		unsigned int half = left / 2;

		start = get(at + (half - 1) * width, width);
		above += start <= key ? half : 0;
		at = bucket->starts + above * width;
		left -= half;
	}
	for (i = 0; i < ALWAYS_COMPARED; i++)
		above += (get(at + i * width, width) <= key) & (i < left);

	i = above - (above > 0);
	start = get(bucket->starts + i * width, width);
	shift = bucket->shifts[i];
	is_covered = (shift == PREFIX_FOREVER) |
		     ((key ^ start) >> (shift & 63) == 0);
	return is_covered ? above : 0;
}

/* As find_entry(), for starts longer than 8 bytes. */
static unsigned int find_long_entry(const struct bucket *bucket, uint64_t high,
				    uint64_t low)
{
	unsigned int low_bytes = bucket->width - 8;
	uint64_t low_key = low >> (64 - 8 * low_bytes);
	const uint8_t *at = bucket->starts;
	uint64_t high_off = 0, low_off = 0;
	unsigned int i, shift;

	for (i = 0; i < bucket->count; i++, at += bucket->width) {
		uint64_t start = get(at, 8);
		uint64_t low_start = get(at + 8, low_bytes);

		if (start > high || (start == high && low_start > low_key))
			break;
		high_off = start ^ high;
		low_off = low_start ^ low_key;
	}
	if (i == 0)
		return 0;
	shift = bucket->shifts[i - 1];
	if (shift == PREFIX_FOREVER)
		return i;
	if (shift >= 8 * low_bytes)
		return high_off >> (shift - 8 * low_bytes) == 0 ? i : 0;
	return high_off == 0 && low_off >> shift == 0 ? i : 0;
}

static inline uint32_t find_in_bucket(const uint8_t *at, uint64_t high,
				      uint64_t low)
{
	unsigned int id_bytes = at[1] >> PREFIX_WIDTH_BITS;
	struct bucket bucket = {
		.count = at[0],
		.width = at[1] & ((1 << PREFIX_WIDTH_BITS) - 1),
		.starts = at + 2,
	};
	unsigned int entry;

	bucket.shifts = bucket.starts + bucket.count * bucket.width;
	entry = bucket.width <= 8 ? find_entry(&bucket, high) :
		find_long_entry(&bucket, high, low);
	return (uint32_t)get(bucket.shifts + bucket.count + entry * id_bytes,
			     id_bytes);
}

/* Return the combination of the sets that contain the address. */
static uint32_t find(const struct prefix_trie *trie, uint32_t ref,
		     uint64_t high, uint64_t low)
{
	for (;;) {
		unsigned int kind = ref >> PREFIX_PLACE_BITS;
		const uint32_t *at;

		if (kind == PREFIX_LEAF)
			return ref & PREFIX_PLACE_MAX;
		at = trie->words + (ref & PREFIX_PLACE_MAX);
		__builtin_prefetch(at + 16);	/* next line of a bucket */
		if (kind == PREFIX_BUCKET)
			return find_in_bucket((const uint8_t *)at, high, low);
		if (kind == PREFIX_SKIP) {
			const struct prefix_skip *skip =
				(const struct prefix_skip *)at;
			uint64_t key = high >> (64 - skip->bits);
			uint64_t want = (uint64_t)skip->high << 32 | skip->low;

			if (key != want)
				return key < want ? skip->prev : skip->after;
			kind = skip->bits;
			ref = skip->inside;
		} else {
			ref = at[high >> (64 - kind)];
		}
		prefix_shift(&high, &low, kind);
	}
}

const uint64_t *prefix_table_lookup(const struct prefix_table *table,
				    const struct address *a)
{
	bool is_v4 = address_is_v4(a);
	uint64_t high, low;
	uint32_t id;

	prefix_key(a, is_v4, &high, &low);
	id = find(&table->trie, is_v4 ? table->v4 : table->v6, high, low);
	return table->sets + id * table->set_words;
}

void prefix_table_free(struct prefix_table *table)
{
	if (table == NULL)
		return;
	free(table->trie.words);
	free(table->sets);
	free(table);
}

size_t prefix_table_bytes(const struct prefix_table *table)
{
	return sizeof(*table) + table->trie.room * sizeof(uint32_t) +
	       table->set_count * table->set_words * sizeof(uint64_t);
}
