/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_haproxy.c - the PROXY protocol, version 1 in a line and version 2 in
 * binary ("The PROXY protocol", HAProxy Technologies, 2 to 2.2), and the host
 * in what the client sends behind it.
 */
#include "engine/hints/text.h"

#define LINE_LEN_MAX 107	/* its section 2.1 */
#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define SIGNATURE_LEN 12
#define VERSION_2 2

/* "PROXY TCP4 192.0.2.9 198.51.100.7 40000 443" */
static enum hint_verdict read_line(struct cursor *c)
{
	static const char *const beginnings[] = {
		"PROXY TCP4 ", "PROXY TCP6 ", "PROXY UNKNOWN", NULL
	};
	struct cursor line = *c, first = *c;
	enum hint_verdict verdict = text_begins_any(&first, beginnings);

	if (verdict != HINT_YES)
		return verdict;
	if (!text_line(c, &line))
		return cursor_left(c) <= LINE_LEN_MAX && text_is_plain(*c) ?
			HINT_MORE : HINT_NO;
	return cursor_left(&line) <= LINE_LEN_MAX && text_is_plain(line) ?
		HINT_YES : HINT_NO;
}

/* Version and command, family and protocol, the length of what follows. */
static enum hint_verdict read_binary(struct cursor *c)
{
	size_t left = cursor_left(c);
	uint8_t command;

	if (memcmp(c->at, SIGNATURE,
		   left < SIGNATURE_LEN ? left : SIGNATURE_LEN) != 0)
		return HINT_NO;
	cursor_skip(c, SIGNATURE_LEN);
	command = cursor_u8(c);
	cursor_skip(c, 1);
	if (!c->is_short && (command >> 4 != VERSION_2 || (command & 15) > 1))
		return HINT_NO;
	cursor_skip(c, cursor_be16(c));
	return c->is_short ? HINT_MORE : HINT_YES;
}

static enum hint_verdict haproxy_match(const struct hint_input *in,
				       struct hint_yield *yield)
{
	struct cursor c = in->payload;
	enum hint_verdict verdict;

	verdict = *c.at == '\r' ? read_binary(&c) : read_line(&c);
	return verdict == HINT_YES ? text_tunnel(in, c, NULL, yield) : verdict;
}

const struct hint hint_haproxy = {
	.name = "haproxy",
	.family = "infra",
	.about = "the PROXY protocol; the host of what it carries",
	.transport = IPPROTO_TCP,
	.sides = HINT_CLIENT,
	.yields_host = true,
	.first = BYTES("P\r"),
	.match = haproxy_match,
};
