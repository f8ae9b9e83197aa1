/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reset.c - build and send resets and ICMP errors, see reset.h. */
#include "engine/nfqueue/reset.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>

#include "engine/packet/cursor.h"
#include "rules/tables/raw_ip.h"

#define TCP_LEN 20
#define UDP_LEN 8
#define ICMP_LEN 8

struct reset_sender {
	struct raw_ip_sockets sockets;
};

/* ---- TCP ---- */

static size_t tcp_reset(const struct packet *pkt, bool from_server,
			uint8_t *bytes)
{
	const struct address *server = from_server ? &pkt->src : &pkt->dst;
	const struct address *client = from_server ? &pkt->dst : &pkt->src;
	struct cursor header = cursor_of(pkt->data, pkt->len);
	uint32_t end = pkt->tcp_seq + pkt->payload_len +
		       !!(pkt->tcp_flags & TCP_SYN) +
		       !!(pkt->tcp_flags & TCP_FIN);
	uint32_t ack;
	uint8_t *tcp;
	size_t at;

	cursor_skip(&header, pkt->header_len + 8);
	ack = cursor_be32(&header);
	if (header.is_short || !(pkt->tcp_flags & TCP_ACK))
		return 0;
	at = raw_ip_header(bytes, server, client, IPPROTO_TCP, TCP_LEN);
	tcp = bytes + at;
	raw_put16(tcp, from_server ? pkt->sport : pkt->dport);
	raw_put16(tcp + 2, from_server ? pkt->dport : pkt->sport);
	/* The exact sequence number, or the client ignores it (RFC 5961,
	 * 3.2). */
	raw_put32(tcp + 4, from_server ? pkt->tcp_seq : ack);
	raw_put32(tcp + 8, from_server ? ack : end);
	tcp[12] = TCP_LEN / 4 << 4;
	tcp[13] = TCP_RST | TCP_ACK;
	raw_put16(tcp + 16, raw_ip_checksum(server, client, IPPROTO_TCP, tcp, TCP_LEN));
	return at + TCP_LEN;
}

/* ---- UDP ---- */

/* Write the header of the client's datagram, as the error quotes it; that of a
 * server's datagram is reversed. */
static size_t put_quoted(const struct packet *pkt, bool from_server,
			 uint8_t *bytes)
{
	const struct address *server = from_server ? &pkt->src : &pkt->dst;
	const struct address *client = from_server ? &pkt->dst : &pkt->src;
	size_t at = raw_ip_header(bytes, client, server, IPPROTO_UDP,
			   UDP_LEN + pkt->payload_len);

	raw_put16(bytes + at, from_server ? pkt->dport : pkt->sport);
	raw_put16(bytes + at + 2, from_server ? pkt->sport : pkt->dport);
	raw_put16(bytes + at + 4, UDP_LEN + pkt->payload_len);
	return at + UDP_LEN;
}

static size_t udp_refusal(const struct packet *pkt, bool from_server,
			  uint8_t *bytes)
{
	const struct address *server = from_server ? &pkt->src : &pkt->dst;
	const struct address *client = from_server ? &pkt->dst : &pkt->src;
	bool v4 = address_is_v4(server);
	uint8_t quoted[RAW_IP_LEN_MAX + UDP_LEN] = { 0 };
	size_t len = ICMP_LEN + put_quoted(pkt, from_server, quoted);
	uint8_t proto = v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	uint8_t *icmp;
	size_t at;

	at = raw_ip_header(bytes, server, client, proto, len);
	icmp = bytes + at;
	icmp[0] = v4 ? ICMP_DEST_UNREACH : ICMP6_DST_UNREACH;
	icmp[1] = v4 ? ICMP_PORT_UNREACH : ICMP6_DST_UNREACH_NOPORT;
	memcpy(icmp + ICMP_LEN, quoted, len - ICMP_LEN);
	raw_put16(icmp + 2, v4 ? raw_checksum(icmp, len) :
			     raw_ip_checksum(server, client, proto, icmp, len));
	return at + len;
}

size_t reset_packet(const struct packet *pkt, bool from_server,
		    uint8_t bytes[static RESET_MAX])
{
	memset(bytes, 0, RESET_MAX);
	switch (pkt->proto) {
	case IPPROTO_TCP:
		return tcp_reset(pkt, from_server, bytes);
	case IPPROTO_UDP:
		return udp_refusal(pkt, from_server, bytes);
	default:
		return 0;
	}
}

/* ---- sending ---- */

struct reset_sender *reset_sender_new(uint32_t mark)
{
	struct reset_sender *sender = calloc(1, sizeof(*sender));

	if (sender == NULL)
		return NULL;
	if (raw_ip_open(&sender->sockets, mark))
		return sender;
	reset_sender_free(sender);
	return NULL;
}

void reset_sender_free(struct reset_sender *sender)
{
	if (sender == NULL)
		return;
	raw_ip_close(&sender->sockets);
	free(sender);
}

bool reset_send(struct reset_sender *sender, const struct packet *pkt,
		bool from_server)
{
	const struct address *client = from_server ? &pkt->dst : &pkt->src;
	uint8_t bytes[RESET_MAX];
	size_t len = reset_packet(pkt, from_server, bytes);

	return len > 0 && raw_ip_send(&sender->sockets, client, bytes, len);
}
