/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packets.h - test packets from short descriptions: real bytes, decoded by the
 * engine's decoder. */
#ifndef WAYMARK_PACKETS_H
#define WAYMARK_PACKETS_H

#include <netinet/in.h>

#include "engine/packet/packet.h"
#include "rules/policy/policy.h"

#define TEST_PACKET_MAX 2048

struct worker;

/* 192.168.1.9 port 40000 to 198.51.100.7; `back`: the reply. */
struct test_packet {
	uint8_t proto;		/* 0: TCP */
	bool back;
	uint16_t sport;		/* 0: 40000; for ICMP the identifier */
	uint16_t dport;		/* 0: 80 */
	uint8_t flags;		/* TCP; for ICMP the type */
	uint32_t seq;
	uint32_t ack;		/* 0: 1 in segments with TCP_ACK */
	uint16_t urgent;	/* urgent pointer; sets TCP_URG */
	const char *data;
	size_t len;		/* 0: strlen(data) */
	uint32_t ms;
	uint32_t mark;
	uint8_t tos;
	const char *src;	/* NULL: as above; of IPv6: so is `dst` */
	const char *dst;
	uint64_t hwaddr;
};

#define DATA(literal) .data = literal, .len = sizeof(literal) - 1

/* An ICMP destination unreachable that quotes the described packet. */
size_t packets_error(const struct test_packet *spec,
		     uint8_t bytes[static TEST_PACKET_MAX]);
/* Build a packet, starting with its IP header. Returns its length. */
size_t packets_bytes(const struct test_packet *spec,
		     uint8_t bytes[static TEST_PACKET_MAX]);
/* A packet that is not decoded yet; borrows `bytes`. */
struct packet packets_make(const struct test_packet *spec,
			   uint8_t bytes[static TEST_PACKET_MAX]);

/* Compile a policy; fail the test with its errors. */
struct policy *packets_policy(const char *text);
/* Create a small worker for tests. */
struct worker *packets_worker(const struct policy *policy);

#endif
