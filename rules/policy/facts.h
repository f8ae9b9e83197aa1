/*
 * facts.h - what is known of a flow when a policy is asked about it.
 * The engine fills it from packets, `expect` lines and `explain` from words.
 */
#ifndef WAYMARK_FACTS_H
#define WAYMARK_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/tables/address.h"

/* Kleene's three values; the order makes "and" a minimum, "or" a maximum. */
enum truth { TRUTH_FALSE, TRUTH_UNKNOWN, TRUTH_TRUE };

/* What only payload can tell. A bit set in facts.known: what facts says of it
 * is final, also when it says "none". */
#define FACT_APP 0x01u
#define FACT_HOST 0x02u
#define FACT_ALPN 0x04u
#define FACT_PAYLOAD 0x08u
#define FACT_ECH 0x10u
#define FACT_JA4 0x20u
#define FACT_ALL 0x3fu

/* Characters of a JA4 fingerprint: "t13d1516h2_8daaf6152771_b186095e22b6". */
#define JA4_LEN 36

/* (uid_t)-1, which is nobody's: a packet that no socket of this host sent. */
#define UID_NONE UINT32_MAX

/* The number of an application in the registry of hints; 0 is "none". */
#define APP_NONE 0
#define APP_MAX 256
#define APP_WORDS (APP_MAX / 64)

/* The policy's interned sets that hold something, one bit a set; see
 * policy_resolve_*(). NULL: not looked up, holds nothing. */
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
	bool is_own;		/* this host itself opened it */
	uint16_t length;	/* of the IP packet; 65535 for anything
				 * longer */
	uint16_t uid_bits;	/* policy_resolve_uid(); 0: another host's */

	/* Payload. */
	uint8_t known;		/* FACT_* */
	bool ech;		/* the ClientHello has a hidden one in it */
	uint16_t app;
	/* Memory of the facts' owner. */
	uint32_t alpn_bits;	/* policy_resolve_alpn() */
	uint32_t ja4_bits;	/* policy_resolve_ja4() */
	uint64_t patterns_seen;	/* bit n: pattern n of the policy was found */
	uint64_t patterns_gone;	/* bit n: it cannot be found any more */

	/* Looked up in the policy: the first five by
	 * policy_resolve_headers(). */
	set_bits client_sets;
	set_bits server_sets;
	set_bits sport_sets;
	set_bits dport_sets;
	set_bits length_sets;
	set_bits in_sets;
	set_bits host_sets;
};

#endif
