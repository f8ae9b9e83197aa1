/*
 * siphash.h - SipHash-1-3 over 64-bit words (Aumasson and Bernstein, 2012;
 * one round a word and three at the end): who does not know the key cannot
 * make up input that collides. Any thread may call it.
 */
#ifndef WAYMARK_SIPHASH_H
#define WAYMARK_SIPHASH_H

#include <stdint.h>

struct siphash {
	uint64_t v0;
	uint64_t v1;
	uint64_t v2;
	uint64_t v3;
};

static inline uint64_t siphash_rotate(uint64_t x, unsigned int bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void siphash_round(struct siphash *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = siphash_rotate(s->v1, 13) ^ s->v0;
	s->v3 = siphash_rotate(s->v3, 16) ^ s->v2;
	s->v0 = siphash_rotate(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = siphash_rotate(s->v1, 17) ^ s->v2;
	s->v3 = siphash_rotate(s->v3, 21) ^ s->v0;
	s->v2 = siphash_rotate(s->v2, 32);
}

/* The constants are those of the paper, "somepseudorandomlygeneratedbytes". */
static inline struct siphash siphash_start(const uint64_t key[2])
{
	return (struct siphash){
		.v0 = key[0] ^ UINT64_C(0x736f6d6570736575),
		.v1 = key[1] ^ UINT64_C(0x646f72616e646f6d),
		.v2 = key[0] ^ UINT64_C(0x6c7967656e657261),
		.v3 = key[1] ^ UINT64_C(0x7465646279746573),
	};
}

static inline void siphash_add(struct siphash *s, uint64_t word)
{
	s->v3 ^= word;
	siphash_round(s);
	s->v0 ^= word;
}

/* The hash of what was added and `last`; `s` can go on without `last`. */
static inline uint64_t siphash_end(struct siphash s, uint64_t last)
{
	siphash_add(&s, last);
	s.v2 ^= 0xff;
	siphash_round(&s);
	siphash_round(&s);
	siphash_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

#endif
