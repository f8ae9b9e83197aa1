/* SPDX-License-Identifier: GPL-2.0-or-later */
/* learned_table_add.c - add an item: merge it, or find it a place. */
#include "engine/learn/learned_table_private.h"

#include <string.h>

#include "engine/flow/client.h"

#define ALL_PLACES ((1u << BUCKET_ITEMS) - 1)
#define TAG_EMPTY 0
#define WORTH_EXPIRED 0
/* One percent of confidence counts as much as having been used this much
 * later. */
#define PERCENT_S 600

static void store(const struct learned_table *table, struct slot *slot,
		  uint64_t hash, const struct learned_item *item)
{
	uint64_t words[WORDS] = {
		[WORD_HASH] = hash,
		[WORD_TIMES] = (uint64_t)item->used_s << 32 | item->expires_s,
		[WORD_SEEN] = (uint64_t)item->seen_s << 32 |
			       (uint64_t)item->app << 16 |
			       (uint64_t)item->host_percent << 8 |
			       item->app_percent,
		[WORD_ORIGIN] = (uint64_t)item->since_s << 32 |
				(uint64_t)item->port << 16 |
				(item->kind == LEARNED_SHARED ? ORIGIN_SHARED :
								0) |
				item->proto,
	};
	char *host = (char *)&words[WORD_HOST];
	size_t len = strlen(item->host);

	memcpy(&words[WORD_SERVER], &item->server, sizeof(item->server));
	memcpy(&words[WORD_CLIENT], &item->client, sizeof(item->client));
	if (len < HOST_ROOM) {
		memcpy(host, item->host, len);
	} else {
		host[0] = HOST_LONG;
		words[WORD_HOST + 1] = learned_names_put(
			table->names, item->host, item->seen_s);
	}
	learned_store(slot->words, WORDS, words);
}

/* How much an item is worth keeping. */
static uint64_t worth(const struct learned_table *table,
		      const struct bucket *bucket, size_t i, uint32_t now_s)
{
	const struct slot *slot = slot_of(table, bucket, i);
	uint64_t times = word_at(slot, WORD_TIMES);
	uint64_t seen = word_at(slot, WORD_SEEN);
	uint32_t latest, percent;

	if (has_expired(times, now_s))
		return WORTH_EXPIRED;
	latest = times >> 32 > seen >> 32 ? (uint32_t)(times >> 32)
					   : (uint32_t)(seen >> 32);
	percent = (uint8_t)(seen >> 8) > (uint8_t)seen ?
		  (uint8_t)(seen >> 8) : (uint8_t)seen;
	return 1 + WORTH_EXPIRED + (uint64_t)latest + (uint64_t)percent * PERCENT_S;
}

static size_t least_worth(const struct learned_table *table,
			  const struct bucket *bucket, uint32_t now_s,
			  unsigned int places)
{
	uint64_t min = UINT64_MAX;
	size_t place = 0;

	for (; places != 0; places &= places - 1) {
		size_t i = (size_t)__builtin_ctz(places);
		uint64_t value = worth(table, bucket, i, now_s);

		if (value >= min)
			continue;
		min = value;
		place = i;
	}
	return place;
}

/* The places of the clients that have the most in a full bucket. What several
 * clients agree on belongs to none. */
static unsigned int heaviest_clients(const struct learned_table *table,
				     const struct bucket *bucket)
{
	uint64_t clients[BUCKET_ITEMS];

	for (size_t i = 0; i < BUCKET_ITEMS; i++) {
		const struct slot *slot = slot_of(table, bucket, i);
		struct address client;

		learned_load(&slot->words[WORD_CLIENT], 2, &client);
		clients[i] = word_at(slot, WORD_ORIGIN) & ORIGIN_SHARED ?
			     0 : client_of(&client);
	}
	return client_heaviest(clients, BUCKET_ITEMS);
}

/* The place for a new item: an empty one, an expired one, else the least useful
 * of the client that has the most in the bucket. */
static size_t place_of_next(const struct learned_table *table,
			    const struct bucket *bucket, uint32_t now_s)
{
	unsigned int empty = places_tagged(bucket, TAG_EMPTY);
	size_t place;

	if (empty != 0)
		return (size_t)__builtin_ctz(empty);
	place = least_worth(table, bucket, now_s, ALL_PLACES);
	if (worth(table, bucket, place, now_s) == WORTH_EXPIRED)
		return place;
	return least_worth(table, bucket, now_s,
			   heaviest_clients(table, bucket));
}

static bool merge_into(const struct learned_table *table, struct slot *slot,
		       const struct learned_item *news, learned_merge merge)
{
	struct learned_item item;
	uint64_t words[WORDS];

	learned_load(slot->words, WORDS, words);
	learned_table_unpack(table, words, &item);
	if (!merge(&item, news))
		return false;
	store(table, slot, words[WORD_HASH], &item);
	return true;
}

/* Whether an item of the same hash merged the news. If not, *ret_place is the
 * place for a new item. */
static bool is_merged(const struct learned_table *table,
			struct bucket *bucket, uint64_t hash,
			const struct learned_item *news, learned_merge merge,
			size_t *ret_place)
{
	unsigned int slots = candidates_of(bucket, hash);
	uint32_t oldest_s = UINT32_MAX;
	unsigned int same_hash = 0;
	size_t oldest = 0;

	for (; slots != 0; slots &= slots - 1) {
		size_t i = (size_t)__builtin_ctz(slots);
		struct slot *slot = slot_of(table, bucket, i);
		uint32_t seen_s = (uint32_t)(word_at(slot, WORD_SEEN) >> 32);

		if (word_at(slot, WORD_HASH) != hash)
			continue;
		if (merge_into(table, slot, news, merge))
			return true;
		same_hash++;
		if (seen_s >= oldest_s)
			continue;
		oldest_s = seen_s;
		oldest = i;
	}
	*ret_place = same_hash >= LEARNED_NAMES_MAX ? oldest :
		     place_of_next(table, bucket, news->seen_s);
	return false;
}

/* Assign a slot to the place for good. */
static struct slot *take_slot(struct learned_table *table,
			      struct bucket *bucket, size_t place)
{
	uint32_t slot;

	if (atomic_load_explicit(&bucket->slots[place],
				 memory_order_relaxed) == 0) {
		slot = 1 + atomic_fetch_add_explicit(&table->used, 1,
						     memory_order_relaxed);
		atomic_store_explicit(&bucket->slots[place], slot,
				      memory_order_relaxed);
	}
	return slot_of(table, bucket, place);
}

static void set_tag(struct bucket *bucket, size_t i, uint16_t tag)
{
	size_t shift = i % TAGS_IN_WORD * TAG_BITS;
	uint64_t word = tags_at(bucket, i / TAGS_IN_WORD);

	word = (word & ~((uint64_t)UINT16_MAX << shift)) |
	       (uint64_t)tag << shift;
	atomic_store_explicit(&bucket->tags[i / TAGS_IN_WORD], word,
			      memory_order_relaxed);
}

void learned_table_add(struct learned_table *table, uint64_t hash,
			 const struct learned_item *news, learned_merge merge)
{
	struct bucket *bucket = bucket_of(table, hash);
	size_t place;

	if (!learned_lock(&bucket->sequence))
		return;
	if (!is_merged(table, bucket, hash, news, merge, &place)) {
		store(table, take_slot(table, bucket, place), hash, news);
		set_tag(bucket, place, tag_of(hash));
	}
	learned_unlock(&bucket->sequence);
}
