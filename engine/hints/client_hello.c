/* SPDX-License-Identifier: GPL-2.0-or-later */
/* client_hello.c - the server name, ALPN and ECH of a ClientHello (RFC 8446,
 * 4.1.2; RFC 6066, 3; RFC 7301; RFC 9849, 5). */
#include "engine/hints/client_hello.h"

#define RECORD_HANDSHAKE 22
#define RECORD_HEADER 5
#define RECORD_MAX (16384 + 256)	/* RFC 8446, 5.2 */
#define CLIENT_HELLO 1
#define MESSAGE_HEADER 4
/* Version, random, empty session id, one cipher suite, one compression. */
#define BODY_MIN (2 + 32 + 1 + 2 + 2 + 1 + 1)
#define EXTENSION_SERVER_NAME 0
#define EXTENSION_ALPN 16
#define EXTENSION_ECH 0xfe0d
#define ECH_OUTER 0
#define NAME_TYPE_HOST 0

/* A vector whose length comes first, in `width` bytes. */
static struct cursor vector(struct cursor *c, int width)
{
	size_t len = width == 1 ? cursor_u8(c) : cursor_be16(c);

	return cursor_take(c, len);
}

static void read_server_name(struct cursor extension, struct hint_yield *yield)
{
	struct cursor list = vector(&extension, 2);

	while (!list.is_short && cursor_left(&list) > 0) {
		uint8_t type = cursor_u8(&list);
		struct cursor name = vector(&list, 2);

		if (list.is_short || type != NAME_TYPE_HOST)
			continue;
		hint_yield_host(yield, name.at, cursor_left(&name));
		return;
	}
}

static void read_alpn(struct cursor extension, struct hint_yield *yield)
{
	struct cursor list = vector(&extension, 2);

	while (!list.is_short && cursor_left(&list) > 0) {
		struct cursor name = vector(&list, 1);

		if (!list.is_short)
			hint_yield_alpn(yield, name.at, cursor_left(&name));
	}
}

/* Type, cipher suite, config_id, ... (RFC 9849, 5). */
static void read_ech(struct cursor extension, struct hint_yield *yield)
{
	if (cursor_u8(&extension) != ECH_OUTER)
		return;
	cursor_skip(&extension, 4);
	yield->ech = true;
	yield->ech_config = cursor_u8(&extension);
}

/* What is cut off is left out, what is whole counts. */
static void read_extensions(struct cursor c, struct hint_yield *yield)
{
	while (cursor_left(&c) > 0) {
		uint16_t type = cursor_be16(&c);
		struct cursor extension = vector(&c, 2);

		if (c.is_short)
			return;
		if (type == EXTENSION_SERVER_NAME)
			read_server_name(extension, yield);
		else if (type == EXTENSION_ALPN)
			read_alpn(extension, yield);
		else if (type == EXTENSION_ECH && cursor_left(&extension) > 0)
			read_ech(extension, yield);
	}
}

static bool is_version(uint16_t version, bool dtls)
{
	if (dtls)
		return version >> 8 == 0xfe || version == 0x0100;
	return version >= 0x0300 && version <= 0x0304;
}

/*
 * `body` is what has come of `len` bytes. From the version on the message is
 * believed, however what follows looks.
 */
static enum hint_verdict read_body(struct cursor body, size_t len, bool dtls,
				   struct hint_yield *yield)
{
	uint16_t version;

	if (len < BODY_MIN || len > UINT16_MAX)
		return HINT_NO;
	yield->more = cursor_left(&body) < len;
	if (!yield->more)
		yield->hello = body;
	version = cursor_be16(&body);
	if (body.is_short)
		return HINT_MORE;
	if (!is_version(version, dtls))
		return HINT_NO;

	cursor_skip(&body, 32);
	vector(&body, 1);		/* session id */
	if (dtls)
		vector(&body, 1);	/* cookie */
	vector(&body, 2);		/* cipher suites */
	vector(&body, 1);		/* compression methods */
	cursor_skip(&body, 2);		/* length of all extensions */
	read_extensions(body, yield);
	if (!yield->more)
		yield->hello_kind = dtls ? HELLO_DTLS : HELLO_TLS;
	return HINT_YES;
}

static struct cursor at_most(struct cursor c, size_t len)
{
	if (cursor_left(&c) > len)
		c.end = c.at + len;
	return c;
}

enum hint_verdict client_hello_message(struct cursor message,
				       struct hint_yield *yield)
{
	uint8_t type = cursor_u8(&message);
	uint32_t len;

	if (message.is_short)
		return HINT_MORE;
	if (type != CLIENT_HELLO)
		return HINT_NO;
	len = cursor_be24(&message);
	if (message.is_short)
		return HINT_MORE;
	return read_body(at_most(message, len), len, false, yield);
}

enum hint_verdict client_hello_dtls(struct cursor body, size_t len,
				    struct hint_yield *yield)
{
	return read_body(at_most(body, len), len, true, yield);
}

/*
 * The handshake bytes of the records that `stream` begins with. *ret_open:
 * whether there may be more of them. Nothing is copied when one record holds
 * all of the message, or all that has come of it.
 */
static struct cursor join(struct cursor stream, uint8_t *scratch,
			  bool *ret_open)
{
	struct cursor first = { 0 };
	size_t joined = 0;

	for (int record = 0;; record++) {
		struct cursor part = stream;
		uint8_t type = cursor_u8(&part);
		uint16_t version = cursor_be16(&part);
		uint16_t len = cursor_be16(&part);

		*ret_open = part.is_short;
		if (part.is_short || type != RECORD_HANDSHAKE ||
		    version >> 8 != 3 || (version & 0xff) > 4 || len == 0 ||
		    len > RECORD_MAX)
			break;
		stream = part;
		part = at_most(part, len);
		*ret_open = cursor_left(&part) < len;
		if (record == 0)
			first = part;
		if (cursor_left(&part) > HINT_SCRATCH - joined)
			break;
		if (cursor_left(&part) > 0)
			memcpy(scratch + joined, part.at, cursor_left(&part));
		joined += cursor_left(&part);
		cursor_skip(&stream, len);
		if (*ret_open)
			break;
	}
	if (joined == cursor_left(&first))
		return first;
	return cursor_of(scratch, joined);
}

enum hint_verdict client_hello_stream(struct cursor stream, uint8_t *scratch,
				      struct hint_yield *yield)
{
	struct hint_yield found = { 0 };
	enum hint_verdict verdict;
	bool open;
	struct cursor message = join(stream, scratch, &open);

	verdict = client_hello_message(message, &found);
	if (verdict == HINT_MORE && !open)
		return HINT_NO;
	if (verdict != HINT_YES)
		return verdict;
	if (!open)
		found.more = false;	/* records of another kind follow */
	*yield = found;
	return HINT_YES;
}
