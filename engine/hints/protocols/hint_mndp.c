/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_mndp.c - MikroTik's neighbour discovery: a header, then fields that
 * fill the datagram, the first of which is a MAC address.
 */
#include "engine/hints/hint.h"

#define HEADER_LEN 4
#define MAC 1
#define MAC_LEN 6
#define FIELD_MAX 32
#define FIELDS_MIN 3

static enum hint_verdict mndp_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	struct cursor c = in->payload;
	int count = 0;

	(void)yield;
	cursor_skip(&c, HEADER_LEN);
	for (; cursor_left(&c) > 0; count++) {
		uint16_t type = cursor_be16(&c);
		uint16_t len = cursor_be16(&c);

		cursor_skip(&c, len);
		if (c.is_short || type == 0 || type > FIELD_MAX ||
		    (count == 0 && (type != MAC || len != MAC_LEN)))
			return HINT_NO;
	}
	return count >= FIELDS_MIN ? HINT_YES : HINT_NO;
}

const struct hint hint_mndp = {
	.name = "mndp",
	.family = "local",
	.about = "MikroTik's neighbour discovery",
	.transport = IPPROTO_UDP,
	.ports = { 5678 },
	.tests = { { 5, 0xff, BYTES("\1") } },
	.min = HEADER_LEN + 4 + MAC_LEN,
	.match = mndp_match,
};
