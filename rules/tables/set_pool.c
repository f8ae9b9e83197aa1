/* SPDX-License-Identifier: GPL-2.0-or-later */
/* set_pool.c - intern combinations of sets. */
#include "rules/tables/set_pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_AT_FIRST 16

struct set_pool {
	size_t words;
	uint64_t *bits;
	size_t count;
	size_t room;		/* capacity of `bits`, in bitmaps */
	uint32_t *slots;	/* twice `room`; number + 1, 0 when empty */
};

/*
 * The bits come from the operator's lists, not from packets, so the hash needs
 * no key. The multipliers are the odd fractions of the golden ratio and of the
 * square root of 3.
 */
static uint64_t hash(const uint64_t *bits, size_t words)
{
	uint64_t h = 0;
	size_t i;

	for (i = 0; i < words; i++) {
		h = (h ^ bits[i]) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	h *= UINT64_C(0xbb67ae8584caa73b);
	return h ^ h >> 29;
}

static uint32_t *slot_of(const struct set_pool *pool, const uint64_t *bits)
{
	size_t mask = 2 * pool->room - 1;
	size_t i = hash(bits, pool->words) & mask;

	while (pool->slots[i] != 0 &&
	       memcmp(set_pool_get(pool, pool->slots[i] - 1), bits,
		      pool->words * sizeof(*bits)) != 0)
		i = (i + 1) & mask;
	return &pool->slots[i];
}

static int make_room(struct set_pool *pool)
{
	size_t room = pool->room == 0 ? ROOM_AT_FIRST : pool->room * 2;
	uint64_t *bits;
	uint32_t *slots;
	size_t i;

	if (room > UINT32_MAX / 2)
		return -ENOMEM;
	bits = reallocarray(pool->bits, room, pool->words * sizeof(*bits));
	if (bits == NULL)
		return -ENOMEM;
	pool->bits = bits;
	slots = calloc(2 * room, sizeof(*slots));
	if (slots == NULL)
		return -ENOMEM;
	free(pool->slots);
	pool->slots = slots;
	pool->room = room;
	for (i = 0; i < pool->count; i++)
		*slot_of(pool, set_pool_get(pool, (uint32_t)i)) =
			(uint32_t)i + 1;
	return 0;
}

static int add(struct set_pool *pool, const uint64_t *bits)
{
	if (pool->count == pool->room && make_room(pool) < 0)
		return -ENOMEM;
	if (bits != NULL)
		memcpy(pool->bits + pool->count * pool->words, bits,
		       pool->words * sizeof(*bits));
	else
		memset(pool->bits, 0, pool->words * sizeof(*bits));
	*slot_of(pool, pool->bits + pool->count * pool->words) =
		(uint32_t)pool->count + 1;
	pool->count++;
	return 0;
}

struct set_pool *set_pool_new(size_t words)
{
	struct set_pool *pool = calloc(1, sizeof(*pool));

	if (pool == NULL)
		return NULL;
	pool->words = words;
	if (add(pool, NULL) < 0) {
		set_pool_free(pool);
		return NULL;
	}
	return pool;
}

void set_pool_free(struct set_pool *pool)
{
	if (pool == NULL)
		return;
	free(pool->bits);
	free(pool->slots);
	free(pool);
}

int set_pool_intern(struct set_pool *pool, const uint64_t *bits,
		    uint32_t *ret_id)
{
	uint32_t known = *slot_of(pool, bits);

	if (known == 0) {
		if (add(pool, bits) < 0)
			return -ENOMEM;
		known = (uint32_t)pool->count;
	}
	*ret_id = known - 1;
	return 0;
}

const uint64_t *set_pool_get(const struct set_pool *pool, uint32_t id)
{
	return pool->bits + id * pool->words;
}

size_t set_pool_count(const struct set_pool *pool)
{
	return pool->count;
}

uint64_t *set_pool_take(struct set_pool *pool)
{
	uint64_t *bits = reallocarray(pool->bits, pool->count,
				      pool->words * sizeof(*bits));

	if (bits == NULL)
		bits = pool->bits;
	pool->bits = NULL;
	return bits;
}
