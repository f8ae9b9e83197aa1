/* SPDX-License-Identifier: GPL-2.0-or-later */
/* segment.c - find the place of TCP segments in their stream. */
#include "engine/flow/segment.h"

#include <string.h>

#include "engine/flow/stream.h"

#define ACK_AT 8		/* RFC 9293, 3.1: offset of the number */
#define PORT_DNS 53

/*
 * A keep-alive may carry the byte before the window (RFC 9293, 3.8.4). In
 * midstream its position does not distinguish it from data, but data that is
 * written is pushed.
 */
static bool is_keep_alive(const struct packet *pkt)
{
	return pkt->payload_len == 1 &&
	       (pkt->tcp_flags & (TCP_SYN | TCP_FIN | TCP_PSH)) == 0;
}

bool segment_ack(const struct packet *pkt, uint32_t *ret_ack)
{
	struct cursor header = cursor_of(pkt->data, pkt->len);

	cursor_skip(&header, pkt->header_len + ACK_AT);
	*ret_ack = cursor_be32(&header);
	return !header.is_short && pkt->tcp_flags & TCP_ACK;
}

/* DNS over TCP is queued from the SYN on, and the observer wants to have seen
 * the server's. */
static void note_acknowledged(struct flow *flow, const struct packet *pkt)
{
	uint32_t ack;

	if (flow->has_isn[1] || pkt->payload_len == 0 || is_keep_alive(pkt) ||
	    flow->facts.dport == PORT_DNS || !segment_ack(pkt, &ack))
		return;
	flow->isn[1] = ack;
	flow->has_isn[1] = true;
}

void segment_note_isn(struct flow *flow, const struct packet *pkt, bool side)
{
	bool is_syn = pkt->tcp_flags & TCP_SYN;

	if (!side)
		note_acknowledged(flow, pkt);
	if (is_syn ? flow->has_candidates[side] : flow->has_isn[side])
		return;
	if (pkt->tcp_flags & TCP_RST ||
	    (!is_syn && (pkt->payload_len == 0 || is_keep_alive(pkt))))
		return;
	flow->isn[side] = pkt->tcp_seq + is_syn;
	flow->has_isn[side] = true;
}

bool segment_put_aside(struct flow *flow, bool side, struct cursor payload,
		       uint32_t offset)
{
	static const uint8_t zeros[SEGMENT_PADDING_MAX];
	size_t len = cursor_left(&payload);

	if (offset != 0 || len > SEGMENT_PADDING_MAX ||
	    memcmp(payload.at, zeros, len) != 0)
		return false;
	flow->padding[side] = (uint8_t)len;
	return true;
}

void segment_note_urgent(struct flow *flow, const struct packet *pkt,
			 bool side, uint32_t max)
{
	uint8_t *count = &flow->urgent_count[side];
	uint32_t at = pkt->tcp_seq - flow->isn[side] + pkt->tcp_urgent - 1u;

	if (pkt->tcp_flags & TCP_SYN)
		at++;
	if (pkt->tcp_urgent == 0 || at >= max || at > UINT16_MAX)
		return;
	for (uint8_t i = 0; i < *count; i++)
		if (flow->urgent[side][i] == at)
			return;
	if (*count < FLOW_URGENT_MAX)
		flow->urgent[side][(*count)++] = (uint16_t)at;
}

/* Count the urgent bytes before `offset`; *ret_next is the next one. */
static uint32_t count_before(const struct flow *flow, bool side,
			     uint32_t offset, uint32_t *ret_next)
{
	uint32_t before = 0;

	*ret_next = UINT32_MAX;
	for (uint8_t i = 0; i < flow->urgent_count[side]; i++) {
		uint32_t at = flow->urgent[side][i];

		before += at < offset;
		if (at >= offset && at < *ret_next)
			*ret_next = at;
	}
	return before;
}

bool segment_insert(struct flow *flow, bool side, uint32_t offset,
		    struct cursor payload)
{
	bool is_longer = false;

	while (cursor_left(&payload) > 0) {
		size_t len = cursor_left(&payload);
		uint32_t next, before;

		before = count_before(flow, side, offset, &next);
		if (next - offset < len)
			len = next - offset;
		is_longer |= stream_segment(flow->streams[side],
					    offset - before, payload.at, len);
		cursor_skip(&payload, len);
		offset += (uint32_t)len;
		if (offset == next && cursor_left(&payload) > 0) {
			cursor_skip(&payload, 1);
			offset++;
		}
	}
	return is_longer;
}
