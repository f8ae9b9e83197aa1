/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_gquic.c - Google's own QUIC, versions up to Q046, where the hello can
 * be read by anyone (QUIC wire layout and QUIC crypto, both of Google, 2016).
 */
#include "engine/hints/gquic.h"

/* The public header's first byte, up to Q043. */
#define FLAG_VERSION 0x01
#define FLAG_RESET 0x02
#define FLAG_NONCE 0x04
#define FLAG_CID 0x08
#define FLAG_NUMBER 0x30
#define FLAG_RESERVED 0xc0

#define HASH_LEN 12
#define CID_LEN 8
#define TAGS_MAX 128
/* Frame header and hash: no further behind must the hello begin. */
#define HELLO_BEFORE 64

/* "Q043" */
static bool is_version(uint32_t version)
{
	uint8_t tens = version >> 8 & 0xff, ones = version & 0xff;

	return version >> 16 == ('Q' << 8 | '0') && tens >= '0' &&
	       tens <= '5' && ones >= '0' && ones <= '9';
}

/* Tags come with the offset where their value ends; values follow them. */
static bool read_tags(struct cursor c, struct hint_yield *yield)
{
	uint16_t count = cursor_le16(&c);
	struct cursor values = c;
	uint32_t from = 0;

	cursor_skip(&c, 2);
	cursor_skip(&values, 2 + 8 * (size_t)count);
	if (values.is_short || count == 0 || count > TAGS_MAX)
		return false;
	for (uint16_t i = 0; i < count; i++) {
		const uint8_t *tag = cursor_bytes(&c, 4);
		uint32_t to = cursor_le32(&c);
		struct cursor value = values;

		if (to < from || to > UINT16_MAX)
			return false;
		cursor_skip(&value, from);
		value = cursor_take(&value, to - from);
		if (!value.is_short && memcmp(tag, "SNI\0", 4) == 0)
			hint_yield_host(yield, value.at, cursor_left(&value));
		from = to;
	}
	return true;
}

static bool find_hello(struct cursor c, const char *name,
		       struct hint_yield *yield)
{
	const uint8_t *from = c.at;

	for (; cursor_left(&c) >= 8 && c.at < from + HELLO_BEFORE; c.at++) {
		struct cursor tags = c;

		if (cursor_match(&tags, name, 4) && read_tags(tags, yield))
			return true;
	}
	return false;
}

enum hint_verdict gquic_hello(struct cursor frames, struct hint_yield *yield)
{
	yield->more = !find_hello(frames, "CHLO", yield);
	return HINT_YES;
}

/* Q044 to Q046: a long header, its two lengths in one byte. */
static enum hint_verdict long_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint8_t first = cursor_u8(&c);
	uint32_t version = cursor_be32(&c);
	uint8_t lengths = cursor_u8(&c);

	cursor_skip(&c, CID_LEN + 4);
	if (c.is_short || (first & 0x80) == 0 || !is_version(version) ||
	    (lengths != 0x50 && lengths != 0x05))
		return HINT_NO;
	yield->more = true;
	return in->from_server ? HINT_YES : gquic_hello(c, yield);
}

/* A server leaves the version out: its refusal can be read, though. */
static enum hint_verdict match_server(struct cursor c, uint8_t flags,
				      struct hint_yield *yield)
{
	if ((flags & FLAG_CID) != 0)
		cursor_skip(&c, CID_LEN);
	if ((flags & FLAG_NONCE) != 0)
		cursor_skip(&c, 32);
	yield->more = true;
	return !c.is_short && (find_hello(c, "REJ\0", yield) ||
			       find_hello(c, "SHLO", yield)) ?
		HINT_YES : HINT_NO;
}

static enum hint_verdict gquic_match(const struct hint_input *in,
				     struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint8_t flags = cursor_u8(&c);
	uint32_t version;

	if ((flags & (FLAG_RESET | FLAG_RESERVED)) != 0)
		return HINT_NO;
	if ((flags & FLAG_VERSION) == 0)
		return match_server(c, flags, yield);
	if ((flags & FLAG_CID) == 0)
		return HINT_NO;
	cursor_skip(&c, CID_LEN);
	version = cursor_be32(&c);
	if (c.is_short || !is_version(version))
		return HINT_NO;
	return gquic_hello(c, yield);
}

#define QUIC_ABOUT "QUIC; the server name and ALPN of its ClientHello"

const struct hint hint_gquic = {
	.name = "quic",
	.family = "web",
	.about = QUIC_ABOUT,
	.transport = IPPROTO_UDP,
	.yields_host = true,
	.ports = { 80 },
	.tests = { { 0, FLAG_RESET | FLAG_RESERVED, BYTES("\0") } },
	.min = 16,
	.match = gquic_match,
};

const struct hint hint_gquic_long = {
	.name = "quic",
	.family = "web",
	.about = QUIC_ABOUT,
	.transport = IPPROTO_UDP,
	.yields_host = true,
	.tests = { { 0, 0x80, BYTES("\x80") }, { 1, 0xff, BYTES("Q") } },
	.min = 16,
	.match = long_match,
};
