/*
 * prefix_trie.h - the steps of an address space, packed for look-up.
 * Only for the files of prefix_table.
 *
 * The trie is an array of 32-bit words; a reference says what stands where:
 *
 *   kind << 27 | place
 *
 *   LEAF     place is the combination of sets that holds from here on down
 *   1 to 24  a branch: the next `kind` bits of the address choose one of
 *            2^kind references at `place`
 *   SKIP     a struct prefix_skip at `place`: what follows concerns only
 *            addresses with the same next bits
 *   BUCKET   at most PREFIX_BUCKET_STEPS steps at `place`, as bytes:
 *              the count of entries, a start's width and a combination's,
 *              for each entry where it starts,
 *              for each entry a shift,
 *              combination `rest`, for each entry a combination
 *            A start is the next `width` * 8 bits of an address, so many
 *            that they end where the finest step does. The entry with the
 *            highest start not above the address counts, when all bits but
 *            the lowest `shift` are the same; PREFIX_FOREVER always counts.
 *            Otherwise `rest` holds. Thus a lone prefix costs one entry,
 *            though it makes two steps. Numbers are little endian.
 *
 * With the steps spread evenly, a branch leads to buckets of a cache line or
 * so: an address costs one far read for the branch and one for the bucket.
 */
#ifndef WAYMARK_PREFIX_TRIE_H
#define WAYMARK_PREFIX_TRIE_H

#include <stddef.h>
#include <stdint.h>

#include "rules/tables/prefix_steps.h"

#define PREFIX_PLACE_BITS 27
#define PREFIX_PLACE_MAX ((UINT32_C(1) << PREFIX_PLACE_BITS) - 1)

#define PREFIX_BUCKET 0
#define PREFIX_BRANCH_MAX 24
#define PREFIX_SKIP 30
#define PREFIX_LEAF 31

#define PREFIX_BUCKET_STEPS 128
#define PREFIX_FOREVER 255

/* The second byte of a bucket: the width in so many bits, then the bytes of a
 * combination. */
#define PREFIX_WIDTH_BITS 5

/* Bytes past the end of the words that a bucket's reader may touch. */
#define PREFIX_SLACK 80

/* Four words and the skipped bits, the first of them highest. */
struct prefix_skip {
	uint32_t bits;		/* 1 to 63 */
	uint32_t prev;	/* combination of addresses below the bits */
	uint32_t after;		/* and above */
	uint32_t inside;	/* reference for the bits that follow */
	uint32_t high;		/* the bits, in 64 */
	uint32_t low;
};

struct prefix_trie {
	uint32_t *words;
	size_t count;
	size_t room;
};

static inline uint32_t prefix_ref(uint32_t kind, uint32_t place)
{
	return kind << PREFIX_PLACE_BITS | place;
}

/* Move an address `bits` on, 0 to 63. */
static inline void prefix_shift(uint64_t *high, uint64_t *low,
				unsigned int bits)
{
	*high = *high << bits | (*low >> 1) >> (63 - bits);
	*low <<= bits;
}

/*
 * Add `count` steps to the trie; *ret_ref finds them. 0 or -ENOMEM. `words`
 * starts as NULL and stays the caller's to free.
 */
int prefix_trie_add(struct prefix_trie *trie, const struct prefix_step *steps,
		    size_t count, uint32_t *ret_ref);

/* Give back spare memory; nothing can be added any more. */
void prefix_trie_finish(struct prefix_trie *trie);

#endif
