/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_dcerpc.c - DCE RPC: over TCP a message of version 5 whose length fits
 * (C706, 12.6.3), over UDP one of version 4 (12.5).
 */
#include "engine/hints/hint.h"

#define LITTLE_ASCII_IEEE 0x10
#define TYPE5_MAX 20
#define TYPE4_MAX 10
#define HEADER4_LEN 80
#define HEADER5_LEN 16

/* Integers of either order, ASCII, IEEE floats, two zeros. */
static bool is_format(uint8_t order)
{
	return order == LITTLE_ASCII_IEEE || order == 0;
}

static uint16_t u16(struct cursor *c, uint8_t order)
{
	return order == 0 ? cursor_be16(c) : cursor_le16(c);
}

static enum hint_verdict tcp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint8_t version = cursor_u8(&c);
	uint8_t minor = cursor_u8(&c);
	uint8_t type = cursor_u8(&c);
	uint8_t order;
	uint16_t len, auth_len;
	uint32_t zeros;

	(void)yield;
	cursor_skip(&c, 1);
	order = cursor_u8(&c);
	zeros = cursor_be24(&c);
	len = u16(&c, order);
	auth_len = u16(&c, order);
	if (version != 5 || minor > 1)
		return HINT_NO;
	if (c.is_short)
		return HINT_MORE;
	if (!is_format(order) || zeros != 0 || len < HEADER5_LEN + 8 ||
	    auth_len > len - HEADER5_LEN || type > TYPE5_MAX)
		return HINT_NO;
	return HINT_YES;
}

static enum hint_verdict udp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint8_t version = cursor_u8(&c);
	uint8_t type = cursor_u8(&c);
	uint8_t order;
	uint16_t zeros, len;

	(void)yield;
	cursor_skip(&c, 2);
	order = cursor_u8(&c);
	zeros = cursor_be16(&c);
	cursor_skip(&c, 1 + 3 * 16 + 4 + 4 + 4 + 2 + 2 + 2);
	len = u16(&c, order);
	cursor_skip(&c, 4);
	return !c.is_short && version == 4 && type <= TYPE4_MAX &&
	       is_format(order) && zeros == 0 && cursor_left(&c) >= len ?
		HINT_YES : HINT_NO;
}

const struct hint hint_dcerpc_tcp = {
	.name = "dcerpc",
	.family = "infra",
	.about = "DCE RPC: Windows services, PROFINET",
	.transport = IPPROTO_TCP,
	.ports = { 135 },
	.first = BYTES("\x05"),
	.match = tcp_match,
};

const struct hint hint_dcerpc_udp = {
	.name = "dcerpc",
	.family = "infra",
	.about = "DCE RPC: Windows services, PROFINET",
	.transport = IPPROTO_UDP,
	.ports = { 135 },
	.first = BYTES("\x04"),
	.min = 64,
	.match = udp_match,
};
