/*
 * replay_shard.h - the flows of a replay are dealt out to a fixed number of
 * shares by their tuple. Each has a worker and a conntrack of its own, so that
 * several threads can have shares of one capture, and what comes out does not
 * depend on how many they are.
 */
#ifndef WAYMARK_REPLAY_SHARD_H
#define WAYMARK_REPLAY_SHARD_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/replay/conntrack.h"
#include "engine/replay/replay.h"
#include "engine/replay/replay_flows.h"
#include "engine/replay/replay_kernel.h"
#include "engine/worker/worker.h"

#define REPLAY_SHARDS 8

/* Lives of tuples. */
struct replay_entries {
	struct conntrack *conntrack;
	struct replay_entry *ended;	/* by replay_entry_chain() */
};

int replay_entries_init(struct replay_entries *entries, size_t max);
void replay_entries_fini(struct replay_entries *entries);

/* What all shares have in common. */
struct replay_common {
	const struct policy *policy;
	const struct marks *marks;
	const char *interface;		/* NULL: unknown */
	struct flow_table *table;	/* its parts are the workers' */
	bool is_strict;			/* some uplink is */
	struct replay_kernel *kernel;
	struct learned *learned;	/* where it is used, all shares are
					 * one thread's */
	/* ICMP errors that quote nothing that is known are of no share. */
	struct replay_entries strays;
	/* Before those are used: until all packets before that which `share`
	 * is at have been passed, since the order counts. */
	void (*await_turn)(void *ctx, size_t shard);
	void *ctx;
};

/* One packet on its way. */
struct job {
	struct packet *packet;
	uint64_t number;
	uint64_t hash;			/* replay_shard_hash() */
	/* It came in so many pieces, of so many bytes. */
	uint64_t bytes;
	uint32_t packets;
	uint32_t zone;
	/* What became of it. */
	uint32_t mark;
	enum conntrack_state state;
	struct conntrack_entry *entry;
	struct replay_entry *added;	/* its flow, if it is new; or NULL */
	struct replay_flow *flow;	/* NULL: of none */
	int rc;				/* 0 or -ENOMEM */
	uint8_t member;			/* who passes it */
	bool from_server;
	bool queued;
	bool is_settled;
	bool dropped;
};

struct replay_shard;

/* NULL: out of memory. `common` is borrowed. */
struct replay_shard *replay_shard_new(const struct replay_common *common,
				      size_t number);
void replay_shard_free(struct replay_shard *shard);

/* The flow_hash() of a whole packet or, of an ICMP error, of what it quotes;
 * replay_shard_of() says whose it is. */
uint64_t replay_shard_hash(const struct replay_common *common,
			   const struct packet *pkt, uint32_t zone);
static inline size_t replay_shard_of(uint64_t hash)
{
	return flow_part_of(hash, REPLAY_SHARDS);
}

/* Track it, decide it, and note in its flow what became of it. */
void replay_shard_pass(struct replay_shard *shard, struct job *p);

/* The lives that ended since it was asked last; see replay_entry_chain(). */
struct replay_entry *replay_entries_ended(struct replay_entries *entries);
struct replay_entries *replay_shard_entries(struct replay_shard *shard);

/* Whether flows learn from each other, or one is reset as another was not. */
bool replay_shard_learns(const struct replay_shard *shard);
uint64_t replay_shard_dns_answers(const struct replay_shard *shard);

#endif
