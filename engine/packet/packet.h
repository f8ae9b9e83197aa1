/*
 * packet.h - one packet: what its source says of it, and its headers decoded.
 * Plain data with borrowed pointers into the source's buffer.
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
#define TCP_ACK 0x10

enum decode_status {
	DECODE_OK,		/* headers are complete */
	DECODE_FRAGMENT,	/* no transport header here: a later fragment */
	DECODE_CUT,		/* ends before its headers do */
	DECODE_ABSURD,		/* lengths or fields that cannot be */
	DECODE_NOT_IP,		/* ARP and the like */
	DECODE_STATUSES,
};

struct packet {
	/* Set by the source. */
	const uint8_t *data;		/* begins with the IP header */
	uint32_t len;			/* bytes that are there */
	uint32_t mark;			/* skb mark, host order */
	uint32_t ifindex;		/* arrival; 0: this host, or unknown */
	bool has_uid;			/* of a socket of this host: */
	uint32_t uid;			/* its user */
	uint64_t hwaddr;			/* who sent it on the link: a hardware
					 * address of six bytes; 0: unknown */
	uint64_t time_ns;		/* a clock that never runs backwards */

	/* Set by decode_ip(). All numbers in host order. */
	enum decode_status status;
	uint8_t family;			/* 4, 6; 0: not even that is known */
	uint8_t proto;			/* IANA protocol past IPv6 extensions */
	uint8_t tos;			/* TOS or traffic class, 8 bits */
	uint8_t tcp_flags;
	bool has_ports;			/* TCP, UDP, UDP-Lite, SCTP, DCCP */
	bool is_fragment;		/* of a larger packet, also its first */
	bool more_fragments;
	struct address src;
	struct address dst;
	uint16_t sport;			/* ICMP echo: the identifier, both */
	uint16_t dport;
	uint32_t ip_len;		/* by the IP header, itself included */
	uint32_t tcp_seq;
	uint8_t icmp_type;
	uint8_t icmp_code;
	uint32_t fragment_id;
	uint32_t fragment_offset;	/* bytes */
	uint32_t header_len;		/* of IP and what belongs to it: where
					 * the transport header, or for a
					 * fragment its data, begins */
	const uint8_t *payload;		/* of the transport; of IP, where the
					 * protocol has no ports */
	uint32_t payload_len;		/* that is there, padding left out */
	/* ICMP errors: the packet that is quoted, from its IP header on;
	 * NULL else. */
	const uint8_t *quoted;
	uint32_t quoted_len;
};

#endif
