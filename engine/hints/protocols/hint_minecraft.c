/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_minecraft.c - Minecraft, Java edition: a handshake with the protocol's
 * version, the host and port that the player typed, and what is wanted.
 */
#include "engine/hints/text.h"

#define HANDSHAKE 0
#define STATUS 1
#define TRANSFER 3
#define HOST_MIN 4
#define HOST_MAX 255

/* Seven bits a byte, the lowest first. */
static uint32_t read_varint(struct cursor *c)
{
	uint32_t value = 0;

	for (int i = 0; i < 5; i++) {
		uint8_t byte = cursor_u8(c);

		value |= (uint32_t)(byte & 0x7f) << 7 * i;
		if ((byte & 0x80) == 0)
			return value;
	}
	c->is_short = true;
	return 0;
}

static bool is_name(struct cursor host)
{
	while (cursor_left(&host) > 0) {
		uint8_t letter = cursor_u8(&host) | 0x20;

		/* With that bit, also '.', '-', ':' and digits are these. */
		if ((letter < 'a' || letter > 'z') &&
		    (letter < '-' || letter > ':'))
			return false;
	}
	return true;
}

static enum hint_verdict minecraft_match(const struct hint_input *in,
					 struct hint_yield *yield)
{
	struct cursor c = in->payload, host, zero;
	uint32_t len = read_varint(&c), host_len, next;
	struct cursor packet;

	if (c.is_short || cursor_left(&c) == 0)
		return cursor_left(&in->payload) < 2 ? HINT_MORE : HINT_NO;
	if (len < 7 || len > HOST_MAX + 16 || c.at[0] != HANDSHAKE)
		return HINT_NO;
	if (cursor_left(&c) < len)
		return HINT_MORE;
	packet = cursor_take(&c, len);
	cursor_skip(&packet, 1);
	read_varint(&packet);
	host_len = read_varint(&packet);
	host = cursor_take(&packet, host_len);
	cursor_skip(&packet, 2);
	next = read_varint(&packet);
	if (packet.is_short || cursor_left(&packet) != 0 || host_len == 0 ||
	    next < STATUS || next > TRANSFER)
		return HINT_NO;
	/* Forge adds its mark behind a zero. */
	zero = host;
	while (cursor_left(&zero) > 0 && *zero.at != 0)
		zero.at++;
	host.end = zero.at;
	if (cursor_left(&host) < HOST_MIN || !is_name(host))
		return HINT_NO;
	hint_yield_host(yield, host.at, cursor_left(&host));
	return HINT_YES;
}

const struct hint hint_minecraft = {
	.name = "minecraft",
	.family = "game",
	.about = "Minecraft; the host that the player typed",
	.transport = IPPROTO_TCP,
	.sides = HINT_CLIENT,
	.yields_host = true,
	.ports = { 25565 },
	.match = minecraft_match,
};
