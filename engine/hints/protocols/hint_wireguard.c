/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_wireguard.c - WireGuard. Its messages begin with a type and three zero
 * bytes, which proves little: lengths, what is zero in a handshake and what
 * two messages have in common have to agree as well.
 */
#include "engine/hints/hint.h"

enum message_type { INITIATION = 1, RESPONSE, COOKIE_REPLY, TRANSPORT };

#define INITIATION_LEN 148
#define RESPONSE_LEN 92
#define COOKIE_LEN 64
#define TRANSPORT_MIN 32
#define MAC_LEN 16
/* Two messages of data are at most so far apart: some may be lost. */
#define COUNTER_STEP_MAX 64
#define COUNTER_MAX (UINT64_C(1) << 48)
#define COUNTER_SMALL (UINT64_C(1) << 32)

struct message {
	uint8_t type;
	uint32_t sender;
	uint32_t receiver;
	uint64_t counter;
	bool has_mac2;
};

static bool is_zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

static bool is_length(uint8_t type, size_t len)
{
	switch (type) {
	case INITIATION:
		return len == INITIATION_LEN;
	case RESPONSE:
		return len == RESPONSE_LEN;
	case COOKIE_REPLY:
		return len == COOKIE_LEN;
	case TRANSPORT:
		return len >= TRANSPORT_MIN && len % 16 == 0;
	default:
		return false;
	}
}

static bool read_message(struct cursor c, struct message *ret)
{
	size_t len = cursor_left(&c);
	struct message m = { .type = cursor_u8(&c) };
	uint32_t reserved = cursor_be24(&c);

	if (c.is_short || reserved != 0 || !is_length(m.type, len))
		return false;
	if (m.type == INITIATION || m.type == RESPONSE)
		m.sender = cursor_le32(&c);
	if (m.type != INITIATION)
		m.receiver = cursor_le32(&c);
	if (m.type == TRANSPORT) {
		m.counter = cursor_le32(&c);
		m.counter |= (uint64_t)cursor_le32(&c) << 32;
		if (m.counter > COUNTER_MAX)
			return false;
	}
	m.has_mac2 = !is_zero(c.end - MAC_LEN, MAC_LEN);
	*ret = m;
	return true;
}

/* A handshake of a server that is not under load has an empty second MAC:
 * 16 zero bytes behind 16 that are not. */
static bool is_certain(const struct message *m, struct cursor c)
{
	if (m->type != INITIATION && m->type != RESPONSE)
		return false;
	return !m->has_mac2 && m->sender != 0 &&
	       !is_zero(c.end - 2 * MAC_LEN, MAC_LEN) &&
	       !is_zero(c.at + 8, 8);
}

/* An index is random: one that has few bits is a counter or a constant. */
static bool is_index(uint32_t index)
{
	return index >> 24 != 0 && (index & 0xffff) != 0;
}

static bool is_data(const struct message *m)
{
	return m->type == TRANSPORT && is_index(m->receiver) &&
	       m->counter < COUNTER_SMALL;
}

/* Whether two messages belong to one session, or to handshakes of one pair. */
static bool agree(const struct message *prev, const struct message *now,
		  bool same_side)
{
	if (prev->type == COOKIE_REPLY && now->type == COOKIE_REPLY)
		return same_side && is_index(prev->receiver) &&
		       is_index(now->receiver);
	if (!same_side)
		return (prev->sender != 0 && now->receiver == prev->sender) ||
		       (is_data(prev) && is_data(now) &&
			prev->receiver != now->receiver);
	return prev->type == TRANSPORT && now->type == TRANSPORT &&
	       now->receiver == prev->receiver && now->receiver != 0 &&
	       now->counter > prev->counter &&
	       now->counter - prev->counter <= COUNTER_STEP_MAX;
}

/* Tailscale looks for a way through NAT before and between. */
static bool is_discovery(struct cursor c)
{
	return cursor_match(&c, "TS\xf0\x9f\x92\xac", 6);
}

static enum hint_verdict wireguard_match(const struct hint_input *in,
					 struct hint_yield *yield)
{
	struct cursor earlier = in->earlier, datagram;
	struct message now, prev;
	bool from_server;

	(void)yield;
	if (!read_message(in->payload, &now))
		return is_discovery(in->payload) ? HINT_MORE : HINT_NO;
	if (is_certain(&now, in->payload))
		return HINT_YES;
	while (hint_earlier_next(&earlier, &from_server, &datagram))
		if (read_message(datagram, &prev) &&
		    agree(&prev, &now, from_server == in->from_server))
			return HINT_YES;
	return HINT_MORE;
}

const struct hint hint_wireguard = {
	.name = "wireguard",
	.family = "vpn",
	.about = "WireGuard",
	.transport = IPPROTO_UDP,
	.ports = { 51820 },
	.first = BYTES("\x01\x02\x03\x04T"),
	.min = TRANSPORT_MIN,
	.match = wireguard_match,
};
