/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_fins.c - Omron FINS over UDP: a header and a command, and the answer
 * with the same number; on its own port one of them is enough (Omron W342,
 * 3-3 and 5-1). FINS over TCP is a row of prefix_tcp.c.
 */
#include "engine/hints/hint.h"

#define HEADER_LEN 10
#define MIN_LEN (HEADER_LEN + 2)
#define RESPONSE 0x40
#define PORT 9600

/* Those of W342, by their first byte. */
static bool is_command(uint8_t group, uint8_t command)
{
	static const uint8_t max[] = {
		[0x01] = 0x05, [0x02] = 0x20, [0x03] = 0x07, [0x04] = 0x05,
		[0x05] = 0x02, [0x06] = 0x20, [0x07] = 0x02, [0x08] = 0x01,
		[0x09] = 0x20, [0x0c] = 0x03, [0x21] = 0x03, [0x22] = 0x15,
		[0x23] = 0x02,
	};

	return group < sizeof(max) && command <= max[group] && command != 0;
}

static bool is_message(struct cursor c)
{
	uint8_t control = cursor_u8(&c);
	uint8_t reserved = cursor_u8(&c);
	uint8_t gateways = cursor_u8(&c);
	uint8_t group;

	cursor_skip(&c, HEADER_LEN - 3);
	group = cursor_u8(&c);
	return (control & ~(RESPONSE | 1)) == 0x80 && reserved == 0 &&
	       gateways <= 7 && is_command(group, cursor_u8(&c)) && !c.is_short;
}

/* The same number and command, of the other direction. */
static bool is_pair(const uint8_t *a, const uint8_t *b)
{
	return ((a[0] ^ b[0]) & RESPONSE) != 0 &&
	       memcmp(a + HEADER_LEN - 1, b + HEADER_LEN - 1, 3) == 0;
}

static enum hint_verdict fins_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	struct cursor earlier = in->earlier, datagram;
	bool from_server;

	(void)yield;
	if (!is_message(in->payload))
		return HINT_NO;
	if (in->dport == PORT || in->sport == PORT)
		return HINT_YES;
	while (hint_earlier_next(&earlier, &from_server, &datagram))
		if (from_server != in->from_server && is_message(datagram) &&
		    is_pair(in->payload.at, datagram.at))
			return HINT_YES;
	return HINT_MORE;
}

const struct hint hint_fins = {
	.name = "fins",
	.family = "industrial",
	.about = "Omron FINS",
	.transport = IPPROTO_UDP,
	.ports = { PORT },
	.first = BYTES("\x80\x81\xc0\xc1"),
	.min = MIN_LEN,
	.match = fins_match,
};
