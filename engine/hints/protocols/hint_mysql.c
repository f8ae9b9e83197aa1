/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_mysql.c - MySQL and MariaDB: the server's greeting, packet 0 of the
 * connection, or the error in its place; the client's login, packet 1, or its
 * request for TLS, after which a ClientHello names the server ("MySQL
 * Client/Server Protocol", Connection Phase).
 */
#include "engine/hints/text.h"

#define PROTOCOL 10
#define VERSION_MAX 96
/* thread, first part of the salt, a zero, capabilities */
#define AFTER_VERSION (4 + 8 + 1 + 2)
#define ERROR 0xff
#define ERROR_MIN 1000
#define ERROR_MAX 5000
#define ERROR_LEN_MAX 512
#define ERROR_TEXT_MIN 16
#define CLIENT_PROTOCOL_41 0x0200
#define CLIENT_SSL 0x0800
#define SSL_REQUEST_LEN 32
#define ZEROS 19	/* MariaDB has flags in the last four of 23 */
#define LOGIN_LEN_MAX (UINT32_C(1) << 16)

/* A packet's header: its length, three bytes, and its number. */
static uint32_t read_header(struct cursor *c, uint8_t *ret_number)
{
	uint32_t len = cursor_le16(c);

	len |= (uint32_t)cursor_u8(c) << 16;
	*ret_number = cursor_u8(c);
	return len;
}

/* "Host 'x' is not allowed to connect", behind a code of two bytes. */
static enum hint_verdict match_error(struct cursor c, uint32_t len)
{
	uint16_t code = cursor_le16(&c);

	if (c.is_short)
		return HINT_MORE;
	if (code < ERROR_MIN || code > ERROR_MAX || len > ERROR_LEN_MAX ||
	    cursor_left(&c) > len - 3 || !text_is_plain(c))
		return HINT_NO;
	return cursor_left(&c) >= ERROR_TEXT_MIN ? HINT_YES : HINT_MORE;
}

static enum hint_verdict match_greeting(struct cursor c, uint32_t len,
					struct hint_yield *yield)
{
	size_t digits = 0;

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
	if (c.is_short)
		return HINT_MORE;
	yield->more = (cursor_le16(&c) & CLIENT_SSL) != 0 || c.is_short;
	return HINT_YES;
}

static enum hint_verdict match_server(struct cursor c, uint32_t len,
				      struct hint_yield *yield)
{
	uint8_t protocol = cursor_u8(&c);

	if (c.is_short)
		return HINT_MORE;
	if (protocol == ERROR)
		return match_error(c, len);
	return protocol == PROTOCOL ? match_greeting(c, len, yield) : HINT_NO;
}

/* Capabilities, the longest packet, a character set, zeros. */
static enum hint_verdict match_client(const struct hint_input *in,
				      struct cursor c, uint32_t len,
				      struct hint_yield *yield)
{
	static const uint8_t zeros[ZEROS];
	uint32_t capabilities = cursor_le32(&c);
	const uint8_t *reserved;

	cursor_skip(&c, 4 + 1);
	reserved = cursor_bytes(&c, ZEROS);
	cursor_skip(&c, 4);
	if (c.is_short)
		return HINT_MORE;
	if (memcmp(reserved, zeros, ZEROS) != 0 ||
	    (capabilities & CLIENT_PROTOCOL_41) == 0)
		return HINT_NO;
	if (len == SSL_REQUEST_LEN && (capabilities & CLIENT_SSL) != 0)
		return text_starttls(in, c, yield);
	return len > SSL_REQUEST_LEN ? HINT_YES : HINT_NO;
}

static enum hint_verdict mysql_match(const struct hint_input *in,
				     struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint8_t number;
	uint32_t len = read_header(&c, &number);

	if (c.is_short)
		return HINT_MORE;
	if (number == 0 && len >= 10 && len <= 1024)
		return match_server(c, len, yield);
	if (number == 1 && len >= SSL_REQUEST_LEN && len < LOGIN_LEN_MAX)
		return match_client(in, c, len, yield);
	return HINT_NO;
}

const struct hint hint_mysql = {
	.name = "mysql",
	.family = "database",
	.about = "MySQL and MariaDB; the server name where TLS follows",
	.transport = IPPROTO_TCP,
	.yields_host = true,
	.ports = { 3306 },
	.match = mysql_match,
};
