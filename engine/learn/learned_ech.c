/* SPDX-License-Identifier: GPL-2.0-or-later */
/* learned_ech.c - a set of hashes that expire, in groups by client; a look-up
 * reads one cache line. */
#include "engine/learn/learned_ech.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/flow/client.h"
#include "rules/util/keyed_hash.h"

#define GROUPS 2048		/* a power of two */
#define LINES 8			/* of a group */
#define LINE_ENTRIES 8		/* a cache line */

/* Half of a hash and the second of the end; 0: empty. */
struct line {
	_Alignas(64) _Atomic uint64_t entries[LINE_ENTRIES];
};

struct group {
	struct line exact[LINES];	/* by config_id */
	struct line any[LINES];		/* LEARNED_ECH_ANY */
};

struct learned_ech {
	struct keyed_hash key;
	struct group groups[GROUPS];
};

struct learned_ech *learned_ech_new(bool repeatable)
{
	struct learned_ech *ech = aligned_alloc(64, sizeof(*ech));

	if (ech == NULL)
		return NULL;
	memset(ech, 0, sizeof(*ech));
	if (keyed_hash_init(&ech->key, repeatable) < 0) {
		free(ech);
		return NULL;
	}
	return ech;
}

void learned_ech_free(struct learned_ech *ech)
{
	free(ech);
}

size_t learned_ech_bytes(void)
{
	return sizeof(struct learned_ech);
}

static uint64_t add_text(const struct keyed_hash *key, uint64_t hash,
			 const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i += sizeof(uint64_t)) {
		uint64_t word = 0;
		size_t left = len - i;

		memcpy(&word, text + i,
		       left < sizeof(word) ? left : sizeof(word));
		hash = keyed_hash_add(key, hash, word);
	}
	return keyed_hash_add(key, hash, len);
}

/* Never 0. */
static uint32_t tag_of(const struct learned_ech *ech,
		       const struct learned_ech_config *config,
		       unsigned int config_id)
{
	const struct keyed_hash *key = &ech->key;
	uint64_t hash = key->start;

	hash = keyed_hash_add(key, hash, config->client->be64[0]);
	hash = keyed_hash_add(key, hash, config->client->be64[1]);
	hash = add_text(key, hash, config->host);
	hash = add_text(key, hash, config->public_name);
	return (uint32_t)keyed_hash_end(key, hash, config_id) | 1;
}

/* Machines of one IPv6 network choose addresses as they like: they share. */
static size_t group_of(const struct learned_ech *ech,
		       const struct address *client)
{
	const struct keyed_hash *key = &ech->key;

	return keyed_hash_end(key, key->start, client_of(client)) >> 32 &
	       (GROUPS - 1);
}

/* Tags are odd. */
static size_t line_of(uint32_t tag)
{
	return tag / 2 % LINES;
}

/* The place of a tag, else the one that ends first. */
static size_t place_for(const struct line *line, uint32_t tag)
{
	uint32_t first = UINT32_MAX;
	size_t place = 0;

	for (size_t i = 0; i < LINE_ENTRIES; i++) {
		uint64_t entry = atomic_load_explicit(&line->entries[i],
						      memory_order_relaxed);

		if (entry >> 32 == tag)
			return i;
		if ((uint32_t)entry < first) {
			first = (uint32_t)entry;
			place = i;
		}
	}
	return place;
}

static void note(struct line *line, uint32_t tag, uint32_t expires_s)
{
	atomic_store_explicit(&line->entries[place_for(line, tag)],
			      (uint64_t)tag << 32 | expires_s,
			      memory_order_relaxed);
}

void learned_ech_note(struct learned_ech *ech,
		      const struct learned_ech_config *config,
		      uint32_t expires_s)
{
	struct group *group = &ech->groups[group_of(ech, config->client)];
	uint32_t exact = tag_of(ech, config, config->config_id);
	uint32_t any = tag_of(ech, config, LEARNED_ECH_ANY);

	note(&group->exact[line_of(exact)], exact, expires_s);
	note(&group->any[line_of(any)], any, expires_s);
}

bool learned_ech_has(const struct learned_ech *ech,
		     const struct learned_ech_config *config, uint32_t now_s)
{
	const struct group *group =
		&ech->groups[group_of(ech, config->client)];
	uint32_t tag = tag_of(ech, config, config->config_id);
	const struct line *line = config->config_id == LEARNED_ECH_ANY ?
				  &group->any[line_of(tag)] :
				  &group->exact[line_of(tag)];

	for (size_t i = 0; i < LINE_ENTRIES; i++) {
		uint64_t entry = atomic_load_explicit(&line->entries[i],
						      memory_order_relaxed);

		if (entry >> 32 == tag)
			return (uint32_t)entry > now_s;
	}
	return false;
}
