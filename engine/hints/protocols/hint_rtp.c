/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_rtp.c - RTP and RTCP (RFC 3550). RTP has no magic number: it takes a
 * second packet of the same source with the next sequence number.
 */
#include "engine/hints/hint.h"

#define HEADER_LEN 12
#define GAP_MAX 3		/* packets that may be lost between two */

struct packet_header {
	uint8_t flags;
	uint8_t type;		/* without the marker */
	uint16_t sequence;
	uint32_t timestamp;
	uint32_t source;
};

/* RFC 3551, 6; what lies between is reserved, RTCP's or not assigned. */
static bool is_payload_type(uint8_t type)
{
	return (type <= 18 && type != 1 && type != 2) || type == 25 ||
	       type == 26 || type == 28 || (type >= 31 && type <= 34) ||
	       type >= 96;
}

static bool read_rtp(struct cursor c, struct packet_header *ret)
{
	struct packet_header h = {
		.flags = cursor_u8(&c),
		.type = cursor_u8(&c) & 0x7f,
		.sequence = cursor_be16(&c),
		.timestamp = cursor_be32(&c),
		.source = cursor_be32(&c),
	};

	if (c.is_short || h.flags >> 6 != 2 || !is_payload_type(h.type) ||
	    h.source == 0)
		return false;
	cursor_skip(&c, 4 * (size_t)(h.flags & 0x0f));
	if ((h.flags & 0x10) != 0) {		/* header extension */
		cursor_skip(&c, 2);
		cursor_skip(&c, 4 * (size_t)cursor_be16(&c));
	}
	if (c.is_short)
		return false;
	if ((h.flags & 0x20) != 0 &&		/* padding, and its length */
	    (cursor_left(&c) == 0 || c.end[-1] == 0 ||
	     c.end[-1] > cursor_left(&c)))
		return false;
	*ret = h;
	return true;
}

/* `next` follows `h`: nearly the next in sequence, not before it in time. */
static bool follows(const struct packet_header *h,
		    const struct packet_header *next)
{
	uint16_t gap = (uint16_t)(next->sequence - h->sequence);
	uint32_t time = next->timestamp - h->timestamp;

	return next->source == h->source && gap >= 1 && gap <= GAP_MAX &&
	       (next->flags & 0x2f) == (h->flags & 0x2f) && time < 1u << 20;
}

static enum hint_verdict rtp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor earlier = in->earlier, datagram;
	struct packet_header now, prev;
	bool from_server;

	(void)yield;
	if (!read_rtp(in->payload, &now))
		return HINT_NO;
	while (hint_earlier_next(&earlier, &from_server, &datagram))
		if (from_server == in->from_server &&
		    read_rtp(datagram, &prev) && follows(&prev, &now))
			return HINT_YES;
	return HINT_MORE;
}

/* Over TCP each has its length before it (RFC 4571, 2). */
static enum hint_verdict rtp_tcp_match(const struct hint_input *in,
				       struct hint_yield *yield)
{
	struct cursor c = in->payload, packet;
	struct packet_header prev, now;
	uint16_t len = cursor_be16(&c);

	(void)yield;
	if (c.is_short)
		return HINT_MORE;
	if (len < HEADER_LEN || (cursor_left(&c) > 0 && *c.at >> 6 != 2))
		return HINT_NO;
	packet = cursor_take(&c, len);
	len = cursor_be16(&c);
	if (c.is_short)
		return HINT_MORE;
	if (!read_rtp(packet, &prev) || len < HEADER_LEN ||
	    (cursor_left(&c) > 0 && *c.at >> 6 != 2))
		return HINT_NO;
	packet = cursor_take(&c, len);
	if (packet.is_short)
		return HINT_MORE;
	return read_rtp(packet, &now) && follows(&prev, &now) ?
		HINT_YES : HINT_NO;
}

enum rtcp_type { SENDER_REPORT = 200, RECEIVER_REPORT = 201, LAST_TYPE = 207 };

/*
 * RFC 3550, 6.4: a compound of at least two packets that fill the datagram and
 * begin with a report, or one report whose length fits its count.
 */
static enum hint_verdict rtcp_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint8_t count = *c.at & 0x1f, first_type = 0;
	size_t packets = 0, first_len = 0, report;

	(void)yield;
	for (; cursor_left(&c) > 0; packets++) {
		uint8_t flags = cursor_u8(&c);
		uint8_t type = cursor_u8(&c);
		size_t len = 4 * (size_t)cursor_be16(&c);

		cursor_skip(&c, len);
		if (c.is_short || flags >> 6 != 2 || len < 4 ||
		    type < SENDER_REPORT || type > LAST_TYPE)
			return HINT_NO;
		if (packets == 0) {
			first_type = type;
			first_len = len;
		}
	}
	if (first_type > RECEIVER_REPORT)
		return HINT_NO;
	report = (first_type == SENDER_REPORT ? 24u : 4u) + 24u * count;
	if (first_len < report)
		return HINT_NO;
	return packets > 1 || first_len == report ? HINT_YES : HINT_NO;
}

#define RTP_FIRST "\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d" \
	"\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97\x98\x99\x9a\x9b\x9c\x9d"    \
	"\x9e\x9f\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xad"    \
	"\xae\xaf\xb0\xb1\xb2\xb3\xb4\xb5\xb6\xb7\xb8\xb9\xba\xbb\xbc\xbd"    \
	"\xbe\xbf"

const struct hint hint_rtp = {
	.name = "rtp",
	.family = "voip",
	.about = "RTP: sound and pictures of calls",
	.transport = IPPROTO_UDP,
	.ports = { 5004 },
	.first = BYTES(RTP_FIRST),
	.min = HEADER_LEN,
	.match = rtp_match,
};

const struct hint hint_rtp_tcp = {
	.name = "rtp",
	.family = "voip",
	.about = "RTP: sound and pictures of calls",
	.transport = IPPROTO_TCP,
	.first = BYTES("\x00\x01\x02\x03\x04\x05"),
	.match = rtp_tcp_match,
};

const struct hint hint_rtcp = {
	.name = "rtcp",
	.family = "voip",
	.about = "RTCP: reports that go with RTP",
	.transport = IPPROTO_UDP,
	.ports = { 5005 },
	.first = BYTES(RTP_FIRST),
	.min = 8,
	.match = rtcp_match,
};
