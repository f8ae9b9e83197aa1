/*
 * cursor.h - the only way in which packet bytes are read.
 * A read that does not fit gives 0 and leaves the cursor short for good: read
 * a whole header, then ask once. Cursors are small values; copies are cheap.
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

/* The next `len` bytes, which are passed over; NULL when they do not fit. */
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

/* A cursor over the next `len` bytes, which are passed over here; when they
 * do not fit, both this and the result are short. */
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

/* Whether what comes next is `text`; passes over it when it is. Does not make
 * the cursor short: "not yet" and "no" are told apart with cursor_left(). */
static inline bool cursor_match(struct cursor *c, const void *text, size_t len)
{
	if (c->is_short || cursor_left(c) < len ||
	    memcmp(c->at, text, len) != 0)
		return false;
	c->at += len;
	return true;
}

#endif
