/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipfix_record.h - a flow that has ended, and a queue of such flows.
 * Both belong to one thread.
 */
#ifndef WAYMARK_IPFIX_RECORD_H
#define WAYMARK_IPFIX_RECORD_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/tables/address.h"

/* flowEndReason of RFC 5102, 5.11.3. */
#define IPFIX_END_IDLE 1
#define IPFIX_END_DETECTED 3
#define IPFIX_END_FORCED 4

#define IPFIX_NAME_MAX 40

struct ipfix_record {
	uint64_t start_ms;	/* 0: unknown */
	uint64_t end_ms;
	bool is_counted;	/* the four below are known */
	uint64_t octets, packets;
	uint64_t reverse_octets, reverse_packets;
	/* Before and after NAT. */
	struct address src, dst, nat_src, nat_dst;
	uint16_t sport, dport, nat_sport, nat_dport;
	uint8_t proto;
	uint8_t end_reason;	/* 0: unknown */
	char ingress[IF_NAMESIZE], egress[IF_NAMESIZE];	/* "": unknown */
	char uplink[IPFIX_NAME_MAX];
	char app[IPFIX_NAME_MAX];
	char host[256];
};

/* Read a line of `waymark records`; false: it is none. */
bool ipfix_record_parse(const char *line, size_t len, struct ipfix_record *ret);

/* The records that wait for the collector. */
struct ipfix_queue;

/* Room for `capacity` records, allocated once; NULL when out of memory. */
struct ipfix_queue *ipfix_queue_new(size_t capacity);
void ipfix_queue_free(struct ipfix_queue *queue);
/* Copy a record; false: the queue is full. */
bool ipfix_queue_add(struct ipfix_queue *queue,
		     const struct ipfix_record *record);
/* The oldest record, borrowed until it is removed; NULL: none. */
const struct ipfix_record *ipfix_queue_first(const struct ipfix_queue *queue);
void ipfix_queue_remove_first(struct ipfix_queue *queue);
size_t ipfix_queue_count(const struct ipfix_queue *queue);

#endif
