/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keyed_hash.c - generate hash keys. */
#include "rules/util/keyed_hash.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>

int keyed_hash_init(struct keyed_hash *key, bool fixed)
{
	*key = (struct keyed_hash){ 0x9e3779b97f4a7c15u, 0xbf58476d1ce4e5b9u,
				    0x94d049bb133111ebu };
	if (!fixed && getrandom(key, sizeof(*key), 0) != sizeof(*key))
		return -EIO;
	/* Multiplication by an even factor loses a bit. */
	key->factor |= 1;
	key->last_factor |= 1;
	return 0;
}

static struct keyed_hash process_key;

/* Without random bytes the key is at least a constant one. */
static void make_process_key(void)
{
	if (keyed_hash_init(&process_key, false) < 0)
		(void)keyed_hash_init(&process_key, true);
}

const struct keyed_hash *keyed_hash_process(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_process_key);
	return &process_key;
}

uint64_t keyed_hash_bytes(const struct keyed_hash *key, const void *bytes,
			  size_t len)
{
	uint64_t hash = key->start, word;
	size_t at = 0;

	for (; len - at > sizeof(word); at += sizeof(word)) {
		memcpy(&word, (const char *)bytes + at, sizeof(word));
		hash = keyed_hash_add(key, hash, word);
	}
	word = 0;
	memcpy(&word, (const char *)bytes + at, len - at);
	hash = keyed_hash_add(key, hash, word);
	return keyed_hash_end(key, hash, len);
}
