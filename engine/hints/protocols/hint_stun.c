/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_stun.c - STUN and TURN over UDP and TCP (RFC 8489, RFC 8656), and the
 * first STUN, which had no magic cookie (RFC 3489): there the attributes, or
 * an answer to the same transaction, have to prove it.
 */
#include "engine/hints/hint.h"

#define HEADER_LEN 20
#define MAGIC_COOKIE 0x2112a442u
#define BINDING_REQUEST 0x0001
#define CLASS_BITS 0x0110
#define ID_AT 4			/* RFC 3489's transaction id, 16 bytes */
#define ID_LEN 16

struct message {
	uint16_t type;
	uint16_t len;
	uint32_t cookie;
};

/* RFC 8489, 5: it begins with two zero bits. That lengths are multiples of
 * four not everyone keeps to (MS-TURN). */
static bool read_header(struct cursor *c, struct message *ret)
{
	ret->type = cursor_be16(c);
	ret->len = cursor_be16(c);
	ret->cookie = cursor_be32(c);
	cursor_skip(c, HEADER_LEN - 8);
	return !c->is_short && ret->type < 0x4000;
}

/* Those of RFC 3489, and what was added above 0x8000 since. */
static bool is_attribute(uint16_t type)
{
	return (type >= 0x0001 && type <= 0x0014) ||
	       (type >= 0x8020 && type <= 0x8050);
}

/* Whether attributes fill the rest, and there are some. Their types must be
 * known, except on STUN's own ports. */
static bool are_attributes(const struct hint_input *in, struct cursor c)
{
	bool is_port = in->dport == 3478 || in->dport == 3479 ||
		       in->sport == 3478 || in->sport == 3479;
	size_t count = 0;

	for (; cursor_left(&c) > 0; count++) {
		uint16_t type = cursor_be16(&c);
		uint16_t len = cursor_be16(&c);

		cursor_skip(&c, (len + 3u) & ~3u);
		if (c.is_short || (!is_port && !is_attribute(type)))
			return false;
	}
	return count > 0;
}

static bool is_classic(uint16_t type)
{
	uint16_t method = type & (uint16_t)~CLASS_BITS;

	return method >= BINDING_REQUEST && method <= 4;
}

/* Whether it belongs to an earlier message of the other side. */
static bool is_answered(const struct hint_input *in)
{
	struct cursor earlier = in->earlier, other;
	bool from_server;

	while (hint_earlier_next(&earlier, &from_server, &other))
		if (from_server != in->from_server &&
		    cursor_left(&other) >= HEADER_LEN &&
		    memcmp(other.at + ID_AT, in->payload.at + ID_AT,
			   ID_LEN) == 0)
			return true;
	return false;
}

static enum hint_verdict udp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor c = in->payload;
	struct message m;

	(void)yield;
	if (!read_header(&c, &m) || m.len != cursor_left(&c))
		return HINT_NO;
	if (m.cookie == MAGIC_COOKIE)
		return HINT_YES;
	if (!is_classic(m.type))
		return HINT_NO;
	if (are_attributes(in, c) || is_answered(in))
		return HINT_YES;
	return m.type == BINDING_REQUEST && m.len % 4 == 0 ? HINT_MORE :
							     HINT_NO;
}

/* As it is, or behind the length that ICE puts first (RFC 4571, 2). */
static enum hint_verdict tcp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint16_t frame_len, min = HEADER_LEN;
	struct message m;

	(void)yield;
	if (cursor_left(&c) < HEADER_LEN)
		return *c.at < 0x40 ? HINT_MORE : HINT_NO;
	if (read_header(&c, &m) && m.cookie == MAGIC_COOKIE)
		return HINT_YES;
	c = in->payload;
	frame_len = cursor_be16(&c);
	if (frame_len < min)
		return HINT_NO;
	if (cursor_left(&c) < HEADER_LEN)
		return HINT_MORE;
	return read_header(&c, &m) && m.cookie == MAGIC_COOKIE &&
	       m.len + min <= frame_len ? HINT_YES : HINT_NO;
}

#define STUN_ABOUT "STUN and TURN: NAT traversal of calls"

const struct hint hint_stun_udp = {
	.name = "stun",
	.family = "voip",
	.about = STUN_ABOUT,
	.transport = IPPROTO_UDP,
	.ports = { 3478, 3479, 19302, 5349 },
	.tests = { { 0, 0xc0, BYTES("\0") } },
	.min = HEADER_LEN,
	.match = udp_match,
};

const struct hint hint_stun_tcp = {
	.name = "stun",
	.family = "voip",
	.about = STUN_ABOUT,
	.transport = IPPROTO_TCP,
	.ports = { 3478 },
	.match = tcp_match,
};
