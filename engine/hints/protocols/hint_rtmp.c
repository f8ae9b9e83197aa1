/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_rtmp.c - RTMP: the three parts of a client's handshake, then a chunk
 * that holds the command "connect" (Adobe's RTMP 1.0, 5.2 and 7.2.1.1). The
 * handshake alone is nearly random; a server's is matched by its echo.
 */
#include "engine/hints/hint.h"

#define VERSION 3
#define PART_LEN 1536
#define ECHO_AT 8	/* behind two times */
#define ECHO_LEN 32	/* of 1528 bytes: enough */
#define CHUNK_HEADER 12
#define COMMAND 20

static enum hint_verdict match_connect(struct cursor c)
{
	uint8_t type;

	cursor_skip(&c, 1 + 2 * PART_LEN);
	cursor_skip(&c, 7);
	type = cursor_u8(&c);
	cursor_skip(&c, 4);
	if (!c.is_short && type != COMMAND)
		return HINT_NO;
	if (c.is_short || cursor_left(&c) < 10)
		return HINT_MORE;
	return cursor_match(&c, "\x02\x00\x07" "connect", 10) ?
		HINT_YES : HINT_NO;
}

/* The server's second part repeats the client's first. */
static enum hint_verdict match_echo(struct cursor client, struct cursor server)
{
	const uint8_t *said, *echo;

	cursor_skip(&client, 1 + ECHO_AT);
	said = cursor_bytes(&client, ECHO_LEN);
	if (said == NULL || cursor_u8(&server) != VERSION)
		return HINT_NO;
	cursor_skip(&server, PART_LEN + ECHO_AT);
	echo = cursor_bytes(&server, ECHO_LEN);
	if (echo == NULL)
		return HINT_MORE;
	return memcmp(said, echo, ECHO_LEN) == 0 ? HINT_YES : HINT_NO;
}

static enum hint_verdict rtmp_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	struct cursor c = in->payload;

	(void)yield;
	if (in->from_server)
		return match_echo(in->opposite, c);
	/* Not one of ISO's packets on TCP, which begin so too (RFC 1006). */
	if (cursor_left(&c) >= 4 && c.at[1] == 0 &&
	    (size_t)(c.at[2] << 8 | c.at[3]) == cursor_left(&c))
		return HINT_NO;
	if (cursor_left(&c) > 1 + 2 * PART_LEN)
		return match_connect(c);
	return HINT_MORE;
}

const struct hint hint_rtmp = {
	.name = "rtmp",
	.family = "stream",
	.about = "RTMP: live video",
	.transport = IPPROTO_TCP,
	.ports = { 1935 },
	.first = BYTES("\x03"),
	.match = rtmp_match,
};
