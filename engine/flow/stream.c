/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stream.c - a pool of blocks that reassemble the first bytes of flows. */
#include <stdlib.h>
#include <sys/mman.h>

#include "engine/flow/client.h"
#include "engine/flow/stream.h"
#include "rules/util/big_alloc.h"
#include "rules/util/keyed_hash.h"

#define HOLDERS 512	/* more than clients with a stream at a time, mostly */

/* Gap between blocks: three cache lines. Blocks of a power of two would all
 * start in the same few cache sets. */
#define BLOCK_SPACING 192

struct range {
	uint32_t first;
	uint32_t end;
};

struct stream {
	/* Free: a list by `next`. Taken: a ring through its holder, the oldest
	 * stream first. */
	struct stream *next;
	struct stream *prev;
	struct holder *holder;
	uint64_t number;		/* streams taken before it */
	struct stream **slot;
	uint8_t *data;
	uint32_t size;
	uint32_t range_count;
	/* Sorted, at least one byte apart. One more than STREAM_RANGES, so that
	 * the range at the start always fits. */
	struct range ranges[STREAM_RANGES + 1];
};

/* Clients of one hash: who has how many. */
struct holder {
	struct stream *oldest;
	size_t count;
};

struct stream_pool {
	struct stream *streams;
	struct stream *free;
	struct holder holders[HOLDERS];
	struct keyed_hash key;
	uint64_t taken;			/* so far */
	uint64_t reclaimed;
	uint8_t *blocks;
	size_t count;
	size_t stride;			/* distance between blocks */
};

struct stream_pool *stream_pool_new(size_t count, size_t bytes)
{
	struct stream_pool *pool = big_alloc(sizeof(*pool));

	if (pool == NULL)
		return NULL;
	if (bytes == 0)
		bytes = 1;
	if (count == 0)
		count = 1;
	pool->count = count;
	pool->stride = bytes + BLOCK_SPACING;
	pool->streams = big_alloc(count * sizeof(*pool->streams));
	pool->blocks = mmap(NULL, count * pool->stride, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (pool->blocks == MAP_FAILED)
		pool->blocks = NULL;
	else
		(void)madvise(pool->blocks, count * pool->stride,
			      MADV_DONTFORK);
	if (pool->streams == NULL || pool->blocks == NULL ||
	    keyed_hash_init(&pool->key, true) < 0) {
		stream_pool_free(pool);
		return NULL;
	}
	for (size_t i = count; i-- > 0;) {
		pool->streams[i].data = pool->blocks + i * pool->stride;
		pool->streams[i].size = (uint32_t)bytes;
		pool->streams[i].next = pool->free;
		pool->free = &pool->streams[i];
	}
	return pool;
}

void stream_pool_free(struct stream_pool *pool)
{
	if (pool == NULL)
		return;
	if (pool->blocks != NULL)
		munmap(pool->blocks, pool->count * pool->stride);
	free(pool->streams);
	free(pool);
}

size_t stream_pool_bytes(const struct stream_pool *pool)
{
	return sizeof(*pool) +
	       pool->count * (sizeof(*pool->streams) + pool->stride);
}

void stream_pool_preallocate(struct stream_pool *pool)
{
	for (size_t i = 0; i < pool->count; i++)
		*(volatile uint8_t *)pool->streams[i].data = 0;
}

static void unlink_taken(struct stream *stream)
{
	struct holder *holder = stream->holder;

	stream->prev->next = stream->next;
	stream->next->prev = stream->prev;
	if (holder->oldest == stream)
		holder->oldest = stream->next != stream ? stream->next : NULL;
	holder->count--;
}

static void link_taken(struct stream *stream, struct holder *holder)
{
	struct stream *oldest = holder->oldest;

	stream->holder = holder;
	holder->count++;
	if (oldest == NULL) {
		stream->next = stream->prev = stream;
		holder->oldest = stream;
		return;
	}
	stream->prev = oldest->prev;
	stream->next = oldest;
	stream->prev->next = stream;
	oldest->prev = stream;
}

/* Of the clients that hold the most, the one with the oldest stream. */
static struct stream *most_dispensable(struct stream_pool *pool)
{
	struct holder *found = &pool->holders[0];

	for (size_t i = 1; i < HOLDERS; i++) {
		struct holder *holder = &pool->holders[i];

		if (holder->count > found->count ||
		    (holder->count == found->count && holder->count > 0 &&
		     holder->oldest->number < found->oldest->number))
			found = holder;
	}
	return found->oldest;
}

static struct holder *holder_of(struct stream_pool *pool,
				const struct address *client)
{
	uint64_t hash = keyed_hash_end(&pool->key, pool->key.start,
				       client_of(client));

	return &pool->holders[hash % HOLDERS];
}

void stream_take(struct stream_pool *pool, struct stream **slot,
		 const struct address *client)
{
	struct stream *stream = pool->free;

	if (stream == NULL) {
		stream = most_dispensable(pool);
		*stream->slot = NULL;
		unlink_taken(stream);
		pool->reclaimed++;
	} else {
		pool->free = stream->next;
	}
	link_taken(stream, holder_of(pool, client));
	stream->number = pool->taken++;
	stream->slot = slot;
	stream->range_count = 0;
	*slot = stream;
}

void stream_give_back(struct stream_pool *pool, struct stream **slot)
{
	struct stream *stream = *slot;

	if (stream == NULL)
		return;
	unlink_taken(stream);
	stream->next = pool->free;
	pool->free = stream;
	*slot = NULL;
}

uint64_t stream_pool_reclaimed(const struct stream_pool *pool)
{
	return pool->reclaimed;
}

static uint32_t whole_len(const struct stream *s)
{
	if (s->range_count == 0 || s->ranges[0].first != 0)
		return 0;
	return s->ranges[0].end;
}

/* Copy the parts of `add` that no range holds yet; `data` belongs at add.first.
 * Ranges from..to are those that touch it. */
static void fill_holes(struct stream *s, struct range add, size_t from,
		       size_t to, const uint8_t *data)
{
	uint32_t at = add.first;

	for (size_t i = from; i < to; i++) {
		if (at < s->ranges[i].first)
			memcpy(s->data + at, data + (at - add.first),
			       s->ranges[i].first - at);
		if (at < s->ranges[i].end)
			at = s->ranges[i].end;
	}
	if (at < add.end)
		memcpy(s->data + at, data + (at - add.first), add.end - at);
}

/* Replace the ranges from..to by their union with `add`. */
static void replace_ranges(struct stream *s, struct range add, size_t from,
			   size_t to)
{
	if (from < to) {
		if (s->ranges[from].first < add.first)
			add.first = s->ranges[from].first;
		if (s->ranges[to - 1].end > add.end)
			add.end = s->ranges[to - 1].end;
	}
	memmove(&s->ranges[from + 1], &s->ranges[to],
		(s->range_count - to) * sizeof(s->ranges[0]));
	s->ranges[from] = add;
	s->range_count = s->range_count - (uint32_t)(to - from) + 1;
}

bool stream_segment(struct stream *stream, uint32_t offset,
		    const uint8_t *data, size_t len)
{
	/* Sequence numbers compare as signed differences (RFC 9293, 3.4). */
	int64_t first = (int32_t)offset;
	int64_t end = first + (int64_t)(len < INT32_MAX ? len : INT32_MAX);
	uint32_t len_before = whole_len(stream);
	struct range add;
	size_t from = 0;
	size_t to;

	if (len == 0)
		return false;
	if (first < 0) {
		data += -first < (int64_t)len ? (size_t)-first : len;
		first = 0;
	}
	if (end > stream->size)
		end = stream->size;
	if (first >= end)
		return false;
	add = (struct range){ (uint32_t)first, (uint32_t)end };

	while (from < stream->range_count &&
	       stream->ranges[from].end < add.first)
		from++;
	to = from;
	while (to < stream->range_count && stream->ranges[to].first <= add.end)
		to++;
	if (from == to && add.first != 0 &&
	    stream->range_count - (len_before > 0) >= STREAM_RANGES)
		return false;
	fill_holes(stream, add, from, to, data);
	replace_ranges(stream, add, from, to);
	return whole_len(stream) > len_before;
}

struct cursor stream_data(const struct stream *stream)
{
	return cursor_of(stream->data, whole_len(stream));
}

bool stream_is_full(const struct stream *stream)
{
	return whole_len(stream) == stream->size;
}

bool stream_datagram(struct stream *stream, bool from_server,
		     const uint8_t *data, size_t len)
{
	uint32_t used = whole_len(stream);
	uint8_t *at = stream->data + used;

	if (len == 0 || len > UINT16_MAX ||
	    stream->size - used < STREAM_DATAGRAM_HEADER + len)
		return false;
	at[0] = from_server;
	at[1] = (uint8_t)(len >> 8);
	at[2] = (uint8_t)len;
	memcpy(at + STREAM_DATAGRAM_HEADER, data, len);
	used += STREAM_DATAGRAM_HEADER + (uint32_t)len;
	stream->ranges[0] = (struct range){ 0, used };
	stream->range_count = 1;
	return true;
}
