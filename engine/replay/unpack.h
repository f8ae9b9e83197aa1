/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unpack.h - decompress a stream: gzip, zstd and lz4 (frame format), also of
 * several members in a row. A decoder belongs to one thread.
 */
#ifndef WAYMARK_UNPACK_H
#define WAYMARK_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes at the start of a stream that show its format. */
#define UNPACK_MAGIC 4

struct unpack;

/* Compressed bytes to read, and room for decompressed ones. Both advance. */
struct unpack_io {
	const uint8_t *in;
	size_t in_len;
	uint8_t *out;
	size_t out_len;
};

/* Return the format of a stream that begins with these UNPACK_MAGIC bytes;
 * NULL: not compressed, or by another program. */
const char *unpack_format(const uint8_t *magic);

/* Create a decoder for that stream; NULL when out of memory. */
struct unpack *unpack_new(const uint8_t *magic);
void unpack_free(struct unpack *unpack);

/* Decompress as much as fits. False: the data is damaged. */
bool unpack_run(struct unpack *unpack, struct unpack_io *io);

/* Test whether the stream may end here: no member is incomplete. */
bool unpack_may_end(const struct unpack *unpack);

#endif
