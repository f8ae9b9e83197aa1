/* SPDX-License-Identifier: GPL-2.0-or-later */
/* learned_names.c - long host names in small buckets, each with a lock. */
#include "engine/learn/learned_names.h"

#include <stdlib.h>

#include "engine/learn/learned_lock.h"
#include "rules/util/big_alloc.h"
#include "rules/util/keyed_hash.h"

#define BUCKET_NAMES 4
#define ITEMS_A_NAME 64

struct name {
	uint64_t hash;			/* 0: empty */
	uint32_t put_s;
	uint32_t len;
	char host[256];
};

#define NAME_WORDS (sizeof(struct name) / sizeof(uint64_t))
#define HEAD_WORDS (offsetof(struct name, host) / sizeof(uint64_t))

_Static_assert(LEARNED_HOST_MAX < sizeof(((struct name *)NULL)->host),
	       "room for a name and its end");

struct bucket {
	_Alignas(64) _Atomic uint32_t sequence;
	_Atomic uint64_t names[BUCKET_NAMES][NAME_WORDS];
};

struct learned_names {
	struct bucket *buckets;
	size_t bucket_count;		/* a power of two */
	struct keyed_hash key;
};

struct learned_names *learned_names_new(size_t items, bool fixed_key)
{
	struct learned_names *names = calloc(1, sizeof(*names));

	if (names == NULL)
		return NULL;
	names->bucket_count = 1;
	while (names->bucket_count * BUCKET_NAMES * ITEMS_A_NAME < items)
		names->bucket_count *= 2;
	names->buckets = big_alloc(names->bucket_count *
				   sizeof(*names->buckets));
	if (names->buckets == NULL ||
	    keyed_hash_init(&names->key, fixed_key) < 0) {
		learned_names_free(names);
		return NULL;
	}
	return names;
}

void learned_names_free(struct learned_names *names)
{
	if (names == NULL)
		return;
	free(names->buckets);
	free(names);
}

size_t learned_names_bytes(const struct learned_names *names)
{
	return sizeof(*names) + names->bucket_count * sizeof(*names->buckets);
}

/* Never 0. The last word of the host is padded with zeros. */
static uint64_t hash_of(const struct keyed_hash *key, const struct name *name)
{
	uint64_t hash = key->start;
	uint64_t word;

	for (size_t i = 0; i < name->len; i += sizeof(word)) {
		memcpy(&word, name->host + i, sizeof(word));
		hash = keyed_hash_add(key, hash, word);
	}
	return keyed_hash_end(key, hash, name->len) | 1;
}

static struct bucket *bucket_of(const struct learned_names *names,
				uint64_t hash)
{
	return &names->buckets[hash >> 32 & (names->bucket_count - 1)];
}

/* The name's own place, an empty one, or that of the name stored longest
 * ago. */
static _Atomic uint64_t *place_of(struct bucket *bucket, uint64_t hash)
{
	_Atomic uint64_t *place = NULL;
	uint32_t oldest_s = 0;

	for (size_t i = 0; i < BUCKET_NAMES; i++) {
		struct name name;

		learned_load(bucket->names[i], HEAD_WORDS, &name);
		if (name.hash == hash)
			return bucket->names[i];
		if (place != NULL && name.put_s >= oldest_s)
			continue;
		oldest_s = name.put_s;
		place = bucket->names[i];
	}
	return place;
}

uint64_t learned_names_put(struct learned_names *names, const char *host,
			   uint32_t now_s)
{
	struct name name = { .put_s = now_s, .len = (uint32_t)strlen(host) };
	struct bucket *bucket;

	memcpy(name.host, host, name.len);
	name.hash = hash_of(&names->key, &name);
	bucket = bucket_of(names, name.hash);
	if (!learned_lock(&bucket->sequence))
		return name.hash;
	learned_store(place_of(bucket, name.hash), NAME_WORDS, &name);
	learned_unlock(&bucket->sequence);
	return name.hash;
}

static bool read_name(const struct bucket *bucket, uint64_t hash,
		      struct name *ret)
{
	for (size_t i = 0; i < BUCKET_NAMES; i++) {
		learned_load(bucket->names[i], HEAD_WORDS, ret);
		if (ret->hash != hash)
			continue;
		learned_load(bucket->names[i], NAME_WORDS, ret);
		return true;
	}
	return false;
}

bool learned_names_get(const struct learned_names *names, uint64_t hash,
		       char ret_host[static LEARNED_HOST_MAX + 1])
{
	struct bucket *bucket = bucket_of(names, hash);
	struct name name;

	for (int try = 0; try < LEARNED_READ_TRIES; try++) {
		uint32_t prev = learned_sequence(&bucket->sequence);
		bool is_there;

		if (prev & 1)
			continue;
		is_there = read_name(bucket, hash, &name);
		if (learned_sequence(&bucket->sequence) != prev)
			continue;
		if (is_there)
			memcpy(ret_host, name.host, LEARNED_HOST_MAX + 1);
		return is_there;
	}
	return false;
}
