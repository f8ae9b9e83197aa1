/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_teredo.c - Teredo: an IPv6 packet that fills the datagram, behind an
 * authentication or origin of known length (RFC 4380, 5.1.1).
 */
#include "engine/hints/hint.h"

#define HEADER_LEN 40
#define NO_NEXT 59
#define TEREDO "\x20\x01\x00\x00"	/* 2001::/32 (2.6) */
#define LINK_LOCAL "\xfe\x80"

static bool is_teredo_address(const uint8_t *address)
{
	return memcmp(address, TEREDO, 4) == 0 ||
	       memcmp(address, LINK_LOCAL, 2) == 0;
}

static enum hint_verdict teredo_match(const struct hint_input *in,
				      struct hint_yield *yield)
{
	struct cursor c = in->payload;
	const uint8_t *header;
	size_t len;

	(void)yield;
	if (cursor_match(&c, "\0\1", 2)) {
		uint8_t client = cursor_u8(&c);
		uint8_t secret = cursor_u8(&c);

		cursor_skip(&c, (size_t)client + secret + 8 + 1);
	}
	if (cursor_match(&c, "\0\0", 2))
		cursor_skip(&c, 2 + 4);
	header = cursor_bytes(&c, HEADER_LEN);
	if (header == NULL || header[0] >> 4 != 6)
		return HINT_NO;
	/* A bubble has no payload; data may ride behind it (RFC 6081, 4). */
	len = (size_t)(header[4] << 8 | header[5]);
	if (header[6] == NO_NEXT ? len != 0 : len != cursor_left(&c))
		return HINT_NO;
	return is_teredo_address(header + 8) || is_teredo_address(header + 24) ?
		HINT_YES : HINT_NO;
}

const struct hint hint_teredo = {
	.name = "teredo",
	.family = "tunnel",
	.about = "Teredo: IPv6 within UDP",
	.transport = IPPROTO_UDP,
	.ports = { 3544 },
	.first = BYTES("\0\x60\x61\x62\x63\x64\x65\x66\x67"
		       "\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"),
	.min = HEADER_LEN,
	.match = teredo_match,
};
