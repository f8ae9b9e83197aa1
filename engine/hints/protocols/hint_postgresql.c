/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_postgresql.c - PostgreSQL: the message that opens a connection, or the
 * request for encryption before it, after which a ClientHello names the server
 * ("Frontend/Backend Protocol", message formats).
 */
#include "engine/hints/text.h"

#define STARTUP_3 0x00030000
#define CANCEL 80877102
#define SSL 80877103
#define GSSAPI 80877104
#define STARTUP_MAX 10000	/* the server's own limit */

static enum hint_verdict postgresql_match(const struct hint_input *in,
					  struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint32_t len = cursor_be32(&c);
	uint32_t code = cursor_be32(&c);

	if (c.is_short)
		return cursor_left(&in->payload) >= 2 &&
		       in->payload.at[1] != 0 ? HINT_NO : HINT_MORE;
	if (code == SSL && len == 8)
		return text_starttls(in, c, yield);
	if (code == GSSAPI && len == 8) {
		struct cursor next = c;

		if (cursor_left(&next) < 8) {
			yield->more = true;
			return HINT_YES;
		}
		/* Refused, a client tries TLS. */
		if (cursor_be32(&next) == 8 && cursor_be32(&next) == SSL)
			return text_starttls(in, next, yield);
		return HINT_YES;
	}
	if (code == CANCEL && len == 16)
		return HINT_YES;
	/* 3.0 and 3.2; pairs of words, of which one is always there. */
	if (code >> 16 != STARTUP_3 >> 16 || (code & 0xffff) > 9999 ||
	    len < 9 || len > STARTUP_MAX)
		return HINT_NO;
	for (; cursor_left(&c) >= 5; c.at++)
		if (cursor_match(&c, "user", 5))
			return HINT_YES;
	return cursor_left(&in->payload) < len ? HINT_MORE : HINT_NO;
}

const struct hint hint_postgresql = {
	.name = "postgresql",
	.family = "database",
	.about = "PostgreSQL; the server name where TLS follows",
	.transport = IPPROTO_TCP,
	.sides = HINT_CLIENT,
	.yields_host = true,
	.ports = { 5432 },
	.first = BYTES("\0"),
	.match = postgresql_match,
};
