/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prefix_trie.c - pack the steps of an address space into a trie. */
#include "rules/tables/prefix_trie.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "rules/util/big_alloc.h"

#define ADDRESS_BITS 128

/* A branch has one reference per 4 to 8 steps. Measured, as the next two. */
#define STEPS_PER_BRANCH_LOG2 2
/* Common leading bits of all steps are skipped within these bounds. */
#define SKIP_MIN 3
#define SKIP_MAX 63

/* The part of the address space that a reference covers. */
struct span {
	const struct prefix_step *steps;	/* after its first address */
	size_t count;
	unsigned int depth;	/* bits of the address that chose the span */
	uint32_t id;		/* of the first address */
};

static int add_span(struct prefix_trie *trie, struct span span,
		    uint32_t *ret_ref);

/* Return a step without its first `depth` bits. */
static struct prefix_step rest_of(const struct prefix_step *step,
				  unsigned int depth)
{
	struct prefix_step rest = *step;

	for (; depth > 63; depth -= 63)
		prefix_shift(&rest.high, &rest.low, 63);
	prefix_shift(&rest.high, &rest.low, depth);
	return rest;
}

/* Count trailing zeros; 128 for the address 0. */
static unsigned int zeros_after(const struct prefix_step *step)
{
	if (step->low != 0)
		return (unsigned int)__builtin_ctzll(step->low);
	if (step->high != 0)
		return 64 + (unsigned int)__builtin_ctzll(step->high);
	return ADDRESS_BITS;
}

/* Count the common leading bits of two steps. */
static unsigned int bits_in_common(const struct prefix_step *a,
				   const struct prefix_step *b)
{
	if (a->high != b->high)
		return (unsigned int)__builtin_clzll(a->high ^ b->high);
	if (a->low != b->low)
		return 64 + (unsigned int)__builtin_clzll(a->low ^ b->low);
	return ADDRESS_BITS;
}

static int reserve(struct prefix_trie *trie, size_t count, uint32_t *ret_place)
{
	size_t room = trie->room == 0 ? 1024 : trie->room;
	uint32_t *words;

	if (trie->count + count > PREFIX_PLACE_MAX)
		return -ENOMEM;
	while (room < trie->count + count + PREFIX_SLACK / sizeof(*words))
		room *= 2;
	if (room != trie->room) {
		words = reallocarray(trie->words, room, sizeof(*words));
		if (words == NULL)
			return -ENOMEM;
		trie->words = words;
		trie->room = room;
	}
	memset(trie->words + trie->count, 0, count * sizeof(*words));
	*ret_place = (uint32_t)trie->count;
	trie->count += count;
	return 0;
}

/* An entry of a bucket under construction. */
struct entry {
	uint64_t high;		/* the start */
	uint64_t low;
	unsigned int fixed;	/* leading bits an address must share */
	bool is_forever;
	uint32_t id;
};

/* Return the most frequent combination of `count` steps. */
static uint32_t common_id(const struct prefix_step *steps, size_t count)
{
	size_t i, j, max = 0;
	uint32_t best = 0;

	for (i = 0; i < count; i++) {
		size_t same = 0;

		for (j = 0; j < count; j++)
			same += steps[j].what == steps[i].what;
		if (same > max) {
			max = same;
			best = steps[i].what;
		}
	}
	return best;
}

/*
 * Test whether from..to (exclusive) is a prefix: the distance is a power of 2,
 * and the base has at least as many trailing zeros.
 */
static bool is_prefix(const struct prefix_step *from,
		      const struct prefix_step *to, unsigned int *ret_len)
{
	struct prefix_step gap = {
		.high = to->high - from->high - (to->low < from->low),
		.low = to->low - from->low,
	};
	unsigned int zeros = zeros_after(&gap);

	if (__builtin_popcountll(gap.high) + __builtin_popcountll(gap.low) != 1
	    || zeros > zeros_after(from))
		return false;
	*ret_len = ADDRESS_BITS - zeros;
	return true;
}

/* Convert the steps of a bucket to entries. Returns their number. */
static size_t make_entries(const struct prefix_step *steps, size_t count,
			   uint32_t rest, struct entry *entries)
{
	bool is_covered = true;		/* `rest` applies without an entry */
	size_t i, made = 0;

	for (i = 0; i < count; i++) {
		const struct prefix_step *step = &steps[i];
		struct entry *entry = &entries[made];

		if (step->what == rest && is_covered)
			continue;
		*entry = (struct entry){ step->high, step->low,
					 ADDRESS_BITS - zeros_after(step),
					 true, step->what };
		is_covered = false;
		if (i + 1 < count && step[1].what == rest &&
		    is_prefix(step, step + 1, &entry->fixed)) {
			entry->is_forever = false;
			is_covered = true;
		}
		made++;
	}
	return made;
}

static uint8_t *put(uint8_t *at, uint64_t number, size_t bytes)
{
	number = htole64(number);
	memcpy(at, &number, bytes);
	return at + bytes;
}

/* A start of up to 8 bytes is one number; a longer one is a number of 8 bytes
 * and another of the rest. */
static uint8_t *put_start(uint8_t *at, const struct entry *entry,
			  unsigned int width)
{
	if (width <= 8)
		return put(at, entry->high >> (64 - 8 * width), width);
	at = put(at, entry->high, 8);
	return put(at, entry->low >> (128 - 8 * width), width - 8);
}

/* Return the bytes per combination in a bucket. */
static unsigned int id_bytes_of(const struct entry *entries, size_t count,
				uint32_t rest)
{
	uint32_t all = rest;
	size_t i;

	for (i = 0; i < count; i++)
		all |= entries[i].id;
	return all >> 8 == 0 ? 1 : all >> 16 == 0 ? 2 : 4;
}

/* Return the bytes per start in a bucket. */
static unsigned int width_of(const struct entry *entries, size_t count)
{
	unsigned int width = 1;
	size_t i;

	for (i = 0; i < count; i++) {
		while (8 * width < entries[i].fixed)
			width++;
	}
	return width;
}

static void put_bucket(uint8_t *at, const struct entry *entries, size_t count,
		       unsigned int width, uint32_t rest, unsigned int id_bytes)
{
	size_t i;

	*at++ = (uint8_t)count;
	*at++ = (uint8_t)(width | id_bytes << PREFIX_WIDTH_BITS);
	for (i = 0; i < count; i++)
		at = put_start(at, &entries[i], width);
	for (i = 0; i < count; i++)
		*at++ = entries[i].is_forever ? PREFIX_FOREVER :
			(uint8_t)(8 * width - entries[i].fixed);
	at = put(at, rest, id_bytes);
	for (i = 0; i < count; i++)
		at = put(at, entries[i].id, id_bytes);
}

static int add_bucket(struct prefix_trie *trie, const struct span *span,
		      uint32_t *ret_ref)
{
	struct prefix_step steps[PREFIX_BUCKET_STEPS + 1];
	struct entry entries[PREFIX_BUCKET_STEPS + 1];
	unsigned int width, id_bytes;
	uint32_t rest, place;
	size_t i, count, bytes;

	steps[0] = (struct prefix_step){ .what = span->id };
	for (i = 0; i < span->count; i++)
		steps[i + 1] = rest_of(&span->steps[i], span->depth);
	rest = common_id(steps, span->count + 1);
	count = make_entries(steps, span->count + 1, rest, entries);
	width = width_of(entries, count);
	id_bytes = id_bytes_of(entries, count, rest);

	bytes = 2 + count * (width + 1) + (count + 1) * id_bytes;
	if (reserve(trie, (bytes + 3) / 4, &place) < 0)
		return -ENOMEM;
	put_bucket((uint8_t *)(trie->words + place), entries, count, width,
		   rest, id_bytes);
	*ret_ref = prefix_ref(PREFIX_BUCKET, place);
	return 0;
}

/* Split off the steps whose next `bits` bits are `part`. A step at the part's
 * first address becomes its `id`. */
static struct span cut_part(struct span *span, unsigned int bits, uint64_t part)
{
	struct span cut = { span->steps, 0, span->depth + bits, span->id };
	size_t i;

	for (i = 0; i < span->count; i++) {
		struct prefix_step rest = rest_of(&span->steps[i], span->depth);

		if (rest.high >> (64 - bits) != part)
			break;
		prefix_shift(&rest.high, &rest.low, bits);
		if (rest.high == 0 && rest.low == 0) {
			cut.id = rest.what;
			cut.steps++;
		} else {
			cut.count++;
		}
		span->id = rest.what;
	}
	span->steps += i;
	span->count -= i;
	return cut;
}

static int add_skip(struct prefix_trie *trie, struct span span,
		    unsigned int bits, uint32_t *ret_ref)
{
	uint64_t part = rest_of(&span.steps[0], span.depth).high >> (64 - bits);
	struct prefix_skip skip = {
		.bits = bits,
		.prev = span.id,
		.high = (uint32_t)(part >> 32),
		.low = (uint32_t)part,
	};
	uint32_t place;
	int rc;

	if (reserve(trie, sizeof(skip) / sizeof(*trie->words), &place) < 0)
		return -ENOMEM;
	rc = add_span(trie, cut_part(&span, bits, part), &skip.inside);
	if (rc < 0)
		return rc;
	skip.after = span.id;
	memcpy(trie->words + place, &skip, sizeof(skip));
	*ret_ref = prefix_ref(PREFIX_SKIP, place);
	return 0;
}

static unsigned int branch_bits(size_t count)
{
	unsigned int bits = 63 - (unsigned int)__builtin_clzll(count);

	bits -= STEPS_PER_BRANCH_LOG2;
	return bits < PREFIX_BRANCH_MAX ? bits : PREFIX_BRANCH_MAX;
}

static int add_branch(struct prefix_trie *trie, struct span span,
		      uint32_t *ret_ref)
{
	unsigned int bits = branch_bits(span.count);
	uint32_t place, ref;
	uint64_t part;
	int rc;

	rc = reserve(trie, (size_t)1 << bits, &place);
	for (part = 0; rc == 0 && part >> bits == 0; part++) {
		rc = add_span(trie, cut_part(&span, bits, part), &ref);
		if (rc == 0)
			trie->words[place + part] = ref;
	}
	if (rc == 0)
		*ret_ref = prefix_ref(bits, place);
	return rc;
}

/* Each level consumes address bits, which bounds the recursion. */
static int add_span(struct prefix_trie *trie, struct span span,
		    uint32_t *ret_ref)
{
	unsigned int common;

	if (span.count == 0) {
		*ret_ref = prefix_ref(PREFIX_LEAF, span.id);
		return 0;
	}
	if (span.count <= PREFIX_BUCKET_STEPS)
		return add_bucket(trie, &span, ret_ref);
	common = bits_in_common(&span.steps[0], &span.steps[span.count - 1]) -
		 span.depth;
	if (common >= SKIP_MIN)
		return add_skip(trie, span,
				common < SKIP_MAX ? common : SKIP_MAX,
				ret_ref);
	return add_branch(trie, span, ret_ref);
}

int prefix_trie_add(struct prefix_trie *trie, const struct prefix_step *steps,
		    size_t count, uint32_t *ret_ref)
{
	struct span span = { .steps = steps, .count = count };

	if (count > 0 && steps[0].high == 0 && steps[0].low == 0) {
		span.id = steps[0].what;
		span.steps++;
		span.count--;
	}
	return add_span(trie, span, ret_ref);
}

void prefix_trie_finish(struct prefix_trie *trie)
{
	size_t room = trie->count + PREFIX_SLACK / sizeof(*trie->words);
	uint32_t *words;

	if (trie->room == 0)
		return;
	memset(trie->words + trie->count, 0, PREFIX_SLACK);
	words = big_alloc(room * sizeof(*words));
	if (words == NULL)
		return;
	memcpy(words, trie->words, room * sizeof(*words));
	free(trie->words);
	trie->words = words;
	trie->room = room;
}
