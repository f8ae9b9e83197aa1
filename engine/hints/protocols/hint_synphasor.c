/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_synphasor.c - IEEE C37.118: a synchronization word with the frame's
 * type and version, a length and, at its end, a checksum (6.2 of the
 * standard). A frame with another checksum counts when a second one follows.
 */
#include "engine/hints/hint.h"

#define SYNC 0xaa
#define TYPE_MAX 5
#define FRAME_MIN 16
#define CRC_LEN 2

/* CRC-CCITT: x^16 + x^12 + x^5 + 1, all ones at first. */
static uint16_t checksum(struct cursor c)
{
	uint16_t crc = UINT16_MAX;

	while (cursor_left(&c) > 0) {
		crc ^= (uint16_t)(cursor_u8(&c) << 8);
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc << 1 ^
					 ((crc & 0x8000) != 0 ? 0x1021 : 0));
	}
	return crc;
}

/* Read a frame's header and skip the frame. */
static enum hint_verdict read_frame(struct cursor *c, struct cursor *ret_frame)
{
	struct cursor header = *c;
	uint8_t sync = cursor_u8(&header);
	uint8_t type = cursor_u8(&header);
	uint16_t len = cursor_be16(&header);

	if (sync != SYNC)
		return HINT_NO;
	if (cursor_left(c) >= 2 && (type >> 4 > TYPE_MAX || (type & 15) == 0 ||
				    (type & 15) > 2))
		return HINT_NO;
	if (header.is_short)
		return HINT_MORE;
	if (len < FRAME_MIN)
		return HINT_NO;
	*ret_frame = cursor_take(c, len);
	return ret_frame->is_short ? HINT_MORE : HINT_YES;
}

static bool is_intact(struct cursor frame)
{
	struct cursor crc = frame;

	frame.end -= CRC_LEN;
	crc.at = frame.end;
	return cursor_be16(&crc) == checksum(frame);
}

/* Whether a second frame begins here, complete or not. */
static bool is_frame(struct cursor c)
{
	struct cursor frame;

	return cursor_left(&c) >= FRAME_MIN &&
	       read_frame(&c, &frame) != HINT_NO;
}

static enum hint_verdict tcp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor c = in->payload, frame;
	enum hint_verdict verdict = read_frame(&c, &frame);

	(void)yield;
	if (verdict != HINT_YES)
		return verdict;
	if (is_intact(frame) || is_frame(c) ||
	    is_frame(in->opposite))
		return HINT_YES;
	return cursor_left(&c) >= FRAME_MIN ? HINT_NO : HINT_MORE;
}

static enum hint_verdict udp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor c = in->payload, frame, earlier = in->earlier, datagram;
	bool from_server;

	(void)yield;
	if (read_frame(&c, &frame) != HINT_YES || cursor_left(&c) != 0)
		return HINT_NO;
	if (is_intact(frame))
		return HINT_YES;
	while (hint_earlier_next(&earlier, &from_server, &datagram))
		if (is_frame(datagram))
			return HINT_YES;
	return HINT_MORE;
}

#define ABOUT "IEEE C37.118: phasors of power grids"

const struct hint hint_synphasor_tcp = {
	.name = "synphasor",
	.family = "industrial",
	.about = ABOUT,
	.transport = IPPROTO_TCP,
	.ports = { 4712 },
	.first = BYTES("\xaa"),
	.match = tcp_match,
};

const struct hint hint_synphasor_udp = {
	.name = "synphasor",
	.family = "industrial",
	.about = ABOUT,
	.transport = IPPROTO_UDP,
	.ports = { 4713 },
	.first = BYTES("\xaa"),
	.min = FRAME_MIN,
	.match = udp_match,
};
