/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http2.c - frames of HTTP/2 (RFC 9113, 4.1) up to the first header, and as
 * much of HPACK (RFC 7541) as it takes to find the authority in it. Nothing
 * has been put in the dynamic table by then but what the header itself puts
 * there, and the authority comes once.
 */
#include "engine/hints/http2.h"

#define HEADERS 1
#define CONTINUATION 9
#define END_HEADERS 0x04
#define PADDED 0x08
#define PRIORITY 0x20

/* Indexes of the static table (RFC 7541, A). */
#define AUTHORITY 1
#define HOST 38

/* An integer behind a prefix of `bits` bits (5.1). */
static uint32_t read_integer(struct cursor *c, uint8_t first, int bits)
{
	uint32_t max = (UINT32_C(1) << bits) - 1;
	uint32_t value = first & max;

	if (value < max)
		return value;
	for (int shift = 0; shift <= 21; shift += 7) {
		uint8_t byte = cursor_u8(c);

		value += (uint32_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return value;
	}
	c->is_short = true;
	return 0;
}

/*
 * The code is canonical (RFC 7541, B): within a length, codes go up with their
 * symbols. Those of up to eight bits are all that a host name needs; others
 * end the text. Returns its length, 0 when it has such symbols or is too long.
 */
static size_t huffman_decode(struct cursor coded, char *text, size_t size)
{
	static const struct {
		uint8_t first;
		const char *symbols;
	} lengths[] = {
		[5] = { 0x00, "012aceiost" },
		[6] = { 0x14, " %-./3456789=A_bdfghlmnpru" },
		[7] = { 0x5c, ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz" },
		[8] = { 0xf8, "&*,;XZ" },
	};
	size_t len = 0, bits = 0;
	uint32_t code = 0;

	while (cursor_left(&coded) > 0) {
		uint8_t byte = cursor_u8(&coded);

		for (int bit = 7; bit >= 0; bit--) {
			code = code << 1 | (byte >> bit & 1);
			if (++bits < 5)
				continue;
			if (bits > 8 || len == size)
				return 0;
			if (code - lengths[bits].first <
			    strlen(lengths[bits].symbols)) {
				text[len++] = lengths[bits].symbols[
					code - lengths[bits].first];
				code = 0;
				bits = 0;
			}
		}
	}
	return len;
}

/* A string, as it is or decoded to `text`; passed over either way. */
static struct cursor read_string(struct cursor *c, char *text, size_t size)
{
	uint8_t first = cursor_u8(c);
	uint32_t len = read_integer(c, first, 7);
	struct cursor string = cursor_take(c, len);

	if (string.is_short || (first & 0x80) == 0)
		return string;
	return cursor_of(text, huffman_decode(string, text, size));
}

static bool is_authority(struct cursor name)
{
	static const char authority[] = ":authority", host[] = "host";

	return (cursor_left(&name) == sizeof(authority) - 1 &&
		memcmp(name.at, authority, sizeof(authority) - 1) == 0) ||
	       (cursor_left(&name) == sizeof(host) - 1 &&
		memcmp(name.at, host, sizeof(host) - 1) == 0);
}

static void read_block(struct cursor c, struct hint_yield *yield)
{
	char name_text[16], text[DOMAIN_MAX + 8];

	while (cursor_left(&c) > 0) {
		uint8_t first = cursor_u8(&c);
		bool is_wanted;
		uint32_t index;
		struct cursor value;

		if (first & 0x80) {		/* 6.1: all is in a table */
			read_integer(&c, first, 7);
			continue;
		}
		if ((first & 0xe0) == 0x20) {	/* 6.3: size of the table */
			read_integer(&c, first, 5);
			continue;
		}
		index = read_integer(&c, first, first & 0x40 ? 6 : 4);
		is_wanted = index == AUTHORITY || index == HOST;
		if (index == 0)
			is_wanted = is_authority(read_string(
				&c, name_text, sizeof(name_text)));
		value = read_string(&c, text, sizeof(text));
		if (c.is_short)
			return;
		if (is_wanted) {
			hint_yield_host(yield, value.at, cursor_left(&value));
			return;
		}
	}
}

/* What a HEADERS frame holds beside the block (RFC 9113, 6.2). */
static struct cursor strip(struct cursor payload, uint8_t flags)
{
	uint8_t padding = flags & PADDED ? cursor_u8(&payload) : 0;

	if (flags & PRIORITY)
		cursor_skip(&payload, 5);
	if (payload.is_short || cursor_left(&payload) < padding)
		return cursor_of(payload.end, 0);
	payload.end -= padding;
	return payload;
}

void http2_host(struct cursor frames, uint8_t *scratch,
		struct hint_yield *yield)
{
	size_t len = 0;

	while (cursor_left(&frames) > 0) {
		struct cursor payload;
		uint32_t payload_len = cursor_be24(&frames);
		uint8_t type = cursor_u8(&frames);
		uint8_t flags = cursor_u8(&frames);

		cursor_skip(&frames, 4);
		payload = cursor_take(&frames, payload_len);
		if (payload.is_short)
			break;
		if (type != HEADERS && type != CONTINUATION)
			continue;
		if (type == HEADERS)
			payload = strip(payload, flags);
		if (cursor_left(&payload) > HINT_SCRATCH - len)
			return;
		memcpy(scratch + len, payload.at, cursor_left(&payload));
		len += cursor_left(&payload);
		if (flags & END_HEADERS) {
			read_block(cursor_of(scratch, len), yield);
			return;
		}
	}
	yield->more = true;
}
