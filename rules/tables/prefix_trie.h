/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prefix_trie.h - a trie of the steps of an address space.
 * Private to prefix_*.c.
 *
 * The trie is an array of 32-bit words. A reference into it is
 *
 *   kind << 27 | place
 *
 *   LEAF     place is the combination of sets of the whole span
 *   1 to 24  a branch: the next `kind` bits of the address choose one of
 *            2^kind references at `place`
 *   SKIP     a struct prefix_skip at `place`: all steps of the span have the
 *            same next bits
 *   BUCKET   at most PREFIX_BUCKET_STEPS steps at `place`, as bytes:
 *              the number of entries; the widths of starts and combinations
 *              the starts of all entries
 *              the shifts of all entries
 *              the combination `rest`; the combinations of all entries
 *            A start is the next `width` * 8 bits of an address, as many as
 *            the finest step needs. The entry with the highest start not
 *            above the address applies if all bits but the lowest `shift`
 *            are equal, or if the shift is PREFIX_FOREVER; otherwise `rest`
 *            applies. Thus a lone prefix costs one entry although it makes
 *            two steps. Numbers are little-endian.
 *
 * With evenly spread steps, a branch leads to buckets of about one cache line:
 * a lookup costs one cache miss for the branch and one for the bucket.
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

/* Bits of the start's width in a bucket's second byte; the upper bits are the
 * width of a combination. */
#define PREFIX_WIDTH_BITS 5

/* Readers of a bucket may touch this many bytes after the last word. */
#define PREFIX_SLACK 80

struct prefix_skip {
	uint32_t bits;		/* number of skipped bits, 1 to 63 */
	uint32_t prev;		/* combination of lower addresses */
	uint32_t after;		/* combination of higher addresses */
	uint32_t inside;	/* reference for the bits that follow */
	uint32_t high;		/* the skipped bits, 64 bits wide */
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

/* Shift a 128-bit number left by 0 to 63 bits. */
static inline void prefix_shift(uint64_t *high, uint64_t *low,
				unsigned int bits)
{
	*high = *high << bits | (*low >> 1) >> (63 - bits);
	*low <<= bits;
}

/*
 * Add `count` steps to the trie; *ret_ref refers to them. 0 or -ENOMEM. The
 * caller initializes `words` to NULL and frees it.
 */
int prefix_trie_add(struct prefix_trie *trie, const struct prefix_step *steps,
		    size_t count, uint32_t *ret_ref);

/* Release spare memory. No steps can be added afterwards. */
void prefix_trie_finish(struct prefix_trie *trie);

#endif
