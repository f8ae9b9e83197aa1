/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reset.c - build and send resets and ICMP errors, see reset.h. */
#include "engine/nfqueue/reset.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/packet/cursor.h"

#define IP4_LEN 20
#define IP6_LEN 40
#define TCP_LEN 20
#define UDP_LEN 8
#define ICMP_LEN 8
#define TTL 64

struct reset_sender {
	int fd4, fd6;
};

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

/* RFC 1071; all lengths here are even. */
static uint32_t sum_of(const uint8_t *bytes, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	return sum;
}

static uint16_t folded(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Write the IP header of a packet with `len` bytes of `proto`; returns the
 * header's length. */
static size_t put_ip(uint8_t *at, const struct address *src,
		     const struct address *dst, uint8_t proto, size_t len)
{
	if (!address_is_v4(src)) {
		at[0] = 0x60;
		put16(at + 4, (uint32_t)len);
		at[6] = proto;
		at[7] = TTL;
		memcpy(at + 8, src->bytes, 16);
		memcpy(at + 24, dst->bytes, 16);
		return IP6_LEN;
	}
	at[0] = 0x45;
	put16(at + 2, (uint32_t)(IP4_LEN + len));
	put16(at + 6, 0x4000);		/* do not fragment */
	at[8] = TTL;
	at[9] = proto;
	memcpy(at + 12, src->bytes + 12, 4);
	memcpy(at + 16, dst->bytes + 12, 4);
	put16(at + 10, folded(sum_of(at, IP4_LEN)));
	return IP4_LEN;
}

/* The checksum with a pseudo header (RFC 9293, 3.1; RFC 8200, 8.1). */
static uint16_t checksum(const struct address *src, const struct address *dst,
			 uint8_t proto, const uint8_t *bytes, size_t len)
{
	size_t from = address_is_v4(src) ? 12 : 0;

	return folded(sum_of(src->bytes + from, 16 - from) +
		      sum_of(dst->bytes + from, 16 - from) + proto +
		      (uint32_t)len + sum_of(bytes, len));
}

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
	at = put_ip(bytes, server, client, IPPROTO_TCP, TCP_LEN);
	tcp = bytes + at;
	put16(tcp, from_server ? pkt->sport : pkt->dport);
	put16(tcp + 2, from_server ? pkt->dport : pkt->sport);
	/* The exact sequence number, or the client ignores it (RFC 5961,
	 * 3.2). */
	put32(tcp + 4, from_server ? pkt->tcp_seq : ack);
	put32(tcp + 8, from_server ? ack : end);
	tcp[12] = TCP_LEN / 4 << 4;
	tcp[13] = TCP_RST | TCP_ACK;
	put16(tcp + 16, checksum(server, client, IPPROTO_TCP, tcp, TCP_LEN));
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
	size_t at = put_ip(bytes, client, server, IPPROTO_UDP,
			   UDP_LEN + pkt->payload_len);

	put16(bytes + at, from_server ? pkt->dport : pkt->sport);
	put16(bytes + at + 2, from_server ? pkt->sport : pkt->dport);
	put16(bytes + at + 4, UDP_LEN + pkt->payload_len);
	return at + UDP_LEN;
}

static size_t udp_refusal(const struct packet *pkt, bool from_server,
			  uint8_t *bytes)
{
	const struct address *server = from_server ? &pkt->src : &pkt->dst;
	const struct address *client = from_server ? &pkt->dst : &pkt->src;
	bool v4 = address_is_v4(server);
	uint8_t quoted[IP6_LEN + UDP_LEN] = { 0 };
	size_t len = ICMP_LEN + put_quoted(pkt, from_server, quoted);
	uint8_t proto = v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	uint8_t *icmp;
	size_t at;

	at = put_ip(bytes, server, client, proto, len);
	icmp = bytes + at;
	icmp[0] = v4 ? ICMP_DEST_UNREACH : ICMP6_DST_UNREACH;
	icmp[1] = v4 ? ICMP_PORT_UNREACH : ICMP6_DST_UNREACH_NOPORT;
	memcpy(icmp + ICMP_LEN, quoted, len - ICMP_LEN);
	put16(icmp + 2, v4 ? folded(sum_of(icmp, len)) :
			     checksum(server, client, proto, icmp, len));
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

static int open_raw(int family, uint32_t mark)
{
	/* IPPROTO_RAW: the packet includes its IP header (raw(7)). */
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			IPPROTO_RAW);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_MARK, &mark,
				 sizeof(mark)) == 0)
		return fd;
	close(fd);
	return -1;
}

struct reset_sender *reset_sender_new(uint32_t mark)
{
	struct reset_sender *sender = calloc(1, sizeof(*sender));

	if (sender == NULL)
		return NULL;
	sender->fd4 = open_raw(AF_INET, mark);
	sender->fd6 = open_raw(AF_INET6, mark);
	/* A host without IPv6 has no IPv6 flows either. */
	if (sender->fd4 >= 0)
		return sender;
	reset_sender_free(sender);
	return NULL;
}

void reset_sender_free(struct reset_sender *sender)
{
	int saved = errno;

	if (sender == NULL)
		return;
	if (sender->fd4 >= 0)
		close(sender->fd4);
	if (sender->fd6 >= 0)
		close(sender->fd6);
	free(sender);
	errno = saved;
}

bool reset_send(struct reset_sender *sender, const struct packet *pkt,
		bool from_server)
{
	const struct address *client = from_server ? &pkt->dst : &pkt->src;
	uint8_t bytes[RESET_MAX];
	size_t len = reset_packet(pkt, from_server, bytes);
	struct sockaddr_in to4 = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };

	if (len == 0)
		return false;
	if (address_is_v4(client)) {
		to4.sin_addr.s_addr = client->be32[3];
		return sendto(sender->fd4, bytes, len, 0,
			      (struct sockaddr *)&to4, sizeof(to4)) >= 0;
	}
	memcpy(&to6.sin6_addr, client->bytes, sizeof(to6.sin6_addr));
	return sendto(sender->fd6, bytes, len, 0, (struct sockaddr *)&to6,
		      sizeof(to6)) >= 0;
}
