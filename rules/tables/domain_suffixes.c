/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domain_suffixes.c - hash all suffixes of a host name in one pass. */
#include <endian.h>

#include "rules/tables/domain_parts.h"

/* Full words of a host name and one for the rest. */
#define WORDS_MAX 32

/* Repeat a byte in all eight bytes of a word. */
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Convert the ASCII letters of a word to lower case. */
static uint64_t to_lower(uint64_t word)
{
	uint64_t low_bits = word & EACH(0x7f);
	uint64_t from_a = low_bits + EACH(0x80 - 'A');
	uint64_t past_z = low_bits + EACH(0x7f - 'Z');
	uint64_t is_upper = (from_a ^ past_z) & ~word & EACH(0x80);

	return word | is_upper >> 2;
}

/* Return a bit for each byte that is a dot; bit 0 is the lowest byte. */
static uint64_t find_dots(uint64_t word)
{
	uint64_t differs = word ^ EACH('.');
	uint64_t dots = ~(((differs & EACH(0x7f)) + EACH(0x7f)) | differs |
			  EACH(0x7f));

	/* The product gathers the low bits of all bytes in the top byte. */
	return (dots >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

/* Return the 8 characters before offset `left`, the last one in the lowest
 * byte; zeros before the start of the name. */
static inline uint64_t prev_word(const char *name, size_t len, size_t left)
{
	uint64_t word = 0;
	size_t i;

	if (left >= sizeof(word)) {
		memcpy(&word, name + left - sizeof(word), sizeof(word));
		return be64toh(word);
	}
	if (left == 0)
		return 0;
	if (len >= sizeof(word)) {
		memcpy(&word, name, sizeof(word));
		return be64toh(word) >> (64 - 8 * left);
	}
	for (i = 0; i < left; i++)
		word = word << 8 | (uint8_t)name[i];
	return word;
}

/*
 * Finish the hash of a suffix of length `len`. Its full words are in `hash`;
 * the low bytes of `word` are the rest, seven at most, and the top byte takes
 * the length.
 */
static inline uint64_t finish(const struct keyed_hash *key, uint64_t hash,
			      uint64_t word, size_t len)
{
	word &= (UINT64_C(1) << 8 * (len % 8)) - 1;
	return keyed_hash_end(key, hash, word | (uint64_t)len << 56);
}

uint64_t domain_hash(const struct keyed_hash *key, const char *name, size_t len)
{
	uint64_t hash = key->start;
	size_t left = len;

	for (; left >= 8; left -= 8)
		hash = keyed_hash_add(key, hash,
				      prev_word(name, len, left));
	return finish(key, hash, prev_word(name, len, left), len);
}

/* A host name as words, from its end. */
struct words {
	uint64_t word[WORDS_MAX];	/* lower case */
	uint64_t prev[WORDS_MAX];	/* the hash of the words before */
	uint64_t dots[WORDS_MAX / 8];	/* a bit for each character */
};

static inline void read_words(struct words *words,
			      struct domain_suffixes *suffixes,
			      const struct keyed_hash *key, const char *name,
			      size_t len)
{
	char *lower = suffixes->lower + sizeof(suffixes->lower);
	uint64_t hash = key->start;
	unsigned int i;

	memset(words->dots, 0, sizeof(words->dots));
	for (i = 0; i <= len / 8; i++) {
		uint64_t word = to_lower(prev_word(name, len, len - 8 * i));
		uint64_t big = htobe64(word);

		lower -= sizeof(big);
		memcpy(lower, &big, sizeof(big));
		words->word[i] = word;
		words->prev[i] = hash;
		words->dots[i / 8] |= find_dots(word) << 8 * (i % 8);
		hash = keyed_hash_add(key, hash, word);
	}
}

static inline void add_suffix(struct domain_suffixes *suffixes,
			      const struct domain_table *table,
			      const struct words *words, size_t len)
{
	uint64_t hash = finish(&table->key, words->prev[len / 8],
			       words->word[len / 8], len);
	uint32_t upper = (uint32_t)(hash >> 32);
	uint64_t bits = domain_filter_bits(hash);
	unsigned int i = suffixes->count;

	/* Start both reads before a branch depends on either. */
	__builtin_prefetch(&table->lines[domain_home(upper, table->homes)]);
	suffixes->hash[i] = upper;
	suffixes->len[i] = (uint8_t)len;
	suffixes->count = i + ((*domain_filter_word(table, hash) & bits) ==
			       bits);
}

static bool may_have(const struct domain_table *table, unsigned int labels)
{
	return table->label_counts >> (labels < 63 ? labels : 63) & 1;
}

void domain_suffixes_init(struct domain_suffixes *suffixes,
			  const struct domain_table *table, const char *name,
			  size_t len)
{
	struct words words;
	unsigned int part, labels = 1;

	read_words(&words, suffixes, &table->key, name, len);
	suffixes->count = 0;
	for (part = 0; part <= len / 64; part++) {
		uint64_t dots = words.dots[part];

		for (; dots != 0; dots &= dots - 1, labels++) {
			if (may_have(table, labels))
				add_suffix(suffixes, table, &words, 64 * part +
					   (size_t)__builtin_ctzll(dots));
		}
	}
	if (may_have(table, labels))
		add_suffix(suffixes, table, &words, len);
}
