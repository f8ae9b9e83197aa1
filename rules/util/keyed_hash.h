/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keyed_hash.h - a fast keyed hash over 64-bit words for hash tables. Each
 * word is multiplied by a secret factor, and both halves of the product are
 * folded. Without the key, colliding input cannot be crafted, but this is no
 * message authentication. Any thread may call it.
 */
#ifndef WAYMARK_KEYED_HASH_H
#define WAYMARK_KEYED_HASH_H

#include <stdbool.h>
#include <stdint.h>

struct keyed_hash {
	uint64_t start;
	uint64_t factor;
	uint64_t last_factor;
};

/* Generate a random key, or with `fixed` a constant one. 0 or -errno. */
int keyed_hash_init(struct keyed_hash *key, bool fixed);

/* Multiply to 128 bits and return the XOR of both halves. */
static inline uint64_t keyed_hash_fold(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
	uint64_t a_high = a >> 32, a_low = (uint32_t)a;
	uint64_t b_high = b >> 32, b_low = (uint32_t)b;
	uint64_t low = a_low * b_low;
	uint64_t middle = a_high * b_low + (low >> 32);
	uint64_t other = a_low * b_high + (uint32_t)middle;

	return a * b ^ (a_high * b_high + (middle >> 32) + (other >> 32));
#endif
}

static inline uint64_t keyed_hash_add(const struct keyed_hash *key,
				      uint64_t hash, uint64_t word)
{
	return keyed_hash_fold(hash ^ word, key->factor);
}

/* Add the last word, which also contains the length. */
static inline uint64_t keyed_hash_end(const struct keyed_hash *key,
				      uint64_t hash, uint64_t word)
{
	return keyed_hash_fold(hash ^ word, key->last_factor);
}

#endif
