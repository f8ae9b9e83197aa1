/*
 * hint_iec104.c - IEC 60870-5-104: the commands that start and test a
 * connection, which are six fixed bytes (5.3 of the standard), else a chain
 * of frames whose numbers go up.
 */
#include "engine/hints/hint.h"

#define START 0x68
#define LENGTH_MIN 4
#define LENGTH_MAX 253
#define TYPE_MAX 127

/* Start, stop and test, each asked for or confirmed. */
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
			continue;
		}
		if (!is_information(frame, &sent) ||
		    (count > 0 && sent != ((previous + 1) & 0x7fff)))
			return HINT_NO;
		previous = sent;
		if (++count == 2)
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
