/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cursor.h - bounds-checked reads of packet bytes.
 * A read past the end returns 0 and sets is_short, which stays set: read a
 * whole header, then test is_short once. Cursors are passed by value.
 */
#ifndef WAYMARK_CURSOR_H
#define WAYMARK_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cursor {
	const uint8_t *at;
	const uint8_t *end;
	bool is_short;
};

static inline struct cursor cursor_of(const void *data, size_t len)
{
	const uint8_t *bytes = data;

	return (struct cursor){ .at = bytes, .end = bytes + len };
}

static inline size_t cursor_left(const struct cursor *c)
{
	return (size_t)(c->end - c->at);
}

/* Consume the next `len` bytes. Returns NULL when fewer are left. */
static inline const uint8_t *cursor_bytes(struct cursor *c, size_t len)
{
	const uint8_t *bytes = c->at;

	if (c->is_short || cursor_left(c) < len) {
		c->is_short = true;
		c->at = c->end;
		return NULL;
	}
	c->at += len;
	return bytes;
}

static inline void cursor_skip(struct cursor *c, size_t len)
{
	(void)cursor_bytes(c, len);
}

/* Consume the next `len` bytes and return a cursor over them. When fewer are
 * left, both cursors become short. */
static inline struct cursor cursor_take(struct cursor *c, size_t len)
{
	const uint8_t *bytes = cursor_bytes(c, len);

	if (bytes == NULL)
		return (struct cursor){ c->end, c->end, true };
	return cursor_of(bytes, len);
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	const uint8_t *b = cursor_bytes(c, 1);

	return b != NULL ? b[0] : 0;
}

static inline uint16_t cursor_be16(struct cursor *c)
{
	const uint8_t *b = cursor_bytes(c, 2);

	return b != NULL ? (uint16_t)(b[0] << 8 | b[1]) : 0;
}

static inline uint32_t cursor_be24(struct cursor *c)
{
	const uint8_t *b = cursor_bytes(c, 3);

	if (b == NULL)
		return 0;
	return (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2];
}

static inline uint32_t cursor_be32(struct cursor *c)
{
	const uint8_t *b = cursor_bytes(c, 4);

	return b != NULL ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
			   (uint32_t)b[2] << 8 | b[3] : 0;
}

static inline uint64_t cursor_be64(struct cursor *c)
{
	uint64_t high = cursor_be32(c);

	return high << 32 | cursor_be32(c);
}

static inline uint16_t cursor_le16(struct cursor *c)
{
	const uint8_t *b = cursor_bytes(c, 2);

	return b != NULL ? (uint16_t)(b[1] << 8 | b[0]) : 0;
}

static inline uint32_t cursor_le32(struct cursor *c)
{
	const uint8_t *b = cursor_bytes(c, 4);

	return b != NULL ? (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 |
			   (uint32_t)b[1] << 8 | b[0] : 0;
}

/* Consume `text` if it comes next. Never makes the cursor short: callers use
 * cursor_left() to distinguish "no" from "not yet". */
static inline bool cursor_match(struct cursor *c, const void *text, size_t len)
{
	if (c->is_short || cursor_left(c) < len ||
	    memcmp(c->at, text, len) != 0)
		return false;
	c->at += len;
	return true;
}

#endif
