/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay_shard.h - process a part of a replay's flows. The hash of their tuple
 * assigns flows to a fixed number of shards. Each shard has its own worker and
 * conntrack, so that several threads can process one capture and the result
 * does not depend on their number.
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

/* The flows of a shard. */
struct replay_entries {
	struct conntrack *conntrack;
	struct replay_entry *ended;	/* by replay_entry_chain() */
};

int replay_entries_init(struct replay_entries *entries, size_t max);
void replay_entries_fini(struct replay_entries *entries);

/* What all shards share. */
struct replay_common {
	const struct policy *policy;
	const struct marks *marks;
	const char *interface;		/* NULL: unknown */
	struct flow_table *table;	/* each worker uses its part */
	bool is_strict;			/* some uplink is strict */
	struct replay_kernel *kernel;
	struct learned *learned;	/* if in use, one thread processes all
					 * shards */
	/* ICMP errors that quote no known flow belong to no shard. */
	struct replay_entries strays;
	/* Called before `strays` is used: wait until all packets before the
	 * one that `shard` processes are done, since their order matters. */
	void (*await_turn)(void *ctx, size_t shard);
	void *ctx;
};

/* The processing of one packet. */
struct job {
	struct packet *packet;
	uint64_t number;
	uint64_t hash;			/* replay_shard_hash() */
	uint64_t bytes;			/* of `packets` packets, if it was */
	uint32_t packets;		/* reassembled */
	uint32_t zone;
	/* The result. */
	uint32_t mark;
	enum conntrack_state state;
	struct conntrack_entry *entry;
	struct replay_entry *added;	/* its flow, if new; or NULL */
	struct replay_flow *flow;	/* NULL: none */
	int rc;				/* 0 or -ENOMEM */
	uint8_t member;			/* of the pool, which processes it */
	bool is_start;			/* of its flow */
	bool from_server;
	bool queued;
	bool is_settled;
	bool dropped;
};

struct replay_shard;

/* Create shard `number`; NULL when out of memory. `common` is borrowed. */
struct replay_shard *replay_shard_new(const struct replay_common *common,
				      size_t number);
void replay_shard_free(struct replay_shard *shard);

/* Return the flow_hash() of a packet; for an ICMP error, that of the packet it
 * quotes. replay_shard_of() maps it to a shard. */
uint64_t replay_shard_hash(const struct replay_common *common,
			   const struct packet *pkt, uint32_t zone);
static inline size_t replay_shard_of(uint64_t hash)
{
	return flow_part_of(hash, REPLAY_SHARDS);
}

/* Track and classify a packet, and update its flow. */
void replay_shard_run(struct replay_shard *shard, struct job *job);

/* Return the flows that ended since the latest call; see
 * replay_entry_chain(). */
struct replay_entry *replay_entries_ended(struct replay_entries *entries);
struct replay_entries *replay_shard_entries(struct replay_shard *shard);

/* Test whether the result for one flow depends on earlier flows, because names
 * are learned or flows reset. */
bool replay_shard_learns(const struct replay_shard *shard);
uint64_t replay_shard_dns_answers(const struct replay_shard *shard);

#endif
