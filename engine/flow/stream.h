/*
 * stream.h - the first bytes of each side of a flow, put in order for hints.
 * A pool of equal blocks, allocated once; a worker's own, no lock.
 */
#ifndef WAYMARK_STREAM_H
#define WAYMARK_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/packet/cursor.h"

struct stream_pool;
struct stream;

/* `count` streams (at least 1) of `bytes` each; NULL when out of memory. Pages
 * that no stream ever wrote cost nothing. */
struct stream_pool *stream_pool_new(size_t count, size_t bytes);
void stream_pool_free(struct stream_pool *pool);
/* Take the first page of each now: few streams ever need a second one. */
void stream_pool_preallocate(struct stream_pool *pool);
size_t stream_pool_bytes(const struct stream_pool *pool);

/*
 * An empty stream into *slot, which stays where it is while it holds one. When
 * all are taken, that of the longest standing holder is taken away: its slot
 * becomes NULL. So flows that fall silent cannot keep others from being heard.
 */
void stream_take(struct stream_pool *pool, struct stream **slot);
/* Give back what *slot holds, which may be NULL; then it is. */
void stream_give_back(struct stream_pool *pool, struct stream **slot);
/* Streams that were taken away so far. */
uint64_t stream_pool_reclaimed(const struct stream_pool *pool);

/*
 * TCP: put a segment in its place. `offset` counts from the stream's first
 * byte (sequence number less ISN less 1), modulo 2^32: what lies before 0 or
 * past the end of the block is left out. Where segments overlap, the bytes
 * that came first stay, as receivers keep them. Beside the piece at the start,
 * STREAM_RANGES separate pieces are kept; one more is left out.
 * Returns whether there are more bytes from the start without a hole.
 */
#define STREAM_RANGES 8
bool stream_segment(struct stream *stream, uint32_t offset,
		    const uint8_t *data, size_t len);

/* What has come from the start without a hole. */
struct cursor stream_data(const struct stream *stream);

/* Whether no further segment can change stream_data(). */
bool stream_is_full(const struct stream *stream);

/*
 * UDP: remember a datagram; false when there is no room. stream_data() is what
 * hint_earlier_next() walks: for each datagram a byte that is 1 when the
 * server sent it, its length in two bytes in network order, its payload.
 */
#define STREAM_DATAGRAM_HEADER 3
bool stream_datagram(struct stream *stream, bool from_server,
		     const uint8_t *data, size_t len);

#endif
