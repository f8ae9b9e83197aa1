/* SPDX-License-Identifier: GPL-2.0-or-later */
/* jhash.c - hash words with lookup3. */
#include "rules/util/jhash.h"

#define START 0xdeadbeefu	/* lookup3's arbitrary initial value */

static uint32_t rotate(uint32_t word, unsigned int bits)
{
	return word << bits | word >> (32 - bits);
}

struct jhash {
	uint32_t a, b, c;
};

/* lookup3's rotation counts: each bit affects all others. */
static void mix(struct jhash *h)
{
	h->a = (h->a - h->c) ^ rotate(h->c, 4);
	h->c += h->b;
	h->b = (h->b - h->a) ^ rotate(h->a, 6);
	h->a += h->c;
	h->c = (h->c - h->b) ^ rotate(h->b, 8);
	h->b += h->a;
	h->a = (h->a - h->c) ^ rotate(h->c, 16);
	h->c += h->b;
	h->b = (h->b - h->a) ^ rotate(h->a, 19);
	h->a += h->c;
	h->c = (h->c - h->b) ^ rotate(h->b, 4);
	h->b += h->a;
}

static void finish(struct jhash *h)
{
	h->c = (h->c ^ h->b) - rotate(h->b, 14);
	h->a = (h->a ^ h->c) - rotate(h->c, 11);
	h->b = (h->b ^ h->a) - rotate(h->a, 25);
	h->c = (h->c ^ h->b) - rotate(h->b, 16);
	h->a = (h->a ^ h->c) - rotate(h->c, 4);
	h->b = (h->b ^ h->a) - rotate(h->a, 14);
	h->c = (h->c ^ h->b) - rotate(h->b, 24);
}

uint32_t jhash_words(const uint32_t *words, size_t count, uint32_t seed)
{
	uint32_t start = START + ((uint32_t)count << 2) + seed;
	struct jhash h = { start, start, start };

	for (; count > 3; count -= 3, words += 3) {
		h.a += words[0];
		h.b += words[1];
		h.c += words[2];
		mix(&h);
	}
	if (count == 0)
		return h.c;
	h.a += words[0];
	h.b += count > 1 ? words[1] : 0;
	h.c += count > 2 ? words[2] : 0;
	finish(&h);
	return h.c;
}
