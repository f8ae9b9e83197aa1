/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hint_dhcpv6.c - DHCP for IPv6: a type and options that fill the datagram
 * (RFC 8415, 8 and 21.1). */
#include "engine/hints/hint.h"

#define TYPE_MAX 13
#define RELAY_FORWARD 12
#define CLIENT_ID 1
#define SERVER_ID 2
#define RELAY_MESSAGE 9
#define OPTION_MAX 255
#define DUID_MAX 4

static bool is_id(uint16_t code, struct cursor option)
{
	uint16_t type = cursor_be16(&option);

	return (code == CLIENT_ID || code == SERVER_ID) && !option.is_short &&
	       type >= 1 && type <= DUID_MAX;
}

static enum hint_verdict dhcpv6_match(const struct hint_input *in,
				      struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint8_t type = cursor_u8(&c);
	bool is_relayed = type >= RELAY_FORWARD, is_known = false;

	(void)yield;
	if (type > TYPE_MAX)
		return HINT_NO;
	cursor_skip(&c, is_relayed ? 1 + 16 + 16 : 3);
	while (cursor_left(&c) > 0) {
		uint16_t code = cursor_be16(&c);
		struct cursor option = cursor_take(&c, cursor_be16(&c));

		if (c.is_short || code == 0 || code > OPTION_MAX)
			return HINT_NO;
		is_known |= is_id(code, option);
		is_known |= is_relayed && code == RELAY_MESSAGE;
	}
	return is_known && !c.is_short ? HINT_YES : HINT_NO;
}

const struct hint hint_dhcpv6 = {
	.name = "dhcpv6",
	.family = "local",
	.about = "DHCP for IPv6",
	.transport = IPPROTO_UDP,
	.ports = { 547, 546 },
	.first = BYTES("\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d"),
	.min = 12,
	.match = dhcpv6_match,
};
