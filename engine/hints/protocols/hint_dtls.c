/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_dtls.c - DTLS 1.0 to 1.3 (RFC 6347, RFC 9147): records that fill the
 * datagram, and the server name of a ClientHello, which may come in fragments.
 */
#include "engine/hints/client_hello.h"

enum record_type {
	CHANGE_CIPHER_SPEC = 20,
	HANDSHAKE = 22,
	APPLICATION_DATA = 23,
	HEARTBEAT = 24,
};

#define RECORD_HEADER 13
#define CLIENT_HELLO 1
#define HELLO_MAX 8192u	/* half of the scratch notes what has come */
/* Epochs count handshakes (RFC 6347, 4.1); no flow lives to see many. */
#define EPOCH_MAX 16

struct fragment {
	uint8_t type;
	uint32_t len;		/* of the whole message */
	uint32_t offset;
	struct cursor data;
};

static bool is_version(uint16_t version)
{
	/* 1.0, 1.2, and what OpenSSL had before the RFC. */
	return version == 0xfeff || version == 0xfefd || version == 0x0100;
}

/* RFC 6347, 4.2.2 */
static bool read_fragment(struct cursor *c, struct fragment *ret)
{
	uint32_t len;

	ret->type = cursor_u8(c);
	ret->len = cursor_be24(c);
	cursor_skip(c, 2);
	ret->offset = cursor_be24(c);
	len = cursor_be24(c);
	ret->data = cursor_take(c, len);
	return !c->is_short && ret->offset <= ret->len &&
	       len <= ret->len - ret->offset;
}

struct record {
	uint8_t type;
	uint16_t epoch;
	struct cursor data;
};

static bool read_record(struct cursor *c, struct record *ret)
{
	uint16_t version, len;

	ret->type = cursor_u8(c);
	version = cursor_be16(c);
	ret->epoch = cursor_be16(c);
	cursor_skip(c, 6);
	len = cursor_be16(c);
	ret->data = cursor_take(c, len);
	return !c->is_short && ret->type >= CHANGE_CIPHER_SPEC &&
	       ret->type <= HEARTBEAT && is_version(version) &&
	       ret->epoch < EPOCH_MAX && len > 0;
}

struct hello {
	uint8_t *body;
	uint8_t *come;		/* a byte for each byte of the body */
	uint32_t len;		/* 0: none of it has come */
};

static void add_fragment(struct hello *hello, const struct fragment *f)
{
	size_t len = cursor_left(&f->data);

	if (f->type != CLIENT_HELLO || f->len > HELLO_MAX)
		return;
	/* With a cookie it comes once more, and is longer. */
	if (hello->len != f->len)
		memset(hello->come, 0, HELLO_MAX);
	hello->len = f->len;
	memcpy(hello->body + f->offset, f->data.at, len);
	memset(hello->come + f->offset, 1, len);
}

/* Whether the datagram is made of records, at least one, to its last byte. */
static bool read_datagram(struct cursor c, struct hello *hello)
{
	size_t count = 0;
	struct record record;
	struct fragment fragment;

	for (; cursor_left(&c) > 0; count++) {
		if (!read_record(&c, &record))
			return false;
		if (record.type != HANDSHAKE || record.epoch != 0)
			continue;
		if (!read_fragment(&record.data, &fragment))
			return false;
		add_fragment(hello, &fragment);
	}
	return count > 0;
}

static enum hint_verdict dtls_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	struct hello hello = { in->scratch, in->scratch + HELLO_MAX, 0 };
	struct cursor earlier = in->earlier, datagram;
	bool from_server;
	size_t n = 0;

	memset(hello.come, 0, HELLO_MAX);
	while (hint_earlier_next(&earlier, &from_server, &datagram))
		if (from_server == in->from_server)
			read_datagram(datagram, &hello);
	if (!read_datagram(in->payload, &hello))
		return HINT_NO;

	/* The side that names the host may still come. */
	yield->more = in->from_server;
	if (hello.len == 0)
		return HINT_YES;
	while (n < hello.len && hello.come[n] != 0)
		n++;
	if (client_hello_dtls(cursor_of(hello.body, n), hello.len, yield) ==
	    HINT_NO)
		yield->more = false;
	return HINT_YES;
}

const struct hint hint_dtls = {
	.name = "dtls",
	.about = "DTLS; the server name and ALPN of the ClientHello",
	.transport = IPPROTO_UDP,
	.yields_host = true,
	.yields_alpn = true,
	.ports = { 4433, 5684, 5349, 443, 5061, 853 },
	.first = BYTES("\x14\x15\x16\x17\x18"),
	.min = RECORD_HEADER + 1,
	.match = dtls_match,
};
