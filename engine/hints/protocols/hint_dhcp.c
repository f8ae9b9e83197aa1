/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hint_dhcp.c - DHCP and BOOTP, by the magic cookie (RFC 2131, 3). */
#include "engine/hints/hint.h"

#define COOKIE_AT 236
#define COOKIE 0x63825363u

static enum hint_verdict dhcp_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint8_t op = cursor_u8(&c);
	uint8_t hardware_len;

	(void)yield;
	cursor_skip(&c, 1);
	hardware_len = cursor_u8(&c);
	cursor_skip(&c, COOKIE_AT - 3);
	return (op == 1 || op == 2) && hardware_len <= 16 &&
	       cursor_be32(&c) == COOKIE ? HINT_YES : HINT_NO;
}

const struct hint hint_dhcp = {
	.name = "dhcp",
	.about = "DHCP and BOOTP: addresses for hosts",
	.transport = IPPROTO_UDP,
	.ports = { 67, 68 },
	.first = BYTES("\x01\x02"),
	.min = 64,
	.match = dhcp_match,
};
