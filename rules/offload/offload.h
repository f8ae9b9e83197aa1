/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * offload.h - the header-only part of a policy in a form that the kernel can
 * evaluate: chains of rules. A rule tests fields of a packet against sets and
 * has a target; many rules that test one field become a map of its values.
 *
 * setup/ruleset/ruleset_offload.c prints it for nftables; offload_flow()
 * evaluates it for replay and the tests. It is immutable and owns its memory.
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

struct offload_range {
	struct address first;
	struct address last;
};

/* Numbers, addresses, or names of interfaces. */
struct offload_set {
	uint32_t number;		/* in the policy: interfaces, users */
	/* Sorted and disjoint; those of IPv6 after the others. */
	struct offload_range *ranges;
	char **names;			/* "eth0", or "ppp*" */
	size_t count;
	size_t count6;			/* of them, at the end, IPv6 */
};

struct offload_test {
	uint8_t field;		/* not OFFLOAD_PROTO and OFFLOAD_TOS */
	bool is_negated;	/* addresses and interfaces only */
	uint32_t set;
};

enum offload_verdict {
	OFFLOAD_QUEUE,		/* the engine decides; `value` is 1 if it may
				 * decide for a strict uplink */
	OFFLOAD_PATH,		/* settled; `value` is the path */
	OFFLOAD_BALANCE,	/* settled; `value` is the balance */
	OFFLOAD_JUMP,		/* to chain `value`; continue at its end */
	OFFLOAD_MAP,		/* the target from the map of the rule */
};

struct offload_target {
	uint8_t verdict;	/* enum offload_verdict */
	uint32_t value;
	uint32_t route;		/* the index in `routes`, plus one; or 0 */
};

struct offload_case {
	struct offload_range range;
	struct offload_target target;
};

/* Sorted by value; a map for each address family. */
struct offload_map {
	uint8_t field;
	struct offload_case *cases[2];	/* IPv4 and numbers; IPv6 */
	size_t counts[2];
};

#define OFFLOAD_TESTS_MAX 6

struct offload_rule {
	struct bitmap proto;	/* protocols that the rule applies to */
	struct bitmap tos;
	struct offload_test tests[OFFLOAD_TESTS_MAX];
	uint8_t test_count;
	struct offload_target target;
	struct offload_map *map;	/* OFFLOAD_MAP */
};

struct offload_chain {
	struct bitmap proto;	/* protocols that reach the chain */
	struct offload_rule *rules;
	size_t count;
};

struct offload {
	struct offload_set *sets;
	size_t set_count;
	struct offload_chain *chains;
	size_t chain_count;
	/* The target of each route, those `per packet` after the others;
	 * OFFLOAD_QUEUE: the kernel never decides by this route. */
	struct offload_target *routes;
	size_t route_count;
	size_t flow_route_count;
	struct balance *balances;	/* copied from the policy */
	size_t balance_count;
	uint32_t flows;		/* the first chain for new flows */
	uint32_t packets;	/* the first one for every packet, or NONE */
	uint32_t refused;	/* a `per packet` route too large, or NONE */
	/* A line "route ...: reason" for each route that stays in the engine;
	 * the text of the route is cut at OFFLOAD_NOTE_TEXT. */
	char *notes;
};

#define OFFLOAD_NONE UINT32_MAX
#define OFFLOAD_NOTE_TEXT 160

/* The limits of one list and of all lists; routes with longer lists stay in the
 * engine. The kernel needs about 170 bytes per range, and a list is loaded in
 * one transaction. */
#define OFFLOAD_RANGES_MAX 524288
#define OFFLOAD_RANGES_ALL 1048576

/* Build the rules of a policy: 0 or -ENOMEM. With `kernel-routes off` all new
 * flows are queued. */
int offload_make(const struct policy *policy, struct offload **ret);
void offload_free(struct offload *offload);

/* Whether a rule compares addresses with `set`; a set that became part of a map
 * is unused. */
bool offload_has_addresses(const struct offload *offload, size_t set);

struct facts;

/* Evaluate the rules for a new flow: OFFLOAD_QUEUE, _PATH or _BALANCE. */
struct offload_target offload_flow(const struct offload *offload,
				   const struct facts *facts);
/* Evaluate the `per packet` routes: the path of a packet, or 0. */
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

static inline bool offload_is_address(uint8_t field)
{
	return field == OFFLOAD_FROM || field == OFFLOAD_TO;
}

static inline bool offload_has(const struct bitmap *bitmap, uint32_t n)
{
	return bitmap->words[n / 64] >> n % 64 & 1;
}

extern const struct bitmap offload_any;
/* The protocols with ports that packet.h decodes. */
extern const struct bitmap offload_ported;

#endif
