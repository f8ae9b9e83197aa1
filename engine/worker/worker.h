/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker.h - decide packets: what each queue's thread does, and what replay
 * does with a capture. One worker belongs to one thread. It shares only the
 * policy, which never changes, and counters that anyone may read.
 */
#ifndef WAYMARK_WORKER_H
#define WAYMARK_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/learn/encrypted_dns.h"
#include "engine/flow/flow.h"
#include "engine/learn/learned.h"
#include "engine/worker/worker_config.h"
#include "engine/packet/packet.h"
#include "engine/stats/stats.h"
#include "rules/policy/policy.h"

/* Maximum number of packets worker_classify() takes at once. */
#define WORKER_BATCH 256

struct worker;

struct worker_options {
	size_t flows;		/* 0: 65,536 */
	/* A part of a borrowed table, see flow_table_part(); NULL: a table of
	 * its own. */
	struct flow_table *table;
	size_t part, parts;
	size_t streams;		/* 0: policy_inspect_streams() */
	/* Ask hints after a flow is settled, too, within the budget, so that
	 * replay can report the application; marks do not change. */
	bool name_all;
	/* Touch all memory at the start: a live engine avoids page faults. */
	bool preallocate;
	/* Use fixed hash keys, see flow_table_new(). */
	bool repeatable;
	/* Shared with other workers, borrowed; NULL: nothing is learned. */
	struct learned *learned;
	/* Take a packet's hardware address as proof of where its sender is: in
	 * replay, which has no neighbour table. */
	bool trusts_hwaddr;
	/* Packets without an arrival interface are sent by this host. */
	bool has_own_resolver;
	/* End a flow for its client. `pkt` belongs to the flow and is accepted
	 * unless it is the server's. NULL: resets are only counted. */
	void (*reset)(void *ctx, const struct packet *pkt, bool from_server);
	void *reset_ctx;
	/* Return the path of a flow that goes on in midstream, 0: unknown.
	 * `pkt` is its client's. NULL: none is known. */
	uint8_t (*recall)(void *ctx, const struct packet *pkt);
	void *recall_ctx;
};

struct verdict {
	uint32_t mark;		/* complete, with foreign bits kept */
	bool drop;
	bool is_settled;	/* this flow's verdict is final */
	/* NULL if the packet belongs to no flow of this worker. Borrowed until
	 * the next call; a later packet of a batch may have taken its place. */
	struct flow *flow;
	bool from_server;
};

/* `policy` is borrowed and must outlive the worker. NULL: out of memory. */
struct worker *worker_new(const struct policy *policy,
			  const struct worker_options *options);
void worker_free(struct worker *worker);

/*
 * Replace the policy of a running worker; for the control thread.
 * worker_prepare() allocates everything, worker_publish() hands it over, and
 * once worker_has_passed() returns true the previous policy is unused. Flows
 * that are not settled are decided again with their next packet.
 */
/* 0, -ENOMEM, or -EBUSY while the worker still uses the policy before the
 * current one. A second call replaces the first; `policy` NULL takes it
 * back. */
int worker_prepare(struct worker *worker, const struct policy *policy);
void worker_publish(struct worker *worker);
bool worker_has_passed(struct worker *worker);

/* A flow that the worker remembers. */
struct flow_view {
	struct address client, server;
	uint16_t sport, dport;
	bool has_ports;
	uint8_t proto;
	uint8_t path;		/* provisional until it is settled; 0: no
				 * longer exists */
	uint8_t needs;		/* FACT_* it waits for */
	bool is_settled;
	uint8_t late;		/* enum flow_late */
	uint8_t source;		/* of the host: enum flow_source */
	uint8_t ech_names;	/* FLOW_SOURCE_ECH: names that fit */
	uint16_t app;
	/* Numbers in the policy after `generation` reloads; -1: none, or not
	 * decided by this policy yet. */
	int32_t route;
	int32_t class;
	uint32_t generation;
	uint32_t packets;
	uint64_t first_ns, last_ns;
	char host[DOMAIN_MAX + 1];	/* "" when unknown */
};

enum flow_source {
	FLOW_SOURCE_NONE,
	FLOW_SOURCE_PAYLOAD,
	FLOW_SOURCE_ANSWER,	/* a DNS answer that the client received */
	FLOW_SOURCE_SERVER,	/* earlier flows to the server */
	FLOW_SOURCE_ECH,	/* DNS answers and the outer name of its
				 * Encrypted Client Hello */
};

/* Flows that a worker has just settled, for the control thread. The worker
 * writes, and counts what finds no room; one thread reads. */
#define SETTLED_RING 512
struct settled_ring {
	atomic_uint_fast64_t head;	/* stored by the worker */
	atomic_uint_fast64_t tail;	/* stored by the reader */
	atomic_uint_fast64_t lost;	/* counted by the worker */
	struct flow_view views[SETTLED_RING];
};

/* Report settled flows in `ring`, which is borrowed, from now on; NULL: no
 * longer. For the control thread. */
void worker_report_settled(struct worker *worker, struct settled_ring *ring);
/* Take the next flow of a ring; false: there is none. */
bool worker_take_settled(struct settled_ring *ring, struct flow_view *ret);
/* Drop all that are in it now. */
void worker_drop_settled(struct settled_ring *ring);

struct flow_query {
	size_t next;		/* place to continue from */
	bool with_settled;	/* else only unsettled flows */
	size_t count;
	bool is_complete;	/* the end of the table was reached */
	struct flow_view views[64];
};

/*
 * Ask for copies of flows, from `next` on; for the control thread. The worker
 * answers between two batches; `query` is the caller's again when
 * worker_has_answered() returns true.
 */
void worker_ask(struct worker *worker, struct flow_query *query);
bool worker_has_answered(const struct worker *worker);

/* Take over a published policy and answer worker_ask(); for the worker's
 * thread, between two batches. */
void worker_pass(struct worker *worker);

/*
 * Decide `count` packets (at most WORKER_BATCH) in order. Their source fields
 * are set; they are decoded here unless `decoded`. zones[i] keeps the flows of
 * two VLANs apart; NULL: none.
 */
void worker_classify(struct worker *worker, struct packet *packets,
		     const uint32_t *zones, size_t count, bool decoded,
		     struct verdict *ret_verdicts);

/* Decide one decoded packet with this flow_hash(). */
void worker_classify_one(struct worker *worker, const struct packet *packet,
			 uint32_t zone, uint64_t hash,
			 struct verdict *ret_verdict);

/* Inspect a packet of a flow that only the kernel forwards, for its name
 * only (options.name_all); there is no verdict. Returns its flow or NULL; for
 * an ICMP error the flow it quotes. */
struct flow *worker_observe(struct worker *worker, const struct packet *packet,
			    uint32_t zone, uint64_t hash,
			    bool *ret_from_server);

/*
 * Set the source of interface names for `in` conditions. The worker calls
 * `name_of` once for each new ifindex, and again after
 * worker_forget_interfaces(). Without it `in` is false. `buffer` has IFNAMSIZ
 * bytes; false: unknown.
 */
typedef bool (*interface_name)(void *ctx, uint32_t ifindex, char *buffer);
void worker_name_interfaces(struct worker *worker, interface_name name_of,
			    void *ctx);
void worker_forget_interfaces(struct worker *worker);

/* Whether the worker looks up new flows in the learned store. */
bool worker_learns(const struct worker *worker);
const struct stats_live *worker_counters(const struct worker *worker);
/* Counters of routes and classes by their number in the policy that was
 * published last; for the control thread. */
const struct tallies *worker_routes(const struct worker *worker);
const struct tallies *worker_classes(const struct worker *worker);
/* The hash in flow.guess_hash. */
uint32_t worker_host_hash(const char *host);
/* "" when unknown. */
const char *worker_flow_host(const struct worker *worker,
			     const struct flow *flow);
const char *worker_flow_ja4(const struct worker *worker,
			    const struct flow *flow);
/* All memory; for the worker's thread. */
size_t worker_bytes(const struct worker *worker);
/* Parts of it; for the control thread. */
size_t worker_flow_bytes(const struct worker *worker);
size_t worker_stream_bytes(const struct worker *worker);

#endif
