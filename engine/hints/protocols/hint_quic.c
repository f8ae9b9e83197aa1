/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_quic.c - QUIC (RFC 9000, 9369) and its drafts: the ClientHello in the
 * client's Initial packets, whose CRYPTO frames may be spread over datagrams
 * in any order; the first server packets, and Version Negotiation.
 */
#include "engine/hints/client_hello.h"
#include "engine/hints/gquic.h"
#include "engine/hints/quic_initial.h"

enum frame {			/* RFC 9000, 19 */
	FRAME_PADDING = 0x00,
	FRAME_PING = 0x01,
	FRAME_ACK = 0x02,
	FRAME_ACK_ECN = 0x03,
	FRAME_CRYPTO = 0x06,
	FRAME_CRYPTO_T05X = 0x08,	/* STREAM elsewhere, and not here */
	FRAME_CLOSE = 0x1c,
};

#define CLIENT_MIN 1200	/* of an Initial's datagram (RFC 9000, 14.1) */
#define VERSION_Q050 0x51303530u

/* The scratch: the CRYPTO stream, a bit for each byte of it that has come, and
 * the packet that is being opened. */
#define CRYPTO_MAX 16384u
#define PLAIN_AT (CRYPTO_MAX + CRYPTO_MAX / 8)
#define PLAIN_MAX (HINT_SCRATCH - PLAIN_AT)

struct crypto {
	uint8_t *stream;
	uint8_t *come;
	size_t come_bytes;		/* of `come`, so far; none has come
					 * behind them */
	uint8_t *plain;
	struct quic_keys keys;
	struct cursor dcid;		/* that opened the latest; else of the
					 * client's first packet */
	bool is_open;			/* an Initial could be opened */
	bool has_other;			/* there were packets that are none */
	struct cursor chlo;		/* Google's own hello, with Q050 */
};

static void crypto_init(struct crypto *crypto, uint8_t *scratch)
{
	*crypto = (struct crypto){
		.stream = scratch,
		.come = scratch + CRYPTO_MAX,
		.plain = scratch + PLAIN_AT,
	};
}

/* Let `come` have a bit for each byte before `end`. */
static void extend_come(struct crypto *crypto, size_t end)
{
	size_t bytes = (end + 7) / 8;

	if (bytes <= crypto->come_bytes)
		return;
	memset(crypto->come + crypto->come_bytes, 0,
	       bytes - crypto->come_bytes);
	crypto->come_bytes = bytes;
}

static void crypto_add(struct crypto *crypto, uint64_t offset,
		       struct cursor data)
{
	size_t len = cursor_left(&data), at = (size_t)offset;

	if (offset >= CRYPTO_MAX)
		return;
	if (len > CRYPTO_MAX - at)
		len = CRYPTO_MAX - at;
	extend_come(crypto, at + len);
	memcpy(crypto->stream + at, data.at, len);
	for (; len > 0 && at % 8 != 0; len--, at++)
		crypto->come[at / 8] |= (uint8_t)(1u << at % 8);
	memset(crypto->come + at / 8, 0xff, len / 8);
	for (at += len / 8 * 8, len %= 8; len > 0; len--, at++)
		crypto->come[at / 8] |= (uint8_t)(1u << at % 8);
}

/* What has come from the first byte on without a hole. */
static struct cursor crypto_data(const struct crypto *crypto)
{
	size_t n = 0, max = crypto->come_bytes * 8;

	while (n < max && crypto->come[n / 8] == 0xff)
		n += 8;
	while (n < max && (crypto->come[n / 8] >> n % 8 & 1) != 0)
		n++;
	return cursor_of(crypto->stream, n);
}

static void skip_ack(struct cursor *c, bool ecn)
{
	uint64_t ranges;

	quic_varint(c);
	quic_varint(c);
	ranges = quic_varint(c);
	quic_varint(c);
	for (; ranges > 0 && !c->is_short; ranges--) {
		quic_varint(c);
		quic_varint(c);
	}
	for (int i = 0; ecn && i < 3; i++)
		quic_varint(c);
}

/* Most of a client's first datagram is often this: a byte a frame. */
static void skip_padding(struct cursor *c)
{
	uint64_t word;

	for (; cursor_left(c) >= sizeof(word); c->at += sizeof(word)) {
		memcpy(&word, c->at, sizeof(word));
		if (word != 0)
			break;
	}
	while (cursor_left(c) > 0 && *c->at == FRAME_PADDING)
		c->at++;
}

static void read_frames(struct crypto *crypto, struct cursor c)
{
	while (cursor_left(&c) > 0) {
		uint64_t type = quic_varint(&c), offset, len;
		struct cursor data;

		switch (type) {
		case FRAME_PADDING:
			skip_padding(&c);
			break;
		case FRAME_PING:
			break;
		case FRAME_ACK:
		case FRAME_ACK_ECN:
			skip_ack(&c, type == FRAME_ACK_ECN);
			break;
		case FRAME_CRYPTO:
		case FRAME_CRYPTO_T05X:
			offset = quic_varint(&c);
			len = quic_varint(&c);
			if (len > cursor_left(&c))
				return;
			data = cursor_take(&c, (size_t)len);
			if (!c.is_short)
				crypto_add(crypto, offset, data);
			break;
		default:	/* FRAME_CLOSE, or what has no place here */
			return;
		}
	}
}

static bool are_equal(struct cursor a, struct cursor b)
{
	return cursor_left(&a) == cursor_left(&b) &&
	       memcmp(a.at, b.at, cursor_left(&a)) == 0;
}

/*
 * The keys come from the first destination that the client chose. After a
 * Retry it starts again with the one that the server sent (RFC 9001, 5.2).
 */
static bool open_initial(struct crypto *crypto, const struct quic_packet *p,
			 struct cursor *ret_frames)
{
	if (quic_initial_open(p, crypto->dcid, &crypto->keys, crypto->plain,
			      PLAIN_MAX, ret_frames))
		return true;
	if (are_equal(p->dcid, crypto->dcid) ||
	    !quic_initial_open(p, p->dcid, &crypto->keys, crypto->plain,
			       PLAIN_MAX, ret_frames))
		return false;
	crypto->dcid = p->dcid;
	return true;
}

/* A client's datagram; whether it was made of whole packets of QUIC, but for a
 * last one with a short header. */
static bool read_datagram(struct crypto *crypto, struct cursor c)
{
	bool is_greased = false;
	struct quic_packet packet;
	struct cursor frames;
	size_t count = 0;

	while (cursor_left(&c) > 0 && quic_packet_read(&c, &packet)) {
		count++;
		if (crypto->dcid.at == NULL)
			crypto->dcid = packet.dcid;
		if (packet.type != QUIC_INITIAL)
			crypto->has_other = true;
		if (!open_initial(crypto, &packet, &frames)) {
			is_greased |= packet.is_greased;
			continue;
		}
		crypto->is_open = true;
		if (packet.version == VERSION_Q050)
			crypto->chlo = frames;
		else
			read_frames(crypto, frames);
	}
	/* Padding after the last packet is zeros; a short header is not. */
	return count > 0 && !is_greased &&
	       (cursor_left(&c) == 0 || (*c.at & 0x80) == 0);
}

/* RFC 9000, 17.2.1: the versions that the server supports. */
static enum hint_verdict match_negotiation(struct cursor c)
{
	uint8_t first = cursor_u8(&c);
	uint32_t version = cursor_be32(&c);
	uint8_t dcid_len = cursor_u8(&c), scid_len;

	cursor_skip(&c, dcid_len);
	scid_len = cursor_u8(&c);
	cursor_skip(&c, scid_len);
	if (c.is_short || (first & 0x80) == 0 || version != 0 ||
	    dcid_len > QUIC_CID_MAX || scid_len > QUIC_CID_MAX ||
	    cursor_left(&c) % 4 != 0)
		return HINT_NO;
	while (cursor_left(&c) > 0)
		if (quic_is_version(cursor_be32(&c)))
			return HINT_YES;
	return HINT_NO;
}

static enum hint_verdict match_server(const struct hint_input *in,
				      struct hint_yield *yield)
{
	struct cursor c = in->payload;
	struct quic_packet packet;
	size_t count = 0;

	yield->more = true;
	while (cursor_left(&c) > 0 && quic_packet_read(&c, &packet) &&
	       !packet.is_greased)
		count++;
	if (count > 0 && (cursor_left(&c) == 0 || (*c.at & 0x80) == 0))
		return HINT_YES;
	return match_negotiation(in->payload);
}

/*
 * A capture may begin with a packet of the server, a Retry for example: then
 * the client's Initial counts as the server's.
 */
static enum hint_verdict quic_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	struct cursor earlier = in->earlier, datagram;
	struct crypto crypto;
	bool from_server, is_whole;

	if ((*in->payload.at & 0x80) == 0 && cursor_left(&earlier) == 0)
		return HINT_NO;
	crypto_init(&crypto, in->scratch);
	while (hint_earlier_next(&earlier, &from_server, &datagram))
		if (from_server == in->from_server)
			read_datagram(&crypto, datagram);
	is_whole = read_datagram(&crypto, in->payload);

	yield->more = true;
	if (crypto.chlo.at != NULL)
		return gquic_hello(crypto.chlo, yield);
	if (crypto.is_open) {
		/* A complete hello clears `more`. */
		client_hello_message(crypto_data(&crypto), yield);
		if (yield->hello_kind != HELLO_NONE)
			yield->hello_kind = HELLO_QUIC;
		return HINT_YES;
	}
	if (in->from_server)
		return match_server(in, yield);
	if (is_whole && (crypto.has_other ||
			 cursor_left(&in->payload) >= CLIENT_MIN))
		return HINT_YES;
	return is_whole ? HINT_MORE : HINT_NO;
}

const struct hint hint_quic = {
	.name = "quic",
	.family = "web",
	.about = "QUIC; the server name and ALPN of its ClientHello",
	.transport = IPPROTO_UDP,
	.yields_host = true,
	.yields_alpn = true,
	.ports = { 443, 80, 853, 4433, 8853, 784, 8443 },
	/* A long header, and how the versions begin that quic_initial.c knows,
	 * or those which are reserved. */
	.tests = { { 0, 0x80, BYTES("\x80") },
		   { 1, 0xff, BYTES("\x00\x6b\x70\xff\xfa\x51\x54"
				    "\x0a\x1a\x2a\x3a\x4a\x5a\x6a\x7a"
				    "\x8a\x9a\xaa\xba\xca\xda\xea") } },
	.min = 16,
	.match = quic_match,
};
