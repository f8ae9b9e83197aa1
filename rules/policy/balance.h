/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * balance.h - load balancing: choose a path for a flow by weight.
 *
 * Engine, replay, expect and explain use this function; the rules that
 * setup/ruleset/ruleset_balance.c makes for the kernel give the same result.
 *
 * The hash of a flow, scaled to the sum of the weights, is its slot. Each
 * member has as many slots as its weight, in the order of the policy. If the
 * slot belongs to a member that is down, the flow is hashed again with another
 * seed over the members that are up. So flows of members that are up stay, and
 * those of the member that is down are distributed by weight.
 */
#ifndef WAYMARK_BALANCE_H
#define WAYMARK_BALANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct facts;

/* Arbitrary, but never change them: flows would change their paths. */
#define BALANCE_SEED 0x62616c31u
#define BALANCE_SEED_AGAIN 0x62616c32u

/* The largest sum of the weights of a balance. */
#define BALANCE_MAX 256

/* A set of paths, a bit for each path number. */
struct path_set {
	uint64_t words[4];
};

static inline bool path_set_has(const struct path_set *set, uint8_t path)
{
	return set->words[path / 64] >> path % 64 & 1;
}

static inline void path_set_add(struct path_set *set, uint8_t path)
{
	set->words[path / 64] |= UINT64_C(1) << path % 64;
}

struct balance_member {
	uint8_t path;		/* an uplink's, or main's */
	uint16_t weight;
};

struct balance {
	const struct balance_member *members;	/* two or more */
	size_t count;
	bool by_source;		/* all flows of a client take one path */
};

/* The sum of the weights of the members that are not in `down`. */
uint32_t balance_weight(const struct balance *balance,
			const struct path_set *down);

/*
 * Choose the path of a flow with these headers. If all members are down, each
 * keeps its slots, so that the fallback of its uplink applies. Local flows
 * take the first member that is up: their source address is already chosen.
 */
uint8_t balance_path(const struct balance *balance, const struct facts *facts,
		     const struct path_set *down);
/* The first member that is up, else the first. */
uint8_t balance_first(const struct balance *balance,
		      const struct path_set *down);

#endif
