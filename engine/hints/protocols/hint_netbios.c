/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_netbios.c - NetBIOS over UDP: its name service, which looks like DNS
 * but for its names (RFC 1002, 4.2), and its datagrams (4.4).
 */
#include "engine/hints/hint.h"

#define HEADER_LEN 12
#define NAME_LETTERS 32
#define TYPE_NB 0x20
#define TYPE_NBSTAT 0x21
#define CLASS_IN 1
#define NM_FLAGS 0x0060		/* always zero */
#define DATAGRAM_UNIQUE 0x10
#define DATAGRAM_BROADCAST 0x12

static bool read_name(struct cursor *c)
{
	uint8_t len = cursor_u8(c);
	const uint8_t *letters = cursor_bytes(c, NAME_LETTERS);

	if (letters == NULL || len != NAME_LETTERS)
		return false;
	for (int i = 0; i < NAME_LETTERS; i++)
		if (letters[i] < 'A' || letters[i] > 'P')
			return false;
	/* A scope may follow; it is not seen any more. */
	return cursor_u8(c) == 0 && !c->is_short;
}

static bool is_name_service(struct cursor c)
{
	uint16_t flags, counts[4], type, class;

	cursor_skip(&c, 2);
	flags = cursor_be16(&c);
	for (int i = 0; i < 4; i++)
		counts[i] = cursor_be16(&c);
	/* A request asks one thing, an answer repeats no question. */
	if ((flags & NM_FLAGS) != 0 ||
	    (flags >> 15 ? counts[0] != 0 : counts[0] != 1) ||
	    counts[1] > 1 || counts[2] > 1 || counts[3] > 1)
		return false;
	if (!read_name(&c))
		return false;
	type = cursor_be16(&c);
	class = cursor_be16(&c);
	return !c.is_short && class == CLASS_IN &&
	       (type == TYPE_NB || type == TYPE_NBSTAT ||
		(flags >> 15 && type == 10));
}

static bool is_datagram(struct cursor c)
{
	uint8_t type = cursor_u8(&c);
	uint8_t flags = cursor_u8(&c);

	cursor_skip(&c, 2 + 4 + 2 + 2 + 2);
	return type >= DATAGRAM_UNIQUE && type <= DATAGRAM_BROADCAST &&
	       (flags & 0xf0) == 0 && read_name(&c);
}

static enum hint_verdict names_match(const struct hint_input *in,
				     struct hint_yield *yield)
{
	(void)yield;
	return is_name_service(in->payload) ? HINT_YES : HINT_NO;
}

static enum hint_verdict datagram_match(const struct hint_input *in,
					struct hint_yield *yield)
{
	(void)yield;
	return is_datagram(in->payload) ? HINT_YES : HINT_NO;
}

#define NETBIOS_ABOUT "NetBIOS: names, datagrams, sessions that open"

const struct hint hint_netbios = {
	.name = "netbios",
	.family = "local",
	.about = NETBIOS_ABOUT,
	.transport = IPPROTO_UDP,
	.ports = { 137 },
	.tests = { { 4, 0xff, BYTES("\0") },
		   { HEADER_LEN, 0xff, BYTES("\x20") } },
	.min = HEADER_LEN + 1 + NAME_LETTERS + 1,
	.match = names_match,
};

const struct hint hint_netbios_datagram = {
	.name = "netbios",
	.family = "local",
	.about = NETBIOS_ABOUT,
	.transport = IPPROTO_UDP,
	.ports = { 138 },
	.first = BYTES("\x10\x11\x12"),
	.min = 2 + 12 + 1 + NAME_LETTERS + 1,
	.match = datagram_match,
};
