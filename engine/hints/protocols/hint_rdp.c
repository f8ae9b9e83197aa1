/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_rdp.c - Remote Desktop: the X.224 connection request with its cookie or
 * negotiation request, and the answer to it (MS-RDPBCGR, 2.2.1.1 and 2.2.1.2).
 */
#include "engine/hints/text.h"

#define TPKT_VERSION 3
#define CONNECTION_REQUEST 0xe0
#define CONNECTION_CONFIRM 0xd0
#define X224_REST 5		/* two references, one class */
#define NEGOTIATION_LEN 8
#define PORT 3389

enum negotiation { REQUEST = 1, RESPONSE, FAILURE };

/* Type, flags, a length that is always 8, and what can be spoken. */
static bool is_negotiation(struct cursor c, bool is_request)
{
	uint8_t type = cursor_u8(&c);

	cursor_skip(&c, 1);
	if (cursor_le16(&c) != NEGOTIATION_LEN)
		return false;
	cursor_skip(&c, 4);
	if (c.is_short)
		return false;
	return is_request ? type == REQUEST :
			    type == RESPONSE || type == FAILURE;
}

/* On its port: nothing to negotiate, or a request whose fields are wrong. ISO
 * connections have parameters here, from 0xc0 on. */
static bool is_bare(const struct hint_input *in, struct cursor c)
{
	return (in->dport == PORT || in->sport == PORT) &&
	       (cursor_left(&c) == 0 || *c.at < 0xc0);
}

/* Whether the confirm selects TLS, in which a ClientHello names the host. */
static bool selects_tls(struct cursor c)
{
	uint8_t type = cursor_u8(&c);

	cursor_skip(&c, 3);
	return type == RESPONSE && cursor_le32(&c) != 0;
}

static enum hint_verdict match_request(struct cursor c)
{
	static const char *const cookies[] = {
		"Cookie: mstshash=", "Cookie: msts=", NULL
	};
	struct cursor text = c, line;

	if (text_begins_any(&text, cookies) == HINT_YES)
		return HINT_YES;
	if (text_line(&text, &line) && is_negotiation(text, true))
		return HINT_YES;	/* a routing token before it */
	return is_negotiation(c, true) ? HINT_YES : HINT_NO;
}

static enum hint_verdict rdp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint8_t version = cursor_u8(&c);
	uint8_t reserved = cursor_u8(&c);
	uint16_t len = cursor_be16(&c);
	uint8_t x224_len = cursor_u8(&c);
	uint8_t type = cursor_u8(&c);
	struct cursor rest;

	if (version != TPKT_VERSION || reserved != 0)
		return HINT_NO;
	if (c.is_short)
		return HINT_MORE;
	if (len < 11 || x224_len != len - 5 ||
	    (type != CONNECTION_REQUEST && type != CONNECTION_CONFIRM))
		return HINT_NO;
	if (cursor_left(&c) + 6 < len)
		return HINT_MORE;
	rest = cursor_of(in->payload.at + len,
			 cursor_left(&in->payload) - len);
	c.end = in->payload.at + len;
	cursor_skip(&c, X224_REST);
	if (type == CONNECTION_REQUEST)
		return match_request(c) == HINT_YES || is_bare(in, c) ?
			text_starttls(in, rest, yield) : HINT_NO;
	yield->more = selects_tls(c);
	return is_negotiation(c, false) || is_bare(in, c) ? HINT_YES : HINT_NO;
}

const struct hint hint_rdp = {
	.name = "rdp",
	.family = "remote",
	.about = "Remote Desktop; the server name where TLS follows",
	.transport = IPPROTO_TCP,
	.yields_host = true,
	.ports = { 3389 },
	.first = BYTES("\x03"),
	.match = rdp_match,
};

#define RDPUDP_SYN 0x0001
#define RDPUDP_ACK 0x0004
#define RDPUDP_DATA 0x0008
#define RDPUDP_DATA_MIN 23
#define RDPUDP_NO_ACK 0xffffffffu
/* MS-RDPEUDP, 2.2.2.1: the MTUs in a SYN, and its length. */
#define RDPUDP_MTU_MIN 1132
#define RDPUDP_MTU_MAX 1232

/*
 * MS-RDPEUDP, 2.2.1: data that acknowledges, whose sequence number is that of
 * its source packet, and in it a record of TLS or DTLS.
 */
static bool is_data(struct cursor c)
{
	uint32_t coded;
	uint16_t flags, version;
	uint8_t type;

	cursor_skip(&c, 4 + 2);
	flags = cursor_be16(&c);
	if (flags != (RDPUDP_ACK | RDPUDP_DATA) || cursor_be16(&c) != 1)
		return false;
	cursor_skip(&c, 2);
	coded = cursor_be32(&c);
	if (coded != cursor_be32(&c))
		return false;
	type = cursor_u8(&c);
	version = cursor_be16(&c);
	return !c.is_short && type >= 20 && type <= 23 &&
	       ((version >= 0x0301 && version <= 0x0303) ||
		version == 0xfeff || version == 0xfefd);
}

/* MS-RDPEUDP, 3.1.5.1.1: a SYN acknowledges nothing, and is padded. */
static enum hint_verdict rdp_udp_match(const struct hint_input *in,
				       struct hint_yield *yield)
{
	struct cursor c = in->payload;
	size_t len = cursor_left(&c);
	uint32_t acknowledged = cursor_be32(&c);
	uint16_t window = cursor_be16(&c);
	uint16_t flags = cursor_be16(&c);
	uint16_t up, down;

	(void)yield;
	if (is_data(in->payload))
		return HINT_YES;
	cursor_skip(&c, 4);
	up = cursor_be16(&c);
	down = cursor_be16(&c);
	if (c.is_short || window == 0 || (flags & RDPUDP_SYN) == 0)
		return HINT_NO;
	if ((acknowledged == RDPUDP_NO_ACK) == ((flags & RDPUDP_ACK) != 0))
		return HINT_NO;
	return up >= RDPUDP_MTU_MIN && up <= RDPUDP_MTU_MAX &&
	       down >= RDPUDP_MTU_MIN && down <= RDPUDP_MTU_MAX &&
	       len >= RDPUDP_MTU_MIN && len <= RDPUDP_MTU_MAX ?
		HINT_YES : HINT_NO;
}

const struct hint hint_rdp_udp = {
	.name = "rdp",
	.family = "remote",
	.about = "Remote Desktop",
	.transport = IPPROTO_UDP,
	.ports = { 3389 },
	.min = RDPUDP_DATA_MIN,
	.match = rdp_udp_match,
};
