/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * packet.h - one packet: metadata from its source and decoded headers.
 * Plain data; pointers are borrowed from the source's buffer.
 */
#ifndef WAYMARK_PACKET_H
#define WAYMARK_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/tables/address.h"

/* RFC 9293, 3.1 */
#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define TCP_URG 0x20

enum decode_status {
	DECODE_OK,		/* headers are complete */
	DECODE_FRAGMENT,	/* not the first: no transport header */
	DECODE_TRUNCATED,	/* ends within its headers */
	DECODE_MALFORMED,	/* impossible lengths or fields */
	DECODE_NOT_IP,		/* ARP, LLDP, ... */
	DECODE_STATUSES,
};

struct packet {
	/* Set by the source. */
	const uint8_t *data;		/* begins with the IP header */
	uint32_t len;			/* captured bytes */
	uint32_t mark;			/* skb mark, host order */
	uint32_t ifindex;		/* input; 0: this host, or unknown */
	bool has_uid;			/* sent by a local socket... */
	uint32_t uid;			/* ...of this user */
	uint64_t hwaddr;		/* link-layer source, six bytes; 0:
					 * unknown */
	uint64_t time_ns;		/* monotonic */

	/* Set by decode_ip(). All numbers in host order. */
	enum decode_status status;
	uint8_t family;			/* 4, 6; 0: unknown */
	uint8_t proto;			/* IANA, after IPv6 extensions */
	uint8_t tos;			/* TOS or traffic class, 8 bits */
	uint8_t tcp_flags;
	bool has_ports;			/* TCP, UDP, UDP-Lite, SCTP, DCCP */
	bool is_fragment;		/* the first fragment, too */
	bool more_fragments;
	struct address src;
	struct address dst;
	uint16_t sport;			/* ICMP queries: both are the */
	uint16_t dport;			/* identifier */
	uint32_t ip_len;		/* from the IP header, inclusive */
	uint32_t tcp_seq;
	uint8_t icmp_type;
	uint8_t icmp_code;
	uint16_t tcp_urgent;		/* urgent pointer; 0: none */
	uint32_t fragment_id;
	uint32_t fragment_offset;	/* bytes */
	uint32_t header_len;		/* IP and extension headers: offset of
					 * the transport header or of a
					 * fragment's data */
	const uint8_t *payload;		/* of the transport, or of IP when the
					 * protocol has no ports */
	uint32_t payload_len;		/* captured, without padding */
	/* ICMP errors: the quoted packet from its IP header on, else NULL. */
	const uint8_t *quoted;
	uint32_t quoted_len;
};

#endif
