/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_dnp3.c - DNP3: a link frame whose checksums are right, that of the
 * header and that of the first block (IEEE 1815, 9.2).
 */
#include "engine/hints/hint.h"

#define HEADER_LEN 8
#define LENGTH_MIN 5
#define BLOCK_MAX 16
#define POLYNOMIAL 0xa6bc	/* reflected */

static uint16_t checksum(const uint8_t *bytes, size_t len)
{
	uint16_t crc = 0;

	for (size_t i = 0; i < len; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? (uint16_t)(crc >> 1 ^ POLYNOMIAL) :
					crc >> 1;
	}
	return (uint16_t)~crc;
}

/* Behind `bytes`, which are NULL when they have not come. */
static enum hint_verdict match_checksum(struct cursor *c, const uint8_t *bytes,
					size_t len)
{
	uint16_t wanted = cursor_le16(c);

	if (c->is_short)
		return HINT_MORE;
	return wanted == checksum(bytes, len) ? HINT_YES : HINT_NO;
}

static enum hint_verdict dnp3_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	struct cursor c = in->payload;
	const uint8_t *header;
	enum hint_verdict verdict;

	(void)yield;
	if (cursor_left(&c) >= 2 && c.at[1] != 0x64)
		return HINT_NO;
	header = cursor_bytes(&c, HEADER_LEN);
	if (header == NULL)
		return in->transport == IPPROTO_TCP ? HINT_MORE : HINT_NO;
	if (header[2] < LENGTH_MIN)
		return HINT_NO;
	verdict = match_checksum(&c, header, HEADER_LEN);
	if (verdict == HINT_YES && header[2] > LENGTH_MIN) {
		size_t len = header[2] - LENGTH_MIN;

		if (len > BLOCK_MAX)
			len = BLOCK_MAX;
		verdict = match_checksum(&c, cursor_bytes(&c, len), len);
	}
	return verdict == HINT_MORE && in->transport != IPPROTO_TCP ?
		HINT_NO : verdict;
}

const struct hint hint_dnp3_tcp = {
	.name = "dnp3",
	.family = "industrial",
	.about = "DNP3",
	.transport = IPPROTO_TCP,
	.ports = { 20000 },
	.first = BYTES("\x05"),
	.match = dnp3_match,
};

const struct hint hint_dnp3_udp = {
	.name = "dnp3",
	.family = "industrial",
	.about = "DNP3",
	.transport = IPPROTO_UDP,
	.ports = { 20000 },
	.first = BYTES("\x05"),
	.min = HEADER_LEN + 2,
	.match = dnp3_match,
};
