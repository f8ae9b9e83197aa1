/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_tls.c - TLS and SSL 3 records, and the SSL 2 hello that old clients
 * begin with (RFC 8446, 5.1; RFC 5246, E.2).
 */
#include "engine/hints/client_hello.h"

enum record_type {
	CHANGE_CIPHER_SPEC = 20,
	ALERT = 21,
	HANDSHAKE = 22,
	APPLICATION_DATA = 23,
};

#define RECORD_MAX (16384 + 2048)	/* RFC 5246, 6.2.3 */
#define ENCRYPTED_MIN 17
#define CLIENT_HELLO 1
#define SERVER_HELLO 2
#define SERVER_HELLO_MIN (2 + 32 + 1 + 2 + 1)

struct record {
	uint8_t type;
	uint16_t version;
	uint16_t len;
};

/* A record's header, which is passed over; false when it is none. */
static bool read_record(struct cursor *c, struct record *ret)
{
	struct record r = {
		.type = cursor_u8(c),
		.version = cursor_be16(c),
		.len = cursor_be16(c),
	};

	if (c->is_short || r.type < CHANGE_CIPHER_SPEC ||
	    r.type > APPLICATION_DATA || r.version < 0x0300 ||
	    r.version > 0x0304 || r.len == 0 || r.len > RECORD_MAX)
		return false;
	if (r.type == CHANGE_CIPHER_SPEC && r.len != 1)
		return false;
	*ret = r;
	return true;
}

/* Whether what has come can still become a record's header. */
static bool may_be_record(struct cursor c)
{
	static const uint8_t min[] = { CHANGE_CIPHER_SPEC, 3, 0 };
	static const uint8_t max[] = { APPLICATION_DATA, 3, 4 };

	for (size_t i = 0; i < sizeof(min) && cursor_left(&c) > 0; i++) {
		uint8_t byte = cursor_u8(&c);

		if (byte < min[i] || byte > max[i])
			return false;
	}
	return true;
}

/* A hello in answer: the version follows the message's header. */
static bool is_server_hello(struct cursor c, size_t record_len)
{
	uint8_t type = cursor_u8(&c);
	uint32_t len = cursor_be24(&c);
	uint16_t version = cursor_be16(&c);

	return !c.is_short && type == SERVER_HELLO &&
	       len >= SERVER_HELLO_MIN && len <= RECORD_MAX &&
	       record_len >= SERVER_HELLO_MIN &&
	       version >= 0x0300 && version <= 0x0304;
}

static bool is_alert(struct cursor c, size_t record_len)
{
	uint8_t level = cursor_u8(&c);

	return record_len == 2 && cursor_left(&c) == 1 &&
	       (level == 1 || level == 2);
}

/* No cipher of TLS adds fewer bytes to what it carries. */
static bool is_encrypted(const struct record *r)
{
	return (r->type == ALERT || r->type == APPLICATION_DATA) &&
	       r->len >= ENCRYPTED_MIN && r->version >= 0x0301 &&
	       r->version <= 0x0303;
}

/*
 * Records of a connection whose beginning was not seen. A header proves
 * little; but a second one exactly where the first points to does, the other
 * side when it sends records, too, or encrypted data that ends where
 * the segment ends.
 */
static enum hint_verdict match_chain(const struct hint_input *in)
{
	struct cursor c = in->payload, other = in->opposite;
	struct record first, second;

	if (!read_record(&c, &first))
		return HINT_NO;
	if (cursor_left(&c) == first.len &&
	    (is_encrypted(&first) || read_record(&other, &second)))
		return HINT_YES;
	cursor_skip(&c, first.len);
	if (c.is_short || cursor_left(&c) == 0)
		return HINT_MORE;
	if (!may_be_record(c))
		return HINT_NO;
	if (cursor_left(&c) < 5)
		return HINT_MORE;
	return read_record(&c, &second) && second.version == first.version ?
		HINT_YES : HINT_NO;
}

/* RFC 5246, E.2; the bytes after the two of the length are the message. */
static enum hint_verdict match_ssl2(struct cursor c)
{
	uint16_t length = cursor_be16(&c) & 0x7fff;
	uint8_t message = cursor_u8(&c);
	uint16_t version = cursor_be16(&c);
	uint16_t suites = cursor_be16(&c);
	uint16_t session = cursor_be16(&c);
	uint16_t challenge = cursor_be16(&c);

	if (c.is_short)
		return HINT_MORE;
	if (message != 1 || (version != 0x0002 && version >> 8 != 3) ||
	    (version & 0xff) > 4)
		return HINT_NO;
	if (suites == 0 || suites % 3 != 0 ||
	    (session != 0 && session != 16) ||
	    challenge < 16 || challenge > 32)
		return HINT_NO;
	return length == 9 + suites + session + challenge ? HINT_YES : HINT_NO;
}

static enum hint_verdict tls_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor c = in->payload;
	enum hint_verdict verdict;
	struct record record;

	if (*c.at == 0x80)
		return match_ssl2(c);
	if (!may_be_record(c))
		return HINT_NO;
	verdict = client_hello_stream(c, in->scratch, yield);
	if (verdict != HINT_NO)
		return verdict;
	if (cursor_left(&c) < 5)
		return HINT_MORE;
	if (!read_record(&c, &record))
		return HINT_NO;
	if (record.type == HANDSHAKE && cursor_left(&c) > 0 &&
	    *c.at == CLIENT_HELLO)
		return HINT_NO;
	verdict = match_chain(in);
	if (record.type == HANDSHAKE && is_server_hello(c, record.len))
		verdict = HINT_YES;
	if (record.type == ALERT && is_alert(c, record.len))
		verdict = HINT_YES;
	/* The ClientHello, which names the host, may still come from the
	 * other side. */
	yield->more = verdict == HINT_YES;
	return verdict;
}

const struct hint hint_tls = {
	.name = "tls",
	.family = "web",
	.about = "TLS and SSL; the server name and ALPN of the ClientHello",
	.transport = IPPROTO_TCP,
	.yields_host = true,
	.yields_alpn = true,
	.ports = { 443, 8443, 853, 993, 995, 465, 990, 5061 },
	.first = BYTES("\x14\x15\x16\x17\x80"),
	.match = tls_match,
};
