/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_radius.c - RADIUS: a length and attributes that fill it (RFC 2865, 3).
 */
#include "engine/hints/hint.h"

#define HEADER_LEN 20
#define PACKET_MAX 4096

/* Access, accounting, status, and what RFC 5176 added. */
static bool is_code(uint8_t code)
{
	return (code >= 1 && code <= 5) || (code >= 11 && code <= 13) ||
	       (code >= 40 && code <= 45);
}

static enum hint_verdict radius_match(const struct hint_input *in,
				      struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint8_t code = cursor_u8(&c);
	uint16_t len;

	(void)yield;
	cursor_skip(&c, 1);
	len = cursor_be16(&c);
	cursor_skip(&c, 16);
	if (!is_code(code) || len < HEADER_LEN + 2 || len > PACKET_MAX ||
	    len != cursor_left(&in->payload))
		return HINT_NO;
	while (cursor_left(&c) > 0) {
		uint8_t type = cursor_u8(&c);
		uint8_t attribute_len = cursor_u8(&c);

		if (type == 0 || attribute_len < 2)
			return HINT_NO;
		cursor_skip(&c, attribute_len - 2u);
		if (c.is_short)
			return HINT_NO;
	}
	return HINT_YES;
}

const struct hint hint_radius = {
	.name = "radius",
	.family = "infra",
	.about = "RADIUS",
	.transport = IPPROTO_UDP,
	.ports = { 1812, 1813, 1645, 1646, 3799 },
	.first = BYTES("\1\2\3\4\5\x0b\x0c\x0d\x28\x29\x2a\x2b\x2c\x2d"),
	.min = HEADER_LEN + 2,
	.match = radius_match,
};
