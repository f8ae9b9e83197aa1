/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prefix_steps.c - convert the starts and ends of ranges to steps. */
#include "rules/tables/prefix_steps.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "rules/tables/set_pool.h"

/* Insertion sort is faster below this (measured). */
#define SHORT_RUN 24

/* A 128-bit address has 16 digits of 8 bits. */
#define DIGITS 16

static bool is_before(const struct prefix_step *a, const struct prefix_step *b)
{
	return a->high < b->high || (a->high == b->high && a->low < b->low);
}

static unsigned int digit(const struct prefix_step *step, unsigned int place)
{
	uint64_t half = place < 8 ? step->high : step->low;

	return half >> (56 - 8 * (place % 8)) & 0xff;
}

static void sort_short(struct prefix_step *steps, size_t count)
{
	size_t i, j;

	for (i = 1; i < count; i++) {
		struct prefix_step step = steps[i];

		for (j = i; j > 0 && is_before(&step, &steps[j - 1]); j--)
			steps[j] = steps[j - 1];
		steps[j] = step;
	}
}

/* Swap each step into the part of its digit; `ends` are the ends of parts. */
static void distribute(struct prefix_step *steps, unsigned int place,
		       const size_t ends[256])
{
	size_t next[256];
	unsigned int part;

	for (part = 0; part < 256; part++)
		next[part] = part == 0 ? 0 : ends[part - 1];
	for (part = 0; part < 256; part++) {
		while (next[part] < ends[part]) {
			struct prefix_step step = steps[next[part]];
			unsigned int home = digit(&step, place);

			while (home != part) {
				struct prefix_step other = steps[next[home]];

				steps[next[home]++] = step;
				step = other;
				home = digit(&step, place);
			}
			steps[next[part]++] = step;
		}
	}
}

/* Radix sort from the highest digit. The recursion is DIGITS deep at most. */
static void sort_from(struct prefix_step *steps, size_t count,
		      unsigned int place)
{
	size_t ends[256] = { 0 };
	unsigned int part;
	size_t i;

	if (count < SHORT_RUN || place == DIGITS) {
		sort_short(steps, count);
		return;
	}
	for (i = 0; i < count; i++)
		ends[digit(&steps[i], place)]++;
	for (part = 1; part < 256; part++)
		ends[part] += ends[part - 1];
	distribute(steps, place, ends);
	for (part = 0; part < 256; part++) {
		size_t start = part == 0 ? 0 : ends[part - 1];

		if (ends[part] - start > 1)
			sort_from(steps + start, ends[part] - start, place + 1);
	}
}

void prefix_steps_sort(struct prefix_step *steps, size_t count)
{
	sort_from(steps, count, 0);
}

/* The sets that contain the current address of the sweep. */
struct open_sets {
	struct set_pool *pool;
	uint32_t *depth;	/* per set: its open ranges */
	uint32_t *alone;	/* per set: its combination; 0: unknown */
	uint64_t *bits;
	size_t count;
	uint64_t sum;		/* of open set numbers: the set if only one */
};

static void open_sets_fini(struct open_sets *open)
{
	free(open->depth);
	free(open->alone);
	free(open->bits);
}

static int open_sets_init(struct open_sets *open, size_t sets,
			  struct set_pool *pool)
{
	*open = (struct open_sets){ .pool = pool };
	open->depth = calloc(sets + 1, sizeof(*open->depth));
	open->alone = calloc(sets + 1, sizeof(*open->alone));
	open->bits = calloc(set_words(sets), sizeof(*open->bits));
	if (open->depth != NULL && open->alone != NULL && open->bits != NULL)
		return 0;
	open_sets_fini(open);
	return -ENOMEM;
}

static void open_sets_apply(struct open_sets *open, uint32_t what)
{
	uint32_t set = what >> 1;
	uint64_t bit = UINT64_C(1) << set % 64;

	if (what & 1) {
		if (--open->depth[set] > 0)
			return;
		open->bits[set / 64] &= ~bit;
		open->count--;
		open->sum -= set;
	} else {
		if (open->depth[set]++ > 0)
			return;
		open->bits[set / 64] |= bit;
		open->count++;
		open->sum += set;
	}
}

/* Most addresses are in no set or in one, which needs no hashing. */
static int open_sets_id(struct open_sets *open, uint32_t *ret_id)
{
	uint32_t *known;
	int rc = 0;

	if (open->count == 0) {
		*ret_id = 0;
		return 0;
	}
	if (open->count > 1)
		return set_pool_intern(open->pool, open->bits, ret_id);
	known = &open->alone[open->sum];
	if (*known == 0)
		rc = set_pool_intern(open->pool, open->bits, known);
	if (rc == 0)
		*ret_id = *known;
	return rc;
}

/* The start that belongs to an end is at a lower address, so the order of
 * starts and ends at one address does not matter. */
static size_t apply_address(struct open_sets *open,
			    const struct prefix_step *steps, size_t count)
{
	size_t i = 0;

	do {
		open_sets_apply(open, steps[i++].what);
	} while (i < count && !is_before(&steps[0], &steps[i]));
	return i;
}

int prefix_steps_sweep(struct prefix_step *steps, size_t count, size_t sets,
		       struct set_pool *pool, size_t *ret_count)
{
	struct open_sets open;
	size_t i = 0, kept = 0;
	uint32_t last_id = 0;
	int rc;

	rc = open_sets_init(&open, sets, pool);
	if (rc < 0)
		return rc;
	while (i < count) {
		struct prefix_step step = steps[i];

		i += apply_address(&open, &steps[i], count - i);
		rc = open_sets_id(&open, &step.what);
		if (rc < 0)
			goto out;
		if (step.what == last_id)
			continue;
		last_id = step.what;
		steps[kept++] = step;
	}
	*ret_count = kept;
out:
	open_sets_fini(&open);
	return rc;
}
