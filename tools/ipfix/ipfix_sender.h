/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipfix_sender.h - the connection to a collector, which is never waited for.
 *
 * One message is under way at a time: until the socket has taken it, the caller
 * keeps its records queued. Times are those of clock_ms().
 */
#ifndef WAYMARK_IPFIX_SENDER_H
#define WAYMARK_IPFIX_SENDER_H

#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/ipfix/ipfix_encoder.h"

struct ipfix_sender {
	const char *name;	/* the collector, for messages; borrowed */
	struct addrinfo *addresses, *address;
	bool is_udp;
	int fd;			/* -1: none */
	bool is_connected;
	bool is_fresh;		/* connected since ipfix_sender_take_fresh() */
	uint64_t quiet_until_ms;	/* 0: no failure was reported */
	uint64_t retry_ms;	/* when to connect */
	unsigned backoff_ms;
	uint8_t message[IPFIX_MESSAGE_MAX];
	size_t len, sent;
	size_t records;		/* in the message */
	size_t last_records;	/* in the datagram before it */
	uint64_t lost;		/* records */
};

/*
 * Resolve "tcp://HOST[:PORT]" or "udp://HOST[:PORT]", which is borrowed; this
 * waits for the DNS. False: errors are printed.
 */
bool ipfix_sender_init(struct ipfix_sender *sender, const char *collector);
void ipfix_sender_fini(struct ipfix_sender *sender);

/* Connect when it is time to, and send what there is. */
void ipfix_sender_turn(struct ipfix_sender *sender, uint64_t now_ms);

/* What to wait for; fd -1: for retry_ms. */
struct pollfd ipfix_sender_poll(const struct ipfix_sender *sender);

/* True once for each connection: it begins a session. *ret_size: the
 * longest message. */
bool ipfix_sender_take_fresh(struct ipfix_sender *sender, size_t *ret_size);

/* Whether it takes a message. */
bool ipfix_sender_is_ready(const struct ipfix_sender *sender);
void ipfix_sender_put(struct ipfix_sender *sender, const uint8_t *message,
		      size_t len, size_t records);

#endif
