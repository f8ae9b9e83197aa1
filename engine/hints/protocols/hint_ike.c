/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_ike.c - IKE 1 and 2: a header with the length of the message
 * (RFC 7296, 3.1), on port 4500 behind four zeros (RFC 3948, 2.2).
 */
#include "engine/hints/hint.h"

#define HEADER_LEN 28
#define V1 0x10
#define V2 0x20
#define KEEPALIVE 0xff

/* Base, main, aggressive, informational, quick, new group; IKE 2's. */
static bool is_exchange(uint8_t version, uint8_t exchange)
{
	if (version == V1)
		return (exchange >= 1 && exchange <= 6) || exchange == 32 ||
		       exchange == 33;
	return exchange >= 34 && exchange <= 43;
}

static bool is_message(struct cursor c)
{
	size_t total = cursor_left(&c);
	uint64_t initiator = cursor_be64(&c);
	uint8_t version, exchange;
	uint32_t len;

	cursor_skip(&c, 8 + 1);
	version = cursor_u8(&c);
	exchange = cursor_u8(&c);
	cursor_skip(&c, 1 + 4);
	len = cursor_be32(&c);
	return !c.is_short && initiator != 0 &&
	       (version == V1 || version == V2) &&
	       is_exchange(version, exchange) && len == total;
}

static enum hint_verdict ike_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	(void)yield;
	return is_message(in->payload) ? HINT_YES : HINT_NO;
}

static enum hint_verdict natt_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	struct cursor c = in->payload;

	(void)yield;
	if (cursor_left(&c) == 1)
		return *c.at == KEEPALIVE ? HINT_MORE : HINT_NO;
	return cursor_match(&c, "\0\0\0\0", 4) && is_message(c) ? HINT_YES
								 : HINT_NO;
}

#define IKE_ABOUT "IKE: the keys of IPsec"

const struct hint hint_ike = {
	.name = "ike",
	.family = "vpn",
	.about = IKE_ABOUT,
	.transport = IPPROTO_UDP,
	.ports = { 500 },
	.tests = { { 17, 0xff, BYTES("\x10\x20") } },
	.min = HEADER_LEN,
	.match = ike_match,
};

const struct hint hint_ike_natt = {
	.name = "ike",
	.family = "vpn",
	.about = IKE_ABOUT,
	.transport = IPPROTO_UDP,
	.ports = { 4500 },
	.first = BYTES("\0\xff"),
	.match = natt_match,
};
