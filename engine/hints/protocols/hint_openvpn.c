/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_openvpn.c - OpenVPN over UDP and TCP: the resets that both sides begin
 * with, bare, signed (tls-auth) or encrypted (tls-crypt). The layout is that
 * of OpenVPN's own ssl_pkt.h and "Wire protocol" notes.
 */
#include "engine/hints/hint.h"

enum opcode {
	RESET_CLIENT_V1 = 1,
	RESET_SERVER_V1 = 2,
	CONTROL = 4,
	ACK = 5,
	RESET_CLIENT_V2 = 7,
	RESET_SERVER_V2 = 8,
	RESET_CLIENT_V3 = 10,
};

#define SESSION_LEN 8
#define ID_MAX 16		/* of a reset that was sent again and again */
#define TIME_MIN 0x3f000000u	/* 2003: OpenVPN is not older */
#define CRYPT_TAG_LEN 32
/* A bare reset: opcode, session, no acknowledgements, message 0. */
#define BARE_LEN (1 + SESSION_LEN + 1 + 4)
#define MIN BARE_LEN

struct reset {
	uint8_t opcode;
	const uint8_t *session;
	struct cursor rest;
};

static bool read_reset(struct cursor c, struct reset *ret)
{
	uint8_t first = cursor_u8(&c);

	ret->opcode = first >> 3;
	ret->session = cursor_bytes(&c, SESSION_LEN);
	ret->rest = c;
	/* Key 0: a connection begins with it. */
	if (c.is_short || (first & 7) != 0)
		return false;
	return ret->opcode == RESET_CLIENT_V1 ||
	       ret->opcode == RESET_SERVER_V1 ||
	       ret->opcode == RESET_CLIENT_V2 ||
	       ret->opcode == RESET_SERVER_V2 ||
	       ret->opcode == RESET_CLIENT_V3;
}

static bool is_server_opcode(uint8_t opcode)
{
	return opcode == RESET_SERVER_V1 || opcode == RESET_SERVER_V2;
}

/* The replay protection of tls-auth and tls-crypt: a number, a time. */
static bool read_packet_id(struct cursor *c, uint32_t *ret_time)
{
	uint32_t id = cursor_be32(c);

	*ret_time = cursor_be32(c);
	return !c->is_short && id >= 1 && id <= ID_MAX &&
	       *ret_time >= TIME_MIN;
}

/*
 * What follows in clear: acknowledgements, with the other side's session when
 * there are any, and the number of this message. *ret_acked: that session.
 */
static bool read_body(struct cursor c, const uint8_t **ret_acked)
{
	uint8_t acks = cursor_u8(&c);

	*ret_acked = NULL;
	if (acks > 4)
		return false;
	cursor_skip(&c, 4 * (size_t)acks);
	if (acks > 0)
		*ret_acked = cursor_bytes(&c, SESSION_LEN);
	return cursor_be32(&c) == 0 && !c.is_short && cursor_left(&c) == 0;
}

/* tls-auth signs with any digest: MD5, SHA-1, SHA-256, SHA-384, SHA-512. */
static bool read_signed(struct cursor c, const uint8_t **ret_acked)
{
	static const uint8_t digests[] = { 16, 20, 28, 32, 48, 64 };

	for (size_t i = 0; i < sizeof(digests); i++) {
		struct cursor body = c;
		uint32_t time;

		cursor_skip(&body, digests[i]);
		if (read_packet_id(&body, &time) && read_body(body, ret_acked))
			return true;
	}
	return false;
}

/* tls-crypt: the number, the time and a tag, then nothing can be read. V3
 * goes on with the client's wrapped key. */
static bool read_crypt(const struct reset *r, uint32_t *ret_time)
{
	struct cursor c = r->rest;

	if (!read_packet_id(&c, ret_time))
		return false;
	cursor_skip(&c, CRYPT_TAG_LEN + 1 + 4);
	if (c.is_short)
		return false;
	if (r->opcode == RESET_CLIENT_V3)
		return true;
	/* A server acknowledges; some early ones append their capabilities. */
	return cursor_left(&c) == 0 || (is_server_opcode(r->opcode) &&
					cursor_left(&c) <= 4 * 4 + 8 + 6);
}

/* What the other side's first packet adds. */
static bool agree(const struct reset *a, const struct reset *b)
{
	uint32_t a_time, b_time, apart;
	const uint8_t *acked;

	if (is_server_opcode(a->opcode) == is_server_opcode(b->opcode))
		return false;
	if (read_body(b->rest, &acked) || read_signed(b->rest, &acked))
		return acked != NULL &&
		       memcmp(acked, a->session, SESSION_LEN) == 0;
	if (!read_crypt(a, &a_time) || !read_crypt(b, &b_time))
		return false;
	apart = a_time > b_time ? a_time - b_time : b_time - a_time;
	return apart < 7 * 86400;	/* clocks differ, but not by years */
}

static enum hint_verdict match_one(const struct reset *r)
{
	const uint8_t *acked;
	uint32_t time;

	/* Zeros, a small number and a time at their places. */
	if (read_signed(r->rest, &acked))
		return HINT_YES;
	if (read_body(r->rest, &acked) || read_crypt(r, &time))
		return HINT_MORE;
	return HINT_NO;
}

/* What the same side sends next has its session. */
static bool goes_on(const struct reset *prev, struct cursor c)
{
	uint8_t first = cursor_u8(&c), opcode = first >> 3;
	const uint8_t *session = cursor_bytes(&c, SESSION_LEN);

	return session != NULL && (first & 7) == 0 &&
	       (opcode == CONTROL || opcode == ACK) &&
	       memcmp(session, prev->session, SESSION_LEN) == 0;
}

static enum hint_verdict match_later(const struct hint_input *in)
{
	struct cursor earlier = in->earlier, datagram;
	struct reset prev;
	bool from_server;

	while (hint_earlier_next(&earlier, &from_server, &datagram))
		if (from_server == in->from_server &&
		    read_reset(datagram, &prev) &&
		    match_one(&prev) != HINT_NO &&
		    goes_on(&prev, in->payload))
			return HINT_YES;
	return HINT_NO;
}

static enum hint_verdict udp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor earlier = in->earlier, datagram;
	struct reset now, prev;
	bool from_server;

	(void)yield;
	if (!read_reset(in->payload, &now))
		return match_later(in);
	while (hint_earlier_next(&earlier, &from_server, &datagram))
		if (from_server != in->from_server &&
		    read_reset(datagram, &prev) &&
		    (agree(&prev, &now) || agree(&now, &prev)))
			return HINT_YES;
	return match_one(&now);
}

/* Over TCP each packet has its length before it. */
static bool read_framed(struct cursor c, struct reset *ret, bool *ret_cut)
{
	uint16_t len = cursor_be16(&c);

	*ret_cut = c.is_short || cursor_left(&c) < len;
	return !*ret_cut && read_reset(cursor_take(&c, len), ret);
}

static enum hint_verdict tcp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint16_t len = cursor_be16(&c);
	struct reset now, other;
	bool is_cut;

	(void)yield;
	if (c.is_short)
		return HINT_MORE;
	if (len < MIN || len > 1500)
		return HINT_NO;
	if (!read_framed(in->payload, &now, &is_cut))
		return is_cut && (cursor_left(&c) == 0 ||
				  (*c.at & 7) == 0) ? HINT_MORE : HINT_NO;
	if (read_framed(in->opposite, &other, &is_cut) &&
	    (agree(&other, &now) || agree(&now, &other)))
		return HINT_YES;
	return match_one(&now);
}

const struct hint hint_openvpn_udp = {
	.name = "openvpn",
	.family = "vpn",
	.about = "OpenVPN, also with tls-auth and tls-crypt",
	.transport = IPPROTO_UDP,
	.ports = { 1194 },
	.first = BYTES("\x08\x10\x38\x40\x50"),
	.min = MIN,
	.match = udp_match,
};

const struct hint hint_openvpn_tcp = {
	.name = "openvpn",
	.family = "vpn",
	.about = "OpenVPN, also with tls-auth and tls-crypt",
	.transport = IPPROTO_TCP,
	.ports = { 1194 },
	.first = BYTES("\x00\x01\x02\x03\x04\x05"),
	.match = tcp_match,
};
