/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stream.h - reassemble the first bytes of each side of a flow for hints. A
 * pool of equal blocks, allocated once; it belongs to one worker: no lock.
 */
#ifndef WAYMARK_STREAM_H
#define WAYMARK_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/packet/cursor.h"
#include "rules/tables/address.h"

struct stream_pool;
struct stream;

/* Allocate `count` streams (at least 1) of `bytes` each; NULL when out of
 * memory. Pages that are never written cost nothing. */
struct stream_pool *stream_pool_new(size_t count, size_t bytes);
void stream_pool_free(struct stream_pool *pool);
/* Touch the first page of each stream now: few streams ever need a second
 * one. */
void stream_pool_preallocate(struct stream_pool *pool);
size_t stream_pool_bytes(const struct stream_pool *pool);

/*
 * Put an empty stream for `client` into *slot, which must not move while it
 * holds one. If all are taken, the client that holds the most loses its oldest
 * one, whose slot becomes NULL. So neither a flood nor silent flows keep others
 * from being inspected.
 */
void stream_take(struct stream_pool *pool, struct stream **slot,
		 const struct address *client);
/* Return the stream in *slot, if any, and set it to NULL. */
void stream_give_back(struct stream_pool *pool, struct stream **slot);
/* Number of streams that were reclaimed. */
uint64_t stream_pool_reclaimed(const struct stream_pool *pool);

/*
 * Insert a TCP segment. `offset` counts from the first byte of the stream
 * (sequence number - ISN - 1) modulo 2^32; bytes before 0 or past the end of
 * the block are ignored. Where segments overlap, the bytes that came first
 * stay, as receivers keep them. Besides the range at the start, STREAM_RANGES
 * separate ranges are kept; further ones are ignored. Returns whether there are
 * more contiguous bytes from the start.
 */
#define STREAM_RANGES 8
bool stream_segment(struct stream *stream, uint32_t offset,
		    const uint8_t *data, size_t len);

/* The contiguous bytes from the start. */
struct cursor stream_data(const struct stream *stream);

/* Whether no further segment can change stream_data(). */
bool stream_is_full(const struct stream *stream);

/*
 * Append a UDP datagram; false if there is no room. stream_data() is what
 * hint_earlier_next() walks: for each datagram a byte that is 1 if the server
 * sent it, its length in two bytes in network order, its payload.
 */
#define STREAM_DATAGRAM_HEADER 3
bool stream_datagram(struct stream *stream, bool from_server,
		     const uint8_t *data, size_t len);

#endif
