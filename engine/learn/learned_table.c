/* SPDX-License-Identifier: GPL-2.0-or-later */
/* learned_table.c - items in buckets, each with a sequence lock. */
#include "engine/learn/learned_table_private.h"

#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)
#define USED_STEP_S 60

static size_t bucket_bytes(const struct learned_table *table)
{
	return table->bucket_count * sizeof(*table->buckets);
}

static size_t slot_bytes(const struct learned_table *table)
{
	return (table->bucket_count * BUCKET_ITEMS + 1) *
	       sizeof(*table->slots);
}

static void *map_pages(size_t bytes)
{
	void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (pages == MAP_FAILED)
		return NULL;
	(void)madvise(pages, bytes, MADV_DONTFORK);	/* as in flow.c */
	/* Look-ups are random: with small pages each would miss the TLB. But
	 * many tables stay nearly empty. */
	if (bytes > HUGE_PAGE)
		(void)madvise((char *)pages + HUGE_PAGE, bytes - HUGE_PAGE,
			      MADV_HUGEPAGE);
	return pages;
}

struct learned_table *learned_table_new(enum learned_kind kind,
					size_t capacity,
					struct learned_names *names)
{
	struct learned_table *table = calloc(1, sizeof(*table));

	if (table == NULL)
		return NULL;
	table->kind = kind;
	table->names = names;
	table->bucket_count = 1;
	while (table->bucket_count * BUCKET_ITEMS < capacity)
		table->bucket_count *= 2;
	table->buckets = map_pages(bucket_bytes(table));
	table->slots = map_pages(slot_bytes(table));
	if (table->buckets == NULL || table->slots == NULL) {
		learned_table_free(table);
		return NULL;
	}
	return table;
}

void learned_table_free(struct learned_table *table)
{
	if (table == NULL)
		return;
	if (table->buckets != NULL)
		munmap(table->buckets, bucket_bytes(table));
	if (table->slots != NULL)
		munmap(table->slots, slot_bytes(table));
	free(table);
}

size_t learned_table_bytes(const struct learned_table *table)
{
	return sizeof(*table) + bucket_bytes(table) + slot_bytes(table);
}

/*
 * Not a separate function: gcc 12 takes a function that only prefetches for one
 * without effect and drops its calls.
 */
void learned_table_fetch_tags(const struct learned_table *table, uint64_t hash)
{
	__builtin_prefetch(bucket_of(table, hash));
}

void learned_table_fetch_items(const struct learned_table *table,
			       uint64_t hash)
{
	const struct bucket *bucket = bucket_of(table, hash);
	unsigned int slots = candidates_of(bucket, hash);

	for (; slots != 0; slots &= slots - 1)
		__builtin_prefetch(slot_of(table, bucket,
					   (size_t)__builtin_ctz(slots)));
}

/* ---- reading ---- */

/* The latest seen of several items of one hash (only answers have several).
 * WORD_SEEN begins with the time. */
static struct slot *find_latest(const struct learned_table *table,
				const struct bucket *bucket, uint64_t hash,
				uint32_t now_s, uint64_t *ret_seen)
{
	unsigned int slots = candidates_of(bucket, hash);
	struct slot *found = NULL;

	for (; slots != 0; slots &= slots - 1) {
		struct slot *slot = slot_of(table, bucket,
					    (size_t)__builtin_ctz(slots));
		uint64_t seen;

		if (word_at(slot, WORD_HASH) != hash ||
		    has_expired(word_at(slot, WORD_TIMES), now_s))
			continue;
		seen = word_at(slot, WORD_SEEN);
		if (found != NULL && seen <= *ret_seen)
			continue;
		*ret_seen = seen;
		found = slot;
	}
	return found;
}

static void load_host(const struct slot *slot, char ret[static HOST_ROOM])
{
	learned_load(&slot->words[WORD_HOST], WORDS_IN_LINE - WORD_HOST, ret);
	ret[HOST_IN_LINE] = '\0';
	if (ret[HOST_IN_LINE - 1] != '\0')
		learned_load(&slot->words[WORDS_IN_LINE],
			     WORD_ORIGIN - WORDS_IN_LINE, ret + HOST_IN_LINE);
}

/* Replace the hash of a long name by the name; false when it was evicted. */
static bool complete_host(const struct learned_table *table,
			  char host[static LEARNED_HOST_MAX + 1])
{
	uint64_t hash;

	if (host[0] != HOST_LONG)
		return true;
	memcpy(&hash, host + sizeof(hash), sizeof(hash));
	if (learned_names_get(table->names, hash, host))
		return true;
	host[0] = '\0';
	return false;
}

/* Skipped if another thread changed the word: it only marks use. */
static void note_use(struct slot *slot, uint32_t now_s)
{
	uint64_t old = word_at(slot, WORD_TIMES);
	uint64_t new = (uint64_t)now_s << 32 | (uint32_t)old;

	if (now_s - (uint32_t)(old >> 32) < USED_STEP_S)
		return;
	atomic_compare_exchange_strong_explicit(&slot->words[WORD_TIMES], &old,
						new, memory_order_relaxed,
						memory_order_relaxed);
}

bool learned_table_find(const struct learned_table *table, uint64_t hash,
			uint32_t now_s, struct learned_found *ret)
{
	struct bucket *bucket = bucket_of(table, hash);
	uint64_t seen = 0;

	for (int try = 0; try < LEARNED_READ_TRIES; try++) {
		uint32_t prev = learned_sequence(&bucket->sequence);
		struct slot *found;

		if (prev & 1)
			continue;
		found = find_latest(table, bucket, hash, now_s, &seen);
		if (found != NULL)
			load_host(found, ret->host);
		if (learned_sequence(&bucket->sequence) != prev)
			continue;
		if (found == NULL)
			return false;
		note_use(found, now_s);
		ret->seen_s = (uint32_t)(seen >> 32);
		ret->app = (uint16_t)(seen >> 16);
		ret->app_percent = (uint8_t)seen;
		ret->host_percent = complete_host(table, ret->host) ?
				    (uint8_t)(seen >> 8) : 0;
		return true;
	}
	return false;
}

/* Insert by the time it was seen; the oldest of too many is left out. */
static size_t insert(struct slot *slots[LEARNED_NAMES_MAX],
		     uint64_t times[LEARNED_NAMES_MAX], size_t count,
		     struct slot *slot)
{
	uint64_t seen = word_at(slot, WORD_SEEN);
	size_t at = count;

	for (; at > 0 && times[at - 1] < seen; at--) {
		if (at == LEARNED_NAMES_MAX)
			continue;
		slots[at] = slots[at - 1];
		times[at] = times[at - 1];
	}
	if (at == LEARNED_NAMES_MAX)
		return count;
	slots[at] = slot;
	times[at] = seen;
	return count + (count < LEARNED_NAMES_MAX);
}

static size_t collect(const struct learned_table *table,
		      const struct bucket *bucket, uint64_t hash,
		      uint32_t now_s, struct learned_found *ret)
{
	unsigned int places = candidates_of(bucket, hash);
	struct slot *slots[LEARNED_NAMES_MAX];
	uint64_t times[LEARNED_NAMES_MAX];
	size_t count = 0;

	for (; places != 0; places &= places - 1) {
		struct slot *slot = slot_of(table, bucket,
					    (size_t)__builtin_ctz(places));

		if (word_at(slot, WORD_HASH) == hash &&
		    !has_expired(word_at(slot, WORD_TIMES), now_s))
			count = insert(slots, times, count, slot);
	}
	for (size_t i = 0; i < count; i++) {
		ret[i] = (struct learned_found){
			.seen_s = (uint32_t)(times[i] >> 32),
		};
		load_host(slots[i], ret[i].host);
	}
	return count;
}

size_t learned_table_find_all(const struct learned_table *table, uint64_t hash,
			      uint32_t now_s,
			      struct learned_found ret[LEARNED_NAMES_MAX])
{
	const struct bucket *bucket = bucket_of(table, hash);

	for (int try = 0; try < LEARNED_READ_TRIES; try++) {
		uint32_t prev = learned_sequence(&bucket->sequence);
		size_t count;

		if (prev & 1)
			continue;
		count = collect(table, bucket, hash, now_s, ret);
		if (learned_sequence(&bucket->sequence) != prev)
			continue;
		for (size_t i = 0; i < count; i++)
			complete_host(table, ret[i].host);
		return count;
	}
	return 0;
}

void learned_table_unpack(const struct learned_table *table,
			  const uint64_t words[static WORDS],
			  struct learned_item *ret)
{
	*ret = (struct learned_item){
		.kind = words[WORD_ORIGIN] & ORIGIN_SHARED ? LEARNED_SHARED :
							     table->kind,
		.proto = (uint8_t)words[WORD_ORIGIN],
		.port = (uint16_t)(words[WORD_ORIGIN] >> 16),
		.host_percent = (uint8_t)(words[WORD_SEEN] >> 8),
		.app_percent = (uint8_t)words[WORD_SEEN],
		.app = (uint16_t)(words[WORD_SEEN] >> 16),
		.since_s = (uint32_t)(words[WORD_ORIGIN] >> 32),
		.seen_s = (uint32_t)(words[WORD_SEEN] >> 32),
		.expires_s = (uint32_t)words[WORD_TIMES],
		.used_s = (uint32_t)(words[WORD_TIMES] >> 32),
	};
	memcpy(&ret->server, &words[WORD_SERVER], sizeof(ret->server));
	memcpy(&ret->client, &words[WORD_CLIENT], sizeof(ret->client));
	memcpy(ret->host, &words[WORD_HOST], HOST_ROOM);
	ret->host[HOST_ROOM - 1] = '\0';
	if (!complete_host(table, ret->host))
		ret->host_percent = 0;
}

/* False when the slot is empty or keeps being written. */
static bool read_slot(const struct learned_table *table,
		      const struct bucket *bucket, size_t i,
		      uint64_t ret_words[static WORDS])
{
	for (int try = 0; try < LEARNED_READ_TRIES; try++) {
		uint32_t prev = learned_sequence(&bucket->sequence);

		if (prev & 1)
			continue;
		if (tag_at(bucket, i) == 0)
			return false;
		learned_load(slot_of(table, bucket, i)->words, WORDS,
			     ret_words);
		if (learned_sequence(&bucket->sequence) == prev)
			return true;
	}
	return false;
}

void learned_table_each(const struct learned_table *table,
			learned_each_item each, void *ctx)
{
	struct learned_item item;
	uint64_t words[WORDS];

	for (size_t at = 0; at < table->bucket_count; at++) {
		for (size_t i = 0; i < BUCKET_ITEMS; i++) {
			if (!read_slot(table, &table->buckets[at], i, words))
				continue;
			learned_table_unpack(table, words, &item);
			/* An answer without its name is useless. */
			if (item.kind != LEARNED_ANSWER ||
			    item.host[0] != '\0')
				each(ctx, &item);
		}
	}
}
