/* SPDX-License-Identifier: GPL-2.0-or-later */
/* learned_table_private.h - how a table lies in memory. Only learned_table*.c
 * include this. */
#ifndef WAYMARK_LEARNED_TABLE_PRIVATE_H
#define WAYMARK_LEARNED_TABLE_PRIVATE_H

#include "engine/learn/learned_lock.h"
#include "engine/learn/learned_names.h"
#include "engine/learn/learned_table.h"

#define BUCKET_ITEMS 8
#define TAGS_IN_WORD 4
#define TAG_WORDS (BUCKET_ITEMS / TAGS_IN_WORD)
#define TAG_BITS 16

#define HOST_ROOM 64
#define HOST_LONG '\xff'	/* instead of a name: see learned_names.h */

/*
 * Layout of an item in its slot, in words that may be read while they are
 * written. Two cache lines: a look-up is answered from the first, unless the
 * name extends into the second.
 */
enum word {
	WORD_HASH,
	WORD_TIMES,	/* used_s << 32 | expires_s */
	WORD_SEEN,	/* seen_s << 32 | detail << 16 | host_percent << 8 |
			 * app_percent; the detail is app, or seen_ms */
	WORD_HOST,
	WORD_ORIGIN = WORD_HOST + HOST_ROOM / 8,	/* since_s << 32 |
						 * port << 16 |
						 * ORIGIN_SHARED | proto */
	WORD_SERVER,
	WORD_CLIENT = WORD_SERVER + 2,
	WORDS = WORD_CLIENT + 2,
	WORDS_IN_LINE = 8,
};
#define ORIGIN_SHARED 0x100u
#define HOST_IN_LINE ((WORDS_IN_LINE - WORD_HOST) * 8)

struct slot {
	_Alignas(64) _Atomic uint64_t words[WORDS];
};

_Static_assert(sizeof(struct slot) == 128, "two cache lines");

/*
 * A bucket has a tag of 16 bits for each item, so that a look-up touches only
 * the matching one; 0 is empty. A place gets a slot when it is first used and
 * keeps it. So slots lie side by side in order of arrival, and a table that is
 * far from full takes little cache and memory.
 */
struct bucket {
	_Alignas(64) _Atomic uint64_t tags[TAG_WORDS];
	_Atomic uint32_t sequence;
	_Atomic uint32_t slots[BUCKET_ITEMS];	/* from 1; 0: none so far */
};

_Static_assert(sizeof(struct bucket) == 64, "one cache line");

struct learned_table {
	struct bucket *buckets;
	size_t bucket_count;		/* a power of two */
	struct slot *slots;		/* one more than places */
	_Atomic uint32_t used;		/* slots in use but the first */
	struct learned_names *names;	/* borrowed */
	enum learned_kind kind;
};

/* ---- where an item belongs ---- */

static inline struct bucket *bucket_of(const struct learned_table *table,
				       uint64_t hash)
{
	return &table->buckets[(hash >> 16) & (table->bucket_count - 1)];
}

static inline uint16_t tag_of(uint64_t hash)
{
	uint16_t tag = (uint16_t)hash;

	return tag != 0 ? tag : 1;
}

static inline struct slot *slot_of(const struct learned_table *table,
				   const struct bucket *bucket, size_t place)
{
	return &table->slots[atomic_load_explicit(&bucket->slots[place],
						  memory_order_relaxed)];
}

/* Bit n: tag n of `word` is `tag`. Branchless, since the result is
 * unpredictable. */
static inline unsigned int matches_of(uint64_t word, uint16_t tag)
{
	const uint64_t ones = 0x0001000100010001u, low = ones * 0x7fff;
	uint64_t other = word ^ ones * tag;
	uint64_t same = ~(((other & low) + low) | other | low);

	/* The product gathers the top bits of the four in the highest bits. */
	return (unsigned int)((same >> (TAG_BITS - 1)) *
			      UINT64_C(0x1000200040008000) >> 60);
}

static inline uint64_t tags_at(const struct bucket *bucket, size_t word)
{
	return atomic_load_explicit(&bucket->tags[word], memory_order_relaxed);
}

static inline uint16_t tag_at(const struct bucket *bucket, size_t i)
{
	return (uint16_t)(tags_at(bucket, i / TAGS_IN_WORD) >>
			  i % TAGS_IN_WORD * TAG_BITS);
}

/* Bit n: slot n has this tag. */
static inline unsigned int places_tagged(const struct bucket *bucket,
					 uint16_t tag)
{
	unsigned int slots = 0;

	for (unsigned int word = 0; word < TAG_WORDS; word++)
		slots |= matches_of(tags_at(bucket, word), tag)
			 << word * TAGS_IN_WORD;
	return slots;
}

/* Bit n: slot n may have this hash. A tag matches by chance once in eight
 * thousand look-ups. */
static inline unsigned int candidates_of(const struct bucket *bucket,
					 uint64_t hash)
{
	return places_tagged(bucket, tag_of(hash));
}

static inline uint64_t word_at(const struct slot *slot, size_t word)
{
	uint64_t value;

	learned_load(&slot->words[word], 1, &value);
	return value;
}

static inline bool has_expired(uint64_t times, uint32_t now_s)
{
	return (uint32_t)times <= now_s;
}

/* The item that `words` hold. */
void learned_table_unpack(const struct learned_table *table,
			  const uint64_t words[static WORDS],
			  struct learned_item *ret);

#endif
