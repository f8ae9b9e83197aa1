/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * set_pool.h - intern combinations of sets: each distinct bitmap is stored
 * once and has a number. Used while tables are built, not on the packet path.
 */
#ifndef WAYMARK_SET_POOL_H
#define WAYMARK_SET_POOL_H

#include <stddef.h>
#include <stdint.h>

struct set_pool;

/* Return the words of a bitmap of `sets` sets, at least one. */
static inline size_t set_words(size_t sets)
{
	return sets == 0 ? 1 : (sets + 63) / 64;
}

/* Create a pool of bitmaps of `words` words; NULL when out of memory. Number 0
 * is the bitmap of zeros. */
struct set_pool *set_pool_new(size_t words);
void set_pool_free(struct set_pool *pool);

/* Return the number of `bits`, adding it if new. 0 or -ENOMEM. */
int set_pool_intern(struct set_pool *pool, const uint64_t *bits,
		    uint32_t *ret_id);

/* Return bitmap `id`, borrowed until the next set_pool_intern(). */
const uint64_t *set_pool_get(const struct set_pool *pool, uint32_t id);
size_t set_pool_count(const struct set_pool *pool);

/* Take all bitmaps in the order of their numbers; the caller releases them
 * with free(). Only set_pool_free() may follow. */
uint64_t *set_pool_take(struct set_pool *pool);

#endif
