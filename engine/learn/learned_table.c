/* SPDX-License-Identifier: GPL-2.0-or-later */
/* learned_table.c - items in buckets, each with a sequence lock. */
#include "engine/learn/learned_table.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "engine/flow/client.h"
#include "engine/learn/learned_lock.h"
#include "engine/learn/learned_names.h"

#define BUCKET_ITEMS 8
#define ALL_PLACES ((1u << BUCKET_ITEMS) - 1)
#define WORTH_EXPIRED 0
#define TAGS_IN_WORD 4
#define TAG_WORDS (BUCKET_ITEMS / TAGS_IN_WORD)
#define TAG_BITS 16
#define TAG_EMPTY 0
#define HUGE_PAGE ((size_t)2 << 20)
#define USED_STEP_S 60
/* One percent of confidence counts as much as having been used this much
 * later. */
#define PERCENT_S 600

#define HOST_ROOM 64
#define HOST_LONG '\xff'	/* instead of a name: see learned_names.h */

/*
 * Layout of an item in its slot, in words that may be read while they are
 * written. Two cache lines: a look-up is answered from the first, unless the
 * name extends into the second.
 */
enum word {
	WORD_HASH,
	WORD_TIMES,	/* used_s << 32 | expires_s */
	WORD_SEEN,	/* seen_s << 32 | detail << 16 | host_percent << 8 |
			 * app_percent; the detail is app, or seen_ms */
	WORD_HOST,
	WORD_ORIGIN = WORD_HOST + HOST_ROOM / 8,	/* since_s << 32 |
						 * port << 16 |
						 * ORIGIN_SHARED | proto */
	WORD_SERVER,
	WORD_CLIENT = WORD_SERVER + 2,
	WORDS = WORD_CLIENT + 2,
	WORDS_IN_LINE = 8,
};
#define ORIGIN_SHARED 0x100u
#define HOST_IN_LINE ((WORDS_IN_LINE - WORD_HOST) * 8)

struct slot {
	_Alignas(64) _Atomic uint64_t words[WORDS];
};

_Static_assert(sizeof(struct slot) == 128, "two cache lines");

/*
 * A bucket has a tag of 16 bits for each item, so that a look-up touches only
 * the matching one; 0 is empty. A place gets a slot when it is first used and
 * keeps it. So slots lie side by side in order of arrival, and a table that is
 * far from full takes little cache and memory.
 */
struct bucket {
	_Alignas(64) _Atomic uint64_t tags[TAG_WORDS];
	_Atomic uint32_t sequence;
	_Atomic uint32_t slots[BUCKET_ITEMS];	/* from 1; 0: none so far */
};

_Static_assert(sizeof(struct bucket) == 64, "one cache line");

struct learned_table {
	struct bucket *buckets;
	size_t bucket_count;		/* a power of two */
	struct slot *slots;		/* one more than places */
	_Atomic uint32_t used;		/* slots in use but the first */
	struct learned_names *names;	/* borrowed */
	enum learned_kind kind;
};

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

/* ---- where an item belongs ---- */

static struct bucket *bucket_of(const struct learned_table *table,
				uint64_t hash)
{
	return &table->buckets[(hash >> 16) & (table->bucket_count - 1)];
}

static uint16_t tag_of(uint64_t hash)
{
	uint16_t tag = (uint16_t)hash;

	return tag != 0 ? tag : 1;
}

static struct slot *slot_of(const struct learned_table *table,
			    const struct bucket *bucket, size_t place)
{
	return &table->slots[atomic_load_explicit(&bucket->slots[place],
						  memory_order_relaxed)];
}

/* Bit n: tag n of `word` is `tag`. Branchless, since the result is
 * unpredictable. */
static unsigned int matches_of(uint64_t word, uint16_t tag)
{
	const uint64_t ones = 0x0001000100010001u, low = ones * 0x7fff;
	uint64_t other = word ^ ones * tag;
	uint64_t same = ~(((other & low) + low) | other | low);

	/* The product gathers the top bits of the four in the highest bits. */
	return (unsigned int)((same >> (TAG_BITS - 1)) *
			      UINT64_C(0x1000200040008000) >> 60);
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

/* Bit n: slot n has this tag. */
static unsigned int places_tagged(const struct bucket *bucket, uint16_t tag)
{
	unsigned int slots = 0;

	for (unsigned int word = 0; word < TAG_WORDS; word++)
		slots |= matches_of(tags_at(bucket, word), tag)
			 << word * TAGS_IN_WORD;
	return slots;
}

/* Bit n: slot n may have this hash. A tag matches by chance once in eight
 * thousand look-ups. */
static unsigned int candidates_of(const struct bucket *bucket, uint64_t hash)
{
	return places_tagged(bucket, tag_of(hash));
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

static uint64_t word_at(const struct slot *slot, size_t word)
{
	uint64_t value;

	learned_load(&slot->words[word], 1, &value);
	return value;
}

static bool has_expired(uint64_t times, uint32_t now_s)
{
	return (uint32_t)times <= now_s;
}

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

static void unpack(const struct learned_table *table,
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
			unpack(table, words, &item);
			/* An answer without its name is useless. */
			if (item.kind != LEARNED_ANSWER ||
			    item.host[0] != '\0')
				each(ctx, &item);
		}
	}
}

/* ---- writing ---- */

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
	unpack(table, words, &item);
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
