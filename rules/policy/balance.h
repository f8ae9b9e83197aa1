/*
 * balance.h - several paths that share flows by weight: which of them a flow
 * takes. One function for engine, replay, expect and explain; the kernel's
 * rules (setup/ruleset_balance.c) say the same in nft's words.
 *
 * A flow's hash is scaled to the sum of the weights: its slot. Members own as
 * many slots as they weigh, in the order in which they are written. A flow
 * whose slot belongs to a dead member is hashed once more, with another seed,
 * over the living alone. So their own flows stay where they are, and what the
 * dead one had is shared by weight.
 */
#ifndef WAYMARK_BALANCE_H
#define WAYMARK_BALANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct facts;

/* Any numbers, but never others: flows would change their paths. */
#define BALANCE_SEED 0x62616c31u
#define BALANCE_SEED_AGAIN 0x62616c32u

/* The weights of all members together. */
#define BALANCE_MAX 256

/* Paths by their numbers, a bit each. */
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
	bool by_source;		/* all flows of a client go together */
};

/* What those weigh that are not in `dead`. */
uint32_t balance_weight(const struct balance *balance,
			const struct path_set *down);

/*
 * The path of a flow with these headers. Where all are dead each keeps its
 * slots, so that what its uplink says of that holds. The router's own flows
 * take the first that lives: their source address is chosen before.
 */
uint8_t balance_path(const struct balance *balance, const struct facts *facts,
		     const struct path_set *down);
/* The first living member, else the first. */
uint8_t balance_first(const struct balance *balance,
		      const struct path_set *down);

#endif
