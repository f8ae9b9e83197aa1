/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_ethereum.c - how Ethereum's nodes find each other: a hash, a signature,
 * a type and a list with a time, which fills the datagram (devp2p, "Node
 * Discovery Protocol v4").
 */
#include "engine/hints/hint.h"

#define HASH_LEN 32
#define SIGNATURE_LEN 64	/* and a byte that is 0 or 1 */
#define TYPE_MAX 5		/* those that end at some time */
#define STRING 0x80
#define LONG_STRING 0xb7
#define TIME_LEN 4
#define TIME_MIN 0x55000000	/* 2015 */
#define TIME_MAX 0x90000000	/* 2046 */
#define LIST 0xc0
#define LONG_LIST 0xf7

/* The length of an RLP list, whose head is passed over; 0 for another. */
static size_t read_list(struct cursor *c)
{
	uint8_t head = cursor_u8(c);
	size_t len = 0;

	if (head < LIST)
		return 0;
	if (head <= LONG_LIST)
		return (size_t)head - LIST;
	for (uint8_t i = LONG_LIST; i < head && i < LONG_LIST + 3; i++)
		len = len << 8 | cursor_u8(c);
	return len;
}

/* Items that fill the list; one is a time until which the message counts. */
static bool has_time(struct cursor c)
{
	bool has = false;

	while (cursor_left(&c) > 0) {
		uint8_t head = cursor_u8(&c);
		size_t len = 0;

		if (head == TIME_LEN + STRING) {
			uint32_t time = cursor_be32(&c);

			has |= time > TIME_MIN && time < TIME_MAX;
			continue;
		}
		if (head >= LIST) {
			c.at--;
			len = read_list(&c);
		} else if (head > LONG_STRING) {
			len = head == LONG_STRING + 1 ? cursor_u8(&c) :
							cursor_be16(&c);
		} else if (head > STRING) {
			len = (size_t)head - STRING;
		}
		cursor_skip(&c, len);
	}
	return has && !c.is_short;
}

static enum hint_verdict ethereum_match(const struct hint_input *in,
					struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint8_t recovery, type;
	size_t len;

	(void)yield;
	cursor_skip(&c, HASH_LEN + SIGNATURE_LEN);
	recovery = cursor_u8(&c);
	type = cursor_u8(&c);
	len = read_list(&c);
	if (c.is_short || recovery > 1 || type == 0 || type > TYPE_MAX)
		return HINT_NO;
	return len == cursor_left(&c) && has_time(c) ? HINT_YES : HINT_NO;
}

const struct hint hint_ethereum = {
	.name = "ethereum",
	.family = "p2p",
	.about = "Ethereum's discovery of nodes",
	.transport = IPPROTO_UDP,
	.ports = { 30303 },
	.tests = { { HASH_LEN + SIGNATURE_LEN, 0xff, BYTES("\0\1") } },
	.min = HASH_LEN + SIGNATURE_LEN + 2,
	.match = ethereum_match,
};
