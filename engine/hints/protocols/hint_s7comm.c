/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_s7comm.c - ISO's transport on TCP (RFC 1006, 6; RFC 905, 13) and what
 * it carries: Siemens S7 and S7-plus begin with a byte of theirs, MMS with a
 * session (ISO 8327) whose presentation names it. The connection request
 * decides nothing: RDP begins with one, too.
 */
#include "engine/hints/hint.h"

#define TPKT 3
#define DATA 0xf0
#define REQUEST 0xe0
#define CONFIRM 0xd0
#define DISCONNECT 0x80
#define S7 0x32
#define S7_PLUS 0x72
#define SESSION_CONNECT 0x0d
#define SESSION_ACCEPT 0x0e
#define SESSION_LEN_MAX 512
/* 1.0.9506.2: the first arcs of MMS (ISO 9506). */
#define MMS_OBJECT "\x28\xca\x22\x02"
/* Give tokens, data; user data of the presentation. */
#define SESSION_DATA "\1\0\1\0\x61"

enum { MMS = 1, COTP };

/* Whether a session connects, or goes on; *ret_app what it carries. */
static bool is_session(struct cursor c, uint8_t *ret_app)
{
	static const char object[] = MMS_OBJECT;

	if (cursor_match(&c, SESSION_DATA, 5)) {
		*ret_app = COTP;
		return true;
	}
	if (cursor_left(&c) < 2 ||
	    (*c.at != SESSION_CONNECT && *c.at != SESSION_ACCEPT))
		return false;
	*ret_app = COTP;
	if (cursor_left(&c) > SESSION_LEN_MAX)
		c.end = c.at + SESSION_LEN_MAX;
	for (; cursor_left(&c) >= sizeof(object) - 1; c.at++)
		if (memcmp(c.at, object, sizeof(object) - 1) == 0)
			*ret_app = MMS;
	return true;
}

static enum hint_verdict match_data(struct cursor c, bool is_connected,
				    struct hint_yield *yield)
{
	uint8_t protocol, kind;

	if (cursor_u8(&c) >> 7 != 1)	/* the last part of a message */
		return HINT_NO;
	if (is_session(c, &yield->app))
		return is_connected || yield->app == MMS ? HINT_YES : HINT_NO;
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
	bool is_connected = false;

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
			return header_len == 2 ?
				match_data(c, is_connected, yield) : HINT_NO;
		if (type == DISCONNECT && is_connected) {
			yield->app = COTP;
			return HINT_YES;
		}
		if ((type != REQUEST && type != CONFIRM) ||
		    header_len != len - 5)
			return HINT_NO;
		cursor_skip(&c, len - 6u);
		is_connected = true;
	}
}

const struct hint hint_s7comm = {
	.name = "s7comm",
	.family = "industrial",
	.about = "Siemens S7 and S7-plus",
	.also = (const struct hint_app[]){
		[MMS - 1] = { "mms", "industrial", "MMS: IEC 61850" },
		[COTP - 1] = { "cotp", "infra", "ISO's transport on TCP" },
		[COTP] = { 0 },
	},
	.transport = IPPROTO_TCP,
	.ports = { 102 },
	.first = BYTES("\x03"),
	.match = s7comm_match,
};
