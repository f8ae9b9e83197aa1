/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_iec104.c - IEC 60870-5-104: the commands that start and test a
 * connection, which are six fixed bytes (5.3 of the standard), else a chain
 * of frames whose numbers go up. On the protocol's port one frame is enough
 * that acknowledges, or is as long as its objects.
 */
#include "engine/hints/hint.h"

#define START 0x68
#define LENGTH_MIN 4
#define LENGTH_MAX 253
#define TYPE_MAX 127
#define CAUSE_MAX 47
#define HEADER_LEN 10		/* numbers, type, count, cause, address */
#define PORT 2404

/* Bytes of an information object without its address, by type; 0: varies. */
static uint8_t object_len(uint8_t type)
{
	static const uint8_t lens[TYPE_MAX + 1] = {
		[1] = 1, [3] = 1, [5] = 2, [7] = 5, [9] = 3, [11] = 3, [13] = 5,
		[15] = 5, [20] = 5, [21] = 2, [30] = 8, [31] = 8, [32] = 9,
		[33] = 12, [34] = 10, [35] = 10, [36] = 12, [37] = 12,
		[45] = 1, [46] = 1, [47] = 1, [48] = 3, [49] = 3, [50] = 5,
		[51] = 4, [58] = 8, [59] = 8, [60] = 8, [61] = 10, [62] = 10,
		[63] = 12, [64] = 11, [70] = 1, [100] = 1, [101] = 1,
		[103] = 7, [105] = 1, [107] = 9,
	};

	return lens[type & TYPE_MAX];
}

/* Whether a frame of information is as long as its objects are, and has a
 * cause of transmission. */
static bool is_filled(struct cursor frame)
{
	uint8_t type, count, cause;
	size_t each, len = cursor_left(&frame);

	cursor_skip(&frame, 4);
	type = cursor_u8(&frame);
	count = cursor_u8(&frame);
	cause = cursor_u8(&frame) & 0x3f;
	each = object_len(type);
	if (frame.is_short || each == 0 || cause == 0 || cause > CAUSE_MAX)
		return false;
	if ((count & 0x80) != 0)	/* one address for all */
		return len == HEADER_LEN + 3 + (count & 0x7f) * each;
	return len == HEADER_LEN + count * (3 + each);
}

/* Start, stop and test, requested or confirmed. */
static bool is_command(struct cursor c, uint8_t first)
{
	uint32_t rest = cursor_be24(&c);

	return rest == 0 && (first == 0x07 || first == 0x0b || first == 0x13 ||
			     first == 0x23 || first == 0x43 || first == 0x83);
}

/* Information: number sent, number received, a type, how many. */
static bool is_information(struct cursor c, uint16_t *ret_sent)
{
	uint16_t sent = cursor_le16(&c);
	uint16_t received = cursor_le16(&c);
	uint8_t type = cursor_u8(&c);
	uint8_t count = cursor_u8(&c);

	*ret_sent = sent >> 1;
	return !c.is_short && (sent & 1) == 0 && (received & 1) == 0 &&
	       type >= 1 && type <= TYPE_MAX && (count & 0x7f) != 0;
}

static enum hint_verdict iec104_match(const struct hint_input *in,
				      struct hint_yield *yield)
{
	struct cursor c = in->payload;
	bool is_port = in->dport == PORT || in->sport == PORT;
	uint16_t sent, previous = 0;
	int count = 0;

	(void)yield;
	for (;;) {
		uint8_t start = cursor_u8(&c);
		uint8_t len = cursor_u8(&c);
		struct cursor frame = cursor_take(&c, len);
		uint8_t first;

		if (c.is_short)
			return start == START || start == 0 ?
				HINT_MORE : HINT_NO;
		if (start != START || len < LENGTH_MIN || len > LENGTH_MAX)
			return HINT_NO;
		first = frame.at[0];
		if (len == LENGTH_MIN) {
			cursor_skip(&frame, 1);
			if (is_command(frame, first))
				return HINT_YES;
			/* numbers received so far */
			if (first != 1 || frame.at[0] != 0 ||
			    (frame.at[1] & 1) != 0)
				return HINT_NO;
			if (is_port)
				return HINT_YES;
			continue;
		}
		if (!is_information(frame, &sent) ||
		    (count > 0 && sent != ((previous + 1) & 0x7fff)))
			return HINT_NO;
		previous = sent;
		if (++count == 2 || (is_port && is_filled(frame)))
			return HINT_YES;
	}
}

const struct hint hint_iec104 = {
	.name = "iec104",
	.family = "industrial",
	.about = "IEC 60870-5-104: power grids",
	.transport = IPPROTO_TCP,
	.ports = { 2404 },
	.first = BYTES("\x68"),
	.match = iec104_match,
};
