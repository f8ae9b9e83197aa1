/*
 * set_pool.h - the different combinations of sets that entries of a table
 * belong to, each kept once as a bitmap and known by a number.
 * Used while a table is built; not for the packet path.
 */
#ifndef WAYMARK_SET_POOL_H
#define WAYMARK_SET_POOL_H

#include <stddef.h>
#include <stdint.h>

struct set_pool;

/* Words of a bitmap of `sets` sets, one at least. */
static inline size_t set_words(size_t sets)
{
	return sets == 0 ? 1 : (sets + 63) / 64;
}

/* A pool of bitmaps of `words` words; NULL when out of memory. It holds the
 * bitmap of zeros as number 0. */
struct set_pool *set_pool_new(size_t words);
void set_pool_free(struct set_pool *pool);

/* The number of `bits`, added if it is new. 0 or -ENOMEM. */
int set_pool_intern(struct set_pool *pool, const uint64_t *bits,
		    uint32_t *ret_id);

/* Bitmap `id`, borrowed until the next set_pool_intern(). */
const uint64_t *set_pool_get(const struct set_pool *pool, uint32_t id);
size_t set_pool_count(const struct set_pool *pool);

/* All bitmaps in the order of their numbers, the caller's to free with
 * free(); the pool is then only good for set_pool_free(). */
uint64_t *set_pool_take(struct set_pool *pool);

#endif
