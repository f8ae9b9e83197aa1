/*
 * hint_s7comm.c - Siemens S7 and S7-plus: data of ISO's transport on TCP
 * (RFC 1006, 6; RFC 905, 13.7) that begins with S7's own byte. The connection
 * request before it is passed over.
 */
#include "engine/hints/hint.h"

#define TPKT 3
#define DATA 0xf0
#define REQUEST 0xe0
#define CONFIRM 0xd0
#define S7 0x32
#define S7_PLUS 0x72

static enum hint_verdict match_data(struct cursor c)
{
	uint8_t protocol, kind;

	if (cursor_u8(&c) >> 7 != 1)	/* the last part of a message */
		return HINT_NO;
	protocol = cursor_u8(&c);
	kind = cursor_u8(&c);
	if (c.is_short)
		return HINT_NO;
	if (protocol == S7)		/* job, ack, answer, user data */
		return kind >= 1 && (kind <= 3 || kind == 7) ?
			HINT_YES : HINT_NO;
	/* connect, data, data with integrity */
	return protocol == S7_PLUS && (kind <= 3 || kind == 0xfe) ?
		HINT_YES : HINT_NO;
}

static enum hint_verdict s7comm_match(const struct hint_input *in,
				      struct hint_yield *yield)
{
	struct cursor c = in->payload;

	(void)yield;
	for (;;) {
		uint8_t version = cursor_u8(&c);
		uint8_t reserved = cursor_u8(&c);
		uint16_t len = cursor_be16(&c);
		uint8_t header_len = cursor_u8(&c);
		uint8_t type = cursor_u8(&c);

		if (c.is_short)
			return HINT_MORE;
		if (version != TPKT || reserved != 0 || len < 7)
			return HINT_NO;
		if (cursor_left(&c) < len - 6u)
			return HINT_MORE;
		if (type == DATA)
			return header_len == 2 ? match_data(c) : HINT_NO;
		if ((type != REQUEST && type != CONFIRM) ||
		    header_len != len - 5)
			return HINT_NO;
		cursor_skip(&c, len - 6u);
	}
}

const struct hint hint_s7comm = {
	.name = "s7comm",
	.family = "industrial",
	.about = "Siemens S7 and S7-plus",
	.transport = IPPROTO_TCP,
	.ports = { 102 },
	.first = BYTES("\x03"),
	.match = s7comm_match,
};
