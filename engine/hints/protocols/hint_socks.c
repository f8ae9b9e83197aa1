/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_socks.c - SOCKS 4, 4a and 5 (RFC 1928). Their openings are a few
 * bytes, so both sides must fit. The host is the one that the client asks
 * for; if it asks for an address, the one in what it sends there.
 */
#include "engine/hints/text.h"

#define CONNECT 1
#define BIND 2
#define ASSOCIATE 3
#define IPV4 1
#define DOMAIN 3
#define IPV6 4
#define METHOD_MAX 9
#define METHOD_PRIVATE 0x80
#define NONE_ACCEPTED 0xff
#define GRANTED 0x5a

/* What the client sends to the address, read from its own side alone. */
static enum hint_verdict read_payload(const struct hint_input *in,
				      struct cursor c, struct hint_yield *yield)
{
	if (!in->from_server)
		return text_tunnel(in, c, NULL, yield);
	yield->more = true;
	return HINT_YES;
}

/* 04, command, port, address, user, and with 0.0.0.x for an address a host. */
static enum hint_verdict read_request4(const struct hint_input *in,
				       struct cursor c,
				       struct hint_yield *yield)
{
	uint8_t command = cursor_u8(&c);
	uint16_t port = cursor_be16(&c);
	uint32_t address = cursor_be32(&c);
	const uint8_t *end;

	if (c.is_short)
		return HINT_MORE;
	if ((command != CONNECT && command != BIND) || port == 0)
		return HINT_NO;
	end = cursor_left(&c) > 0 ? memchr(c.at, 0, cursor_left(&c)) : NULL;
	if (end == NULL)
		return cursor_left(&c) > 255 ? HINT_NO : HINT_MORE;
	cursor_skip(&c, (size_t)(end - c.at) + 1);
	if (address == 0 || address > 255)
		return read_payload(in, c, yield);
	end = cursor_left(&c) > 0 ? memchr(c.at, 0, cursor_left(&c)) : NULL;
	if (end == NULL)
		return cursor_left(&c) > 255 ? HINT_NO : HINT_MORE;
	hint_yield_host(yield, c.at, (size_t)(end - c.at));
	return HINT_YES;
}

/* After the methods: perhaps a password, then the request. */
static void read_request5(const struct hint_input *in, struct cursor c,
			  struct hint_yield *yield)
{
	struct cursor name;
	uint8_t type;

	if (cursor_match(&c, "\x01", 1)) {
		cursor_skip(&c, cursor_u8(&c));
		cursor_skip(&c, cursor_u8(&c));
	}
	yield->more = true;
	if (cursor_u8(&c) != 5 || cursor_u8(&c) - 1u > ASSOCIATE - 1u ||
	    cursor_u8(&c) != 0) {
		yield->more = c.is_short;
		return;
	}
	type = cursor_u8(&c);
	if (type == DOMAIN) {
		name = cursor_take(&c, cursor_u8(&c));
		if (!name.is_short)
			hint_yield_host(yield, name.at, cursor_left(&name));
	} else if (type == IPV4 || type == IPV6) {
		cursor_skip(&c, (type == IPV4 ? 4 : 16) + 2);
		if (!c.is_short) {
			read_payload(in, c, yield);
			return;
		}
	}
	yield->more = c.is_short;
}

/* 05, how many methods, the methods. */
static enum hint_verdict read_methods(struct cursor *c)
{
	uint8_t count = cursor_u8(c);
	struct cursor methods = cursor_take(c, count);

	if (c->is_short)
		return count > 16 ? HINT_NO : HINT_MORE;
	if (count == 0 || count > 16)
		return HINT_NO;
	/* Assigned by IANA up to 9, private from 80 hex. */
	while (cursor_left(&methods) > 0) {
		uint8_t method = cursor_u8(&methods);

		if (method > METHOD_MAX && method < METHOD_PRIVATE)
			return HINT_NO;
	}
	return HINT_YES;
}

static enum hint_verdict match_client(const struct hint_input *in,
				      struct cursor c,
				      struct hint_yield *yield)
{
	uint8_t version = cursor_u8(&c);
	enum hint_verdict verdict;

	yield->app = version == 5 ? 0 : 1;
	if (version == 4)
		return read_request4(in, c, yield);
	if (version != 5)
		return HINT_NO;
	verdict = read_methods(&c);
	if (verdict == HINT_YES)
		read_request5(in, c, yield);
	return verdict;
}

static bool is_offered(struct cursor client, uint8_t method)
{
	struct cursor methods;

	cursor_skip(&client, 1);
	methods = cursor_take(&client, cursor_u8(&client));
	return cursor_left(&methods) > 0 &&
	       memchr(methods.at, method, cursor_left(&methods)) != NULL;
}

/* No method is accepted, or a request of version 4 is not granted. */
static bool is_refused(struct cursor c)
{
	uint8_t version = cursor_u8(&c);
	uint8_t reply = cursor_u8(&c);

	return version == 5 ? reply == NONE_ACCEPTED : reply > GRANTED;
}

static enum hint_verdict match_server(struct cursor c, struct cursor client)
{
	uint8_t version = client.at[0];
	uint8_t first = cursor_u8(&c);
	uint8_t second = cursor_u8(&c);

	if (c.is_short)
		return HINT_MORE;
	if (version == 5)
		return first == 5 && (second == NONE_ACCEPTED ||
				      is_offered(client, second)) ?
			HINT_YES : HINT_NO;
	/* granted, or refused for one of three reasons; eight bytes */
	if (first != 0 || second < GRANTED || second > 0x5d)
		return HINT_NO;
	return cursor_left(&c) >= 6 ? HINT_YES : HINT_MORE;
}

static enum hint_verdict socks_match(const struct hint_input *in,
				     struct hint_yield *yield)
{
	struct cursor client = in->from_server ? in->opposite : in->payload;
	struct cursor server = in->from_server ? in->payload : in->opposite;
	enum hint_verdict verdict;

	if (cursor_left(&client) == 0)
		return HINT_NO;		/* the client sends first */
	verdict = match_client(in, client, yield);
	if (verdict != HINT_YES)
		return verdict;
	if (cursor_left(&server) == 0)
		return HINT_MORE;
	if (is_refused(server))
		yield->more = false;
	return match_server(server, client);
}

const struct hint hint_socks = {
	.name = "socks5",
	.family = "proxy",
	.about = "SOCKS 5; the host that is asked for",
	.also = (const struct hint_app[]){
		{ "socks4", "proxy", "SOCKS 4 and 4a; the host of 4a" },
		{ 0 }
	},
	.transport = IPPROTO_TCP,
	.yields_host = true,
	.ports = { 1080, 9050 },
	.first = BYTES("\x05\x04\x00"),
	.match = socks_match,
};
