/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_coap.c - CoAP over UDP: a request whose options name a host or a path,
 * or an answer that has the identifier of an earlier request (RFC 7252, 3).
 */
#include "engine/hints/text.h"

#define CODE_METHOD_MAX 7	/* iPATCH (RFC 8132) */
#define URI_HOST 3
#define URI_PATH 11
#define URI_QUERY 15
#define URI_CERTAIN 8		/* letters: less may be chance */
#define OPTION_MAX 2053
#define MARKER 0xff
#define TOKEN_MAX 8

struct message {
	uint8_t type;
	uint8_t code;
	uint16_t id;
	size_t uri_len;
};

/* A nibble of 13 or 14: one or two more bytes follow. */
static uint32_t read_extended(struct cursor *c, uint8_t nibble)
{
	if (nibble == 13)
		return 13u + cursor_u8(c);
	if (nibble == 14)
		return 269u + cursor_be16(c);
	return nibble;
}

static bool read_options(struct cursor *c, struct message *m,
			 struct hint_yield *yield)
{
	uint32_t number = 0;

	while (cursor_left(c) > 0) {
		uint8_t first = cursor_u8(c);
		struct cursor value;

		if (first == MARKER)
			return cursor_left(c) > 0;
		if (first >> 4 == 15 || (first & 15) == 15)
			return false;
		number += read_extended(c, first >> 4);
		value = cursor_take(c, read_extended(c, first & 15));
		if (c->is_short || number == 0 || number > OPTION_MAX)
			return false;
		if (number != URI_HOST && number != URI_PATH &&
		    number != URI_QUERY)
			continue;
		if (!text_is_plain(value))
			return false;
		m->uri_len += cursor_left(&value);
		if (number == URI_HOST && yield != NULL)
			hint_yield_host(yield, value.at, cursor_left(&value));
	}
	return true;
}

static bool read_message(struct cursor c, struct message *m,
			 struct hint_yield *yield)
{
	uint8_t first = cursor_u8(&c);
	uint8_t token_len = first & 15;

	m->type = first >> 4 & 3;
	m->code = cursor_u8(&c);
	m->id = cursor_be16(&c);
	m->uri_len = 0;
	cursor_skip(&c, token_len);
	if (c.is_short || first >> 6 != 1 || token_len > TOKEN_MAX)
		return false;
	return read_options(&c, m, yield);
}

static bool is_request(const struct message *m)
{
	return m->code >= 1 && m->code <= CODE_METHOD_MAX;
}

static bool is_response(const struct message *m)
{
	uint8_t class = m->code >> 5;

	return m->code == 0 || class == 2 || class == 4 || class == 5;
}

/* A request and its answer, or two requests that name something. */
static bool is_exchange(const struct message *a, const struct message *b,
			bool is_opposite)
{
	if (is_request(a) && is_request(b))
		return !is_opposite && a->uri_len > 0 && b->uri_len > 0;
	return is_opposite && a->id == b->id &&
	       (is_request(a) ? is_response(b) : is_request(b));
}

static enum hint_verdict coap_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	struct cursor earlier = in->earlier, datagram;
	struct message m, other;
	bool from_server;

	if (!read_message(in->payload, &m, yield))
		return HINT_NO;
	if (is_request(&m) && m.uri_len >= URI_CERTAIN && m.type <= 1)
		return HINT_YES;
	if (!is_request(&m) && !is_response(&m))
		return HINT_NO;
	while (hint_earlier_next(&earlier, &from_server, &datagram))
		if (read_message(datagram, &other, NULL) &&
		    is_exchange(&m, &other, from_server != in->from_server))
			return HINT_YES;
	return HINT_MORE;
}

const struct hint hint_coap = {
	.name = "coap",
	.family = "infra",
	.about = "CoAP; the host where a request has one",
	.transport = IPPROTO_UDP,
	.yields_host = true,
	.ports = { 5683 },
	.first = BYTES("\x40\x41\x42\x43\x44\x45\x46\x47\x48"
		       "\x50\x51\x52\x53\x54\x55\x56\x57\x58"
		       "\x60\x61\x62\x63\x64\x65\x66\x67\x68"
		       "\x70\x71\x72\x73\x74\x75\x76\x77\x78"),
	.min = 4,
	.match = coap_match,
};
