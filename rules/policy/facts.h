/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * facts.h - the properties of a flow that a policy decides by.
 * The engine fills them from packets, `expect` and `explain` from words.
 */
#ifndef WAYMARK_FACTS_H
#define WAYMARK_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/tables/address.h"

/* Kleene's three values; the order makes "and" a minimum, "or" a maximum. */
enum truth { TRUTH_FALSE, TRUTH_UNKNOWN, TRUTH_TRUE };

/* Facts that come from payload. A bit in facts.known means that the value is
 * final, "none" included. */
#define FACT_APP 0x01u
#define FACT_HOST 0x02u
#define FACT_ALPN 0x04u
#define FACT_PAYLOAD 0x08u
#define FACT_ECH 0x10u
#define FACT_JA4 0x20u
#define FACT_ALL 0x3fu

/* Characters of a JA4 fingerprint: "t13d1516h2_8daaf6152771_b186095e22b6". */
#define JA4_LEN 36

/* (uid_t)-1, which no user has: the packet is not from a local socket. */
#define UID_NONE UINT32_MAX

/* The number of an application in the registry of hints; 0 is "none". */
#define APP_NONE 0
#define APP_MAX 256
#define APP_WORDS (APP_MAX / 64)

/* The result of a look-up: a bit for each set of the policy that contains the
 * value; see policy_resolve_*(). NULL: not looked up, in no set. */
typedef const uint64_t *set_bits;

struct facts {
	/* Headers of the flow's first packet, client to server; host order. */
	struct address client;
	struct address server;
	uint16_t sport;
	uint16_t dport;
	bool has_ports;
	uint8_t proto;
	uint8_t tos;
	bool is_own;		/* opened by this host */
	uint16_t length;	/* of the IP packet; at most 65535 */
	uint16_t uid_bits;	/* policy_resolve_uid(); 0: not local */

	/* Payload. */
	uint8_t known;		/* FACT_* */
	bool ech;		/* the ClientHello has a hidden one in it */
	uint16_t app;

	uint32_t alpn_bits;	/* policy_resolve_alpn() */
	uint32_t ja4_bits;	/* policy_resolve_ja4() */
	uint64_t patterns_seen;	/* bit n: pattern n of the policy matched */
	uint64_t patterns_gone;	/* bit n: it can no longer match */

	/* Results of look-ups, the first five by policy_resolve_headers(). The
	 * owner of the policy or of the facts keeps the memory. */
	set_bits client_sets;
	set_bits server_sets;
	set_bits sport_sets;
	set_bits dport_sets;
	set_bits length_sets;
	set_bits in_sets;
	set_bits host_sets;
};

#endif
