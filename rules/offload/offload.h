/*
 * offload.h - the part of a policy that headers decide, in a form that the
 * kernel can evaluate: chains of rules. A rule is a few sets that must hold
 * fields of a packet, and what is done then; where many rules look at one
 * field they become a map of its values.
 *
 * setup/ruleset_offload.c prints this for nftables; offload_flow() walks it
 * for replay and for the tests. Immutable once made, it owns all it needs.
 */
#ifndef WAYMARK_OFFLOAD_H
#define WAYMARK_OFFLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/tables/address.h"
#include "rules/policy/balance.h"
#include "rules/policy/condition.h"

struct policy;

/* Fields of a packet that a flow begins with. A number is kept where an IPv4
 * address has its own, so that all fields compare alike. */
enum offload_field {
	OFFLOAD_PROTO,
	OFFLOAD_TOS,
	OFFLOAD_SPORT,		/* holds only where the protocol has ports */
	OFFLOAD_DPORT,
	OFFLOAD_LENGTH,
	OFFLOAD_FROM,
	OFFLOAD_TO,
	OFFLOAD_IN,
	OFFLOAD_UID,		/* holds only for packets of the router's own */
	OFFLOAD_FIELDS,
};

struct offload_range {
	struct address first;
	struct address last;
};

/* Numbers or addresses; of interfaces the names. */
struct offload_set {
	uint32_t number;		/* the policy's: interfaces, users */
	/* Sorted, apart from each other; those of IPv6 behind the others. */
	struct offload_range *ranges;
	char **names;			/* "eth0", or "ppp*" */
	size_t count;
	size_t count6;			/* so many at the end are IPv6 */
};

struct offload_test {
	uint8_t field;		/* ports and what follows them */
	bool is_negated;	/* addresses and interfaces only */
	uint32_t set;
};

enum offload_verdict {
	OFFLOAD_QUEUE,		/* the engine has to look */
	OFFLOAD_PATH,		/* settled: `value` is the path */
	OFFLOAD_BALANCE,	/* settled: by the hash, `value` is which */
	OFFLOAD_JUMP,		/* `value` is a chain; come back if it ends */
	OFFLOAD_MAP,		/* as the map of a field says */
};

struct offload_target {
	uint8_t verdict;	/* enum offload_verdict */
	uint32_t value;
	uint32_t route;		/* that says so: of `routes`, plus one */
};

struct offload_case {
	struct offload_range range;
	struct offload_target target;
};

/* Values in order; addresses of the two families have a map each. */
struct offload_map {
	uint8_t field;
	struct offload_case *cases[2];	/* IPv4 and numbers; IPv6 */
	size_t counts[2];
};

#define OFFLOAD_TESTS_MAX 6

struct offload_rule {
	struct bitmap proto;	/* what is not in it the rule is not for */
	struct bitmap tos;
	struct offload_test tests[OFFLOAD_TESTS_MAX];
	uint8_t test_count;
	struct offload_target target;
	struct offload_map *map;	/* OFFLOAD_MAP */
};

struct offload_chain {
	struct bitmap proto;	/* only these get here */
	struct offload_rule *rules;
	size_t count;
};

struct offload {
	struct offload_set *sets;
	size_t set_count;
	struct offload_chain *chains;
	size_t chain_count;
	/* What each route comes to, those `per packet` behind the others;
	 * OFFLOAD_QUEUE: the kernel never decides by it. */
	struct offload_target *routes;
	size_t route_count;
	size_t flow_route_count;
	struct balance *balances;	/* copies of the policy's */
	size_t balance_count;
	uint32_t flows;		/* the chain that new flows begin at */
	uint32_t packets;	/* that each packet does; OFFLOAD_NONE */
	uint32_t refused;	/* a `per packet` route; OFFLOAD_NONE */
	/* Lines of "route ...: why", for those that the engine keeps; of a
	 * route's text no more than OFFLOAD_NOTE_TEXT. */
	char *notes;
};

#define OFFLOAD_NONE UINT32_MAX
#define OFFLOAD_NOTE_TEXT 160

/* Lists of more ranges than this stay in the engine, and so do those that
 * would make more than that of all lists together: the kernel takes some 170
 * bytes for each range, and a list is one transaction. */
#define OFFLOAD_RANGES_MAX 524288
#define OFFLOAD_RANGES_ALL 1048576

/* 0 or -ENOMEM. With `offload off` new flows are all queued. */
int offload_make(const struct policy *policy, struct offload **ret);
void offload_free(struct offload *offload);

struct facts;

/* What happens to a new flow: OFFLOAD_QUEUE, _PATH or _BALANCE. */
struct offload_target offload_flow(const struct offload *offload,
				   const struct facts *facts);
/* The path of a packet by the `per packet` routes, 0 for none. */
uint8_t offload_packet(const struct offload *offload,
		       const struct facts *facts);

/* Whether every bit of `inner` is in `outer`. */
static inline bool offload_covers(const struct bitmap *outer,
				  const struct bitmap *inner)
{
	for (int i = 0; i < 4; i++)
		if (inner->words[i] & ~outer->words[i])
			return false;
	return true;
}

static inline bool offload_has(const struct bitmap *bitmap, uint32_t n)
{
	return bitmap->words[n / 64] >> n % 64 & 1;
}

extern const struct bitmap offload_any;
/* Protocols that have ports (as packet.h knows them). */
extern const struct bitmap offload_ported;

#endif
