/* learned_table.c - items in buckets, each with a sequence lock. */
#include "engine/learned_table.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "rules/keyed_hash.h"

#define BUCKET_ITEMS 8
#define TAGS_IN_WORD 4
#define TAG_BITS 16
#define ITEM_WORDS (sizeof(struct learned_item) / sizeof(uint64_t))
#define USED_WORD (offsetof(struct learned_item, used_s) / sizeof(uint64_t))
#define READ_TRIES 8
#define WRITE_TRIES 64
#define USED_STEP_S 60
/* A percent of confidence is worth as much as having been of use this much
 * later. */
#define PERCENT_S 600

_Static_assert(sizeof(struct learned_item) == 128, "two cache lines");

/* Tags tell the items of a bucket apart without touching them: 16 bits each,
 * 0 is empty. One bucket never has two cache lines. */
struct bucket {
	_Alignas(32) _Atomic uint64_t tags[BUCKET_ITEMS / TAGS_IN_WORD];
	_Atomic uint32_t sequence;
};

struct slot {
	_Alignas(128) _Atomic uint64_t words[ITEM_WORDS];
};

struct learned_table {
	struct bucket *buckets;
	struct slot *slots;		/* BUCKET_ITEMS to a bucket */
	size_t bucket_count;		/* a power of two */
	struct keyed_hash key;
};

static void *map_pages(size_t bytes)
{
	void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (pages == MAP_FAILED)
		return NULL;
	/* Look-ups are anywhere: with small pages each would miss the TLB. */
	(void)madvise(pages, bytes, MADV_HUGEPAGE);
	return pages;
}

static bool key_init(struct keyed_hash *key, bool fixed)
{
	uint64_t words[3] = { 0x9e3779b97f4a7c15u, 0xbf58476d1ce4e5b9u,
			      0x94d049bb133111ebu };

	if (!fixed && getrandom(words, sizeof(words), 0) != sizeof(words))
		return false;
	key->start = words[0];
	key->factor = words[1] | 1;
	key->last_factor = words[2] | 1;
	return true;
}

struct learned_table *learned_table_new(size_t capacity, bool fixed_key)
{
	struct learned_table *table = calloc(1, sizeof(*table));

	if (table == NULL)
		return NULL;
	table->bucket_count = 1;
	while (table->bucket_count * BUCKET_ITEMS < capacity)
		table->bucket_count *= 2;
	table->buckets = map_pages(table->bucket_count *
				   sizeof(*table->buckets));
	table->slots = map_pages(table->bucket_count * BUCKET_ITEMS *
				 sizeof(*table->slots));
	if (table->buckets == NULL || table->slots == NULL ||
	    !key_init(&table->key, fixed_key)) {
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
		munmap(table->buckets,
		       table->bucket_count * sizeof(*table->buckets));
	if (table->slots != NULL)
		munmap(table->slots, table->bucket_count * BUCKET_ITEMS *
				     sizeof(*table->slots));
	free(table);
}

size_t learned_table_bytes(const struct learned_table *table)
{
	return sizeof(*table) + table->bucket_count *
	       (sizeof(*table->buckets) + BUCKET_ITEMS * sizeof(*table->slots));
}

/* ---- where an item belongs ---- */

static uint64_t hash_of(const struct learned_table *table,
			const struct learned_item *item)
{
	const struct keyed_hash *key = &table->key;
	uint64_t hash = keyed_hash_add(key, key->start, item->server.be64[0]);

	hash = keyed_hash_add(key, hash, item->server.be64[1]);
	hash = keyed_hash_add(key, hash, item->client.be64[0]);
	hash = keyed_hash_add(key, hash, item->client.be64[1]);
	return keyed_hash_end(key, hash, (uint64_t)item->kind << 32 |
					 (uint64_t)item->proto << 16 |
					 item->port);
}

static size_t bucket_of(const struct learned_table *table, uint64_t hash)
{
	return (hash >> 16) & (table->bucket_count - 1);
}

static uint16_t tag_of(uint64_t hash)
{
	uint16_t tag = (uint16_t)hash;

	return tag != 0 ? tag : 1;
}

/* The slot of its bucket that an item gets if it is free: it is fetched
 * together with the tags, since it is mostly the one. */
static size_t home_of(uint64_t hash)
{
	return hash >> 61;
}

/* Bit 0 of byte 2n is the sign that tag n of `word` is `tag`; bits above the
 * first may be wrong, so each is looked at. */
static uint64_t matches_of(uint64_t word, uint16_t tag)
{
	const uint64_t ones = 0x0001000100010001u;
	uint64_t other = word ^ ones * tag;

	return ((other - ones) & ~other & ones << (TAG_BITS - 1)) >>
	       (TAG_BITS - 1);
}

static uint64_t tags_at(const struct bucket *bucket, size_t word)
{
	return atomic_load_explicit(&bucket->tags[word], memory_order_relaxed);
}

static uint16_t tag_at(const struct bucket *bucket, size_t i)
{
	return (uint16_t)(tags_at(bucket, i / TAGS_IN_WORD) >>
			  i % TAGS_IN_WORD * TAG_BITS);
}

static bool same_key(const struct learned_item *a,
		     const struct learned_item *b)
{
	return a->kind == b->kind && a->proto == b->proto &&
	       a->port == b->port && address_equal(&a->server, &b->server) &&
	       address_equal(&a->client, &b->client);
}

/* ---- reading ---- */

/* Acquire, so that the sequence is read again behind the words. */
static void load(struct slot *slot, struct learned_item *ret)
{
	uint64_t words[ITEM_WORDS];

	for (size_t i = 0; i < ITEM_WORDS; i++)
		words[i] = atomic_load_explicit(&slot->words[i],
						memory_order_acquire);
	memcpy(ret, words, sizeof(*ret));
	ret->host[LEARNED_HOST_MAX] = '\0';
}

/* The item as it is in slot `i` of a bucket; false when it is empty, has
 * another tag, or is being written all the time. */
static bool read_slot(const struct learned_table *table, size_t at, size_t i,
		      struct learned_item *ret)
{
	struct bucket *bucket = &table->buckets[at];
	struct slot *slot = &table->slots[at * BUCKET_ITEMS + i];

	for (int try = 0; try < READ_TRIES; try++) {
		uint32_t before, after;

		before = atomic_load_explicit(&bucket->sequence,
					      memory_order_acquire);
		if (before & 1)
			continue;
		load(slot, ret);
		after = atomic_load_explicit(&bucket->sequence,
					     memory_order_acquire);
		if (before == after)
			return ret->kind != LEARNED_NONE;
	}
	return false;
}

/* Only if nobody changed the word meanwhile; it is but a mark of use. */
static void note_use(struct slot *slot, const struct learned_item *item,
		     uint32_t now_s)
{
	struct learned_item used = *item;
	uint64_t old, new;

	if (now_s - item->used_s < USED_STEP_S)
		return;
	used.used_s = now_s;
	memcpy(&old, (const char *)item + USED_WORD * sizeof(old), sizeof(old));
	memcpy(&new, (const char *)&used + USED_WORD * sizeof(new),
	       sizeof(new));
	atomic_compare_exchange_strong_explicit(&slot->words[USED_WORD], &old,
						new, memory_order_relaxed,
						memory_order_relaxed);
}

/* Items of one key, of which only answers have several. */
static bool is_later(const struct learned_item *a,
		     const struct learned_item *b)
{
	if (a->heard_s != b->heard_s)
		return a->heard_s > b->heard_s;
	return a->heard_ms > b->heard_ms;
}

/* A tag that matches by chance is one in eight thousand look-ups. */
static struct slot *find_latest(const struct learned_table *table, size_t at,
				uint16_t tag, const struct learned_item *key,
				uint32_t now_s, struct learned_item *ret)
{
	struct slot *found = NULL;
	struct learned_item item;

	for (size_t word = 0; word < BUCKET_ITEMS / TAGS_IN_WORD; word++) {
		uint64_t matches = matches_of(
			tags_at(&table->buckets[at], word), tag);

		for (; matches != 0; matches &= matches - 1) {
			size_t i = word * TAGS_IN_WORD +
				   (size_t)__builtin_ctzll(matches) / TAG_BITS;

			if (!read_slot(table, at, i, &item) ||
			    !same_key(&item, key) || item.expires_s <= now_s)
				continue;
			if (found != NULL && !is_later(&item, ret))
				continue;
			*ret = item;
			found = &table->slots[at * BUCKET_ITEMS + i];
		}
	}
	return found;
}

static void prefetch(const struct learned_table *table, uint64_t hash)
{
	size_t at = bucket_of(table, hash);
	const char *home = (const char *)&table->slots[at * BUCKET_ITEMS +
						       home_of(hash)];

	__builtin_prefetch(&table->buckets[at]);
	__builtin_prefetch(home);
	__builtin_prefetch(home + 64);
}

bool learned_table_find(const struct learned_table *table,
			const struct learned_item *key, uint32_t now_s,
			struct learned_item *ret)
{
	uint64_t hash = hash_of(table, key);
	struct slot *found;

	prefetch(table, hash);
	found = find_latest(table, bucket_of(table, hash), tag_of(hash), key,
			    now_s, ret);
	if (found != NULL)
		note_use(found, ret, now_s);
	return found != NULL;
}

void learned_table_prefetch(const struct learned_table *table,
			    const struct learned_item *key)
{
	prefetch(table, hash_of(table, key));
}

void learned_table_each(const struct learned_table *table,
			learned_each_item each, void *ctx)
{
	struct learned_item item;

	for (size_t at = 0; at < table->bucket_count; at++)
		for (size_t i = 0; i < BUCKET_ITEMS; i++)
			if (tag_at(&table->buckets[at], i) != 0 &&
			    read_slot(table, at, i, &item))
				each(ctx, &item);
}

/* ---- writing ---- */

static bool lock(struct bucket *bucket)
{
	for (int try = 0; try < WRITE_TRIES; try++) {
		uint32_t even = atomic_load_explicit(
			&bucket->sequence, memory_order_relaxed);

		if (!(even & 1) &&
		    atomic_compare_exchange_weak_explicit(
			    &bucket->sequence, &even, even + 1,
			    memory_order_acq_rel, memory_order_relaxed))
			return true;
	}
	return false;
}

static void unlock(struct bucket *bucket)
{
	atomic_fetch_add_explicit(&bucket->sequence, 1, memory_order_release);
}

/* Release, so that a reader who sees a word sees the odd sequence, too. */
static void store(struct slot *slot, const struct learned_item *item)
{
	uint64_t words[ITEM_WORDS];

	memcpy(words, item, sizeof(words));
	for (size_t i = 0; i < ITEM_WORDS; i++)
		atomic_store_explicit(&slot->words[i], words[i],
				      memory_order_release);
}

static uint64_t worth(const struct learned_item *item, uint32_t now_s)
{
	uint32_t latest = item->used_s > item->heard_s ? item->used_s
						       : item->heard_s;
	uint32_t percent = item->host_percent > item->app_percent ?
			   item->host_percent : item->app_percent;

	if (item->expires_s <= now_s)
		return 0;
	return (uint64_t)latest + (uint64_t)percent * PERCENT_S;
}

/* The slot that the news takes; -1: some item took it in. */
static int place_of(struct learned_table *table, uint64_t hash,
		    const struct learned_item *news, learned_merge merge)
{
	size_t at = bucket_of(table, hash);
	uint16_t tag = tag_of(hash);
	uint64_t least = UINT64_MAX;
	uint32_t eldest_s = UINT32_MAX;
	int home = (int)home_of(hash);
	int place = home, eldest = 0, namesakes = 0;

	for (int i = 0; i < BUCKET_ITEMS; i++) {
		struct slot *slot = &table->slots[at * BUCKET_ITEMS +
						  (size_t)i];
		struct learned_item item;
		uint16_t its = tag_at(&table->buckets[at], (size_t)i);
		uint64_t its_worth = 0;

		if (its != 0) {
			load(slot, &item);
			its_worth = worth(&item, news->heard_s) + 1;
		}
		if (its == tag && same_key(&item, news)) {
			if (merge(&item, news)) {
				store(slot, &item);
				return -1;
			}
			namesakes++;
			if (item.heard_s < eldest_s) {
				eldest_s = item.heard_s;
				eldest = i;
			}
		}
		if (its_worth < least || (its_worth == least && i == home)) {
			least = its_worth;
			place = i;
		}
	}
	return namesakes >= LEARNED_NAMES_MOST ? eldest : place;
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

void learned_table_teach(struct learned_table *table,
			 const struct learned_item *news, learned_merge merge)
{
	uint64_t hash = hash_of(table, news);
	size_t at = bucket_of(table, hash);
	struct bucket *bucket = &table->buckets[at];
	int place;

	if (!lock(bucket))
		return;
	place = place_of(table, hash, news, merge);
	if (place >= 0) {
		store(&table->slots[at * BUCKET_ITEMS + (size_t)place], news);
		set_tag(bucket, (size_t)place, tag_of(hash));
	}
	unlock(bucket);
}
