/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * learned_dns.h - read DNS messages: which addresses an answer gives for the
 * name that was asked for (RFC 1035, RFC 9460). Pure functions; any thread may
 * call them.
 */
#ifndef WAYMARK_LEARNED_DNS_H
#define WAYMARK_LEARNED_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/packet/cursor.h"
#include "rules/tables/address.h"
#include "rules/tables/domain_table.h"

#define DNS_ADDRESSES_MAX 32
#define DNS_ECH_MAX 4

struct dns_answer {
	char name[DOMAIN_MAX + 1];	/* from the question, canonical */
	size_t count;
	struct dns_address {
		struct address address;
		uint32_t ttl_s;		/* the least along the CNAME chain */
	} addresses[DNS_ADDRESSES_MAX];
	size_t ech_count;
	struct dns_ech {		/* of HTTPS and SVCB records */
		uint8_t config_id;
		uint32_t ttl_s;
		char public_name[DOMAIN_MAX + 1];	/* canonical */
	} ech[DNS_ECH_MAX];
};

/* Whether a message is a response, complete or not. */
bool dns_is_answer(struct cursor message);

struct dns_question {
	uint16_t id;
	uint16_t type;
	bool is_response;	/* that repeats the question */
	size_t len;
	char name[DOMAIN_MAX + 1];	/* in lower case, not canonical */
};

/* Read the question of a query or of a response, complete or not. False unless
 * it has exactly one, of class IN. */
bool dns_read_question(struct cursor message, struct dns_question *ret);

/*
 * Read a complete message. False unless it is a well-formed, complete answer
 * without an error to one question for addresses. Addresses that no server can
 * have (loopback, 0.0.0.0, ...) are left out.
 */
bool dns_read_answer(struct cursor message, struct dns_answer *ret);

/* Take the next message of a TCP stream, behind its length field; false when it
 * is incomplete. */
bool dns_next_message(struct cursor *stream, struct cursor *ret_message);

#endif
