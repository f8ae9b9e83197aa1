/*
 * hint_mysql.c - MySQL and MariaDB: the server's greeting, packet 0 of the
 * connection, with protocol 10 and a version that ends with a zero.
 */
#include "engine/hints/hint.h"

#define PROTOCOL 10
#define VERSION_MAX 96
/* thread, first part of the salt, a zero, capabilities */
#define AFTER_VERSION (4 + 8 + 1 + 2)

static enum hint_verdict mysql_match(const struct hint_input *in,
				     struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint32_t len = cursor_le16(&c);
	size_t digits = 0;

	(void)yield;
	len |= (uint32_t)cursor_u8(&c) << 16;
	if (c.is_short)
		return HINT_MORE;
	if (len < AFTER_VERSION + 4 || len > 1024)
		return HINT_NO;
	if (cursor_left(&c) < 3)
		return HINT_MORE;
	if (cursor_u8(&c) != 0 || cursor_u8(&c) != PROTOCOL)
		return HINT_NO;
	/* "8.0.36-0ubuntu", "5.5.5-10.11.6-MariaDB" */
	for (;; digits++) {
		uint8_t letter = cursor_u8(&c);

		if (c.is_short)
			return digits > VERSION_MAX ? HINT_NO : HINT_MORE;
		if (letter == 0)
			break;
		if (letter < ' ' || letter > '~' || digits > VERSION_MAX ||
		    (digits == 0 && (letter < '0' || letter > '9')))
			return HINT_NO;
	}
	if (digits < 3 || len < digits + AFTER_VERSION)
		return HINT_NO;
	cursor_skip(&c, 4 + 8);
	if (cursor_u8(&c) != 0)
		return HINT_NO;
	return c.is_short ? HINT_MORE : HINT_YES;
}

const struct hint hint_mysql = {
	.name = "mysql",
	.family = "database",
	.about = "MySQL and MariaDB, by the server's greeting",
	.transport = IPPROTO_TCP,
	.sides = HINT_SERVER,
	.ports = { 3306 },
	.match = mysql_match,
};
