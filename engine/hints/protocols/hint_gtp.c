/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_gtp.c - GTP, the tunnels of mobile networks: a header with the
 * length of the message (3GPP TS 29.060, 6; 29.274, 5.1; 29.281, 5.1).
 */
#include "engine/hints/hint.h"

#define VERSION(flags) ((flags) >> 5)
#define IS_GTP 0x10		/* not GTP', which bills */
#define PIGGYBACK 0x10
#define EXTENSION 4
#define OPTIONAL 7		/* any of three flags: four bytes more */
#define DATA 255
#define ECHO 1
#define ECHO_ANSWER 2
#define ERROR 26
#define END_MARKER 254

/* Of version 1: paths, sessions, places, errors, data. */
static bool is_type(uint8_t type)
{
	return type == ECHO || type == ECHO_ANSWER || type == 3 ||
	       (type >= 16 && type <= 31) || (type >= 48 && type <= 58) ||
	       type == 128 || type == 129 || type == END_MARKER ||
	       type == DATA;
}

/* A packet of IPv4 or IPv6 as long as what is there. */
static bool is_ip(struct cursor c)
{
	size_t left = cursor_left(&c);
	uint8_t version = cursor_u8(&c) >> 4;
	uint16_t len;

	cursor_skip(&c, version == 4 ? 1 : 3);
	len = cursor_be16(&c);
	return !c.is_short && ((version == 4 && len == left) ||
			       (version == 6 && len + 40u == left));
}

/* Number, N-PDU, and extensions, which have a length in words. */
static void skip_optional(struct cursor *c, uint8_t flags)
{
	uint8_t next;

	cursor_skip(c, 3);
	next = cursor_u8(c);
	while ((flags & EXTENSION) != 0 && next != 0 && !c->is_short) {
		uint8_t words = cursor_u8(c);

		cursor_skip(c, words > 0 ? words * 4u - 2 : SIZE_MAX);
		next = cursor_u8(c);
	}
}

static bool is_version1(struct cursor c, uint8_t flags)
{
	uint8_t type = cursor_u8(&c);
	uint16_t len = cursor_be16(&c);
	uint32_t tunnel = cursor_be32(&c);

	if (c.is_short || len != cursor_left(&c) || (flags & 8) != 0 ||
	    !is_type(type))
		return false;
	if ((flags & OPTIONAL) != 0 && len < 4)
		return false;
	if (type != DATA)
		return (flags & 2) != 0 || tunnel == 0;
	if ((flags & OPTIONAL) != 0)
		skip_optional(&c, flags);
	return tunnel != 0 && is_ip(c);
}

/* Information elements that fill what is there: type, length, instance. */
static bool are_elements(struct cursor c)
{
	if (cursor_left(&c) == 0)
		return false;
	while (cursor_left(&c) > 0) {
		uint16_t len;

		cursor_skip(&c, 1);
		len = cursor_be16(&c);
		cursor_skip(&c, len + 1u);
	}
	return !c.is_short;
}

/* The length of a whole message of version 2; else what no rest has. */
static size_t riding_len(struct cursor c)
{
	uint8_t flags = cursor_u8(&c);
	uint16_t len;

	cursor_skip(&c, 1);
	len = cursor_be16(&c);
	return !c.is_short && VERSION(flags) == 2 ? len + 4u : SIZE_MAX;
}

/* Flags are piggyback, tunnel, priority and two that are zero. */
static bool is_version2(struct cursor c, uint8_t flags)
{
	uint8_t type = cursor_u8(&c);
	uint16_t len = cursor_be16(&c);
	bool has_tunnel = flags & 8;
	struct cursor rest;

	if (c.is_short || (flags & 3) != 0 || type == 0)
		return false;
	if (len < (has_tunnel ? 8 : 4))
		return false;
	/* Another message may ride on the first one's back. */
	rest = c;
	cursor_skip(&rest, len);
	if (rest.is_short || cursor_left(&rest) != ((flags & PIGGYBACK) != 0 ?
						    riding_len(rest) : 0))
		return false;
	cursor_skip(&c, has_tunnel ? 4 + 3 : 3);
	if (cursor_u8(&c) != 0 && (flags & 4) == 0)
		return false;		/* a byte without use */
	return !c.is_short && (has_tunnel ? type >= 25 : type <= 3) &&
	       are_elements(cursor_of(c.at, (size_t)(rest.at - c.at)));
}

static enum hint_verdict gtp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint8_t flags = cursor_u8(&c);

	(void)yield;
	if (VERSION(flags) == 1 && (flags & IS_GTP) != 0)
		return is_version1(c, flags) ? HINT_YES : HINT_NO;
	if (VERSION(flags) == 2)
		return is_version2(c, flags) ? HINT_YES : HINT_NO;
	return HINT_NO;
}

const struct hint hint_gtp = {
	.name = "gtp",
	.family = "tunnel",
	.about = "GTP: tunnels of mobile networks",
	.transport = IPPROTO_UDP,
	.ports = { 2152, 2123 },
	.first = BYTES("\x30\x31\x32\x33\x34\x35\x36\x37"
		       "\x40\x44\x48\x4c\x58\x5c"),
	.min = 8,
	.match = gtp_match,
};
