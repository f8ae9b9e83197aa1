/*
 * worker.h - packets in, verdicts out: what each queue's thread does, and what
 * replay does with a capture. One worker, one thread; nothing shared but the
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
#include "rules/policy/policy.h"

/* The most packets worker_classify() takes at once. */
#define WORKER_BATCH 256

struct worker;

struct worker_options {
	size_t flows;		/* 0: 65,536 */
	/* Where not NULL, they are in this part of a table, flow_table_part(),
	 * which is borrowed. */
	struct flow_table *table;
	size_t part, parts;
	size_t streams;		/* 0: policy_inspect_streams() */
	/* Go on with hints after a flow is settled, as far as the budget goes,
	 * so that replay can tell the application; marks stay. */
	bool name_all;
	/* Take all memory at the start; a live engine wants no page faults. */
	bool preallocate;
	/* Nothing depends on chance: see flow_table_new(). */
	bool repeatable;
	/* Shared with other workers, borrowed; NULL: nothing is learned. */
	struct learned *learned;
	/* Packets without an interface are this host's own. */
	bool has_own_resolver;
	/* End a flow for its client, which `pkt` belongs to and which is to be
	 * accepted unless it is dropped then; NULL: it is only counted. */
	void (*reset)(void *ctx, const struct packet *pkt, bool from_server);
	void *reset_ctx;
};

struct verdict {
	uint32_t mark;		/* the whole mark, foreign bits kept */
	bool drop;
	bool is_settled;	/* this flow's verdict is final */
	/* NULL for what is no flow, or none of this worker's; borrowed until
	 * the next call. A later packet of a batch may have taken its place. */
	struct flow *flow;
	bool from_server;
};

struct worker_counters {
	atomic_uint_fast64_t packets;
	atomic_uint_fast64_t bytes;
	atomic_uint_fast64_t undecoded[DECODE_STATUSES];
	atomic_uint_fast64_t flows;
	atomic_uint_fast64_t settled;
	atomic_uint_fast64_t dropped;	/* packets */
	atomic_uint_fast64_t late_kept;
	atomic_uint_fast64_t late_moved;
	atomic_uint_fast64_t late_reset;
	/* Of the settled: never by another path; of these and of the late, by
	 * what was learned. */
	atomic_uint_fast64_t first_packet_correct;
	atomic_uint_fast64_t learned_correct;
	atomic_uint_fast64_t learned_mispredicted;
	atomic_uint_fast64_t dns_answers;	/* that taught */
	atomic_uint_fast64_t encrypted_dns[ENCRYPTED_DNS_KINDS]; /* flows */
	atomic_uint_fast64_t evicted;
	atomic_uint_fast64_t streams_reclaimed;	/* stream_pool_reclaimed() */
};

/* `policy` is borrowed and must outlive the worker. NULL: out of memory. */
struct worker *worker_new(const struct policy *policy,
			  const struct worker_options *options);
void worker_free(struct worker *worker);

/*
 * Another policy for a running worker; the control thread calls these. First
 * all memory that takes, then the policy is handed over, and in the end, when
 * worker_has_passed() is true, the policy before is used no more. Flows that
 * are not settled are decided anew as their next packet comes.
 */
/* 0, -ENOMEM, or -EBUSY while the worker has not passed yet. Of two, the
 * later counts; `policy` NULL takes back what was prepared. */
int worker_prepare(struct worker *worker, const struct policy *policy);
void worker_publish(struct worker *worker);
bool worker_has_passed(struct worker *worker);

/* A flow that is not settled. */
struct flow_view {
	struct address client, server;
	uint16_t sport, dport;
	bool has_ports;
	uint8_t proto;
	uint8_t path;		/* provisional; 0 when that is gone */
	uint8_t needs;		/* FACT_* that it waits for */
	uint16_t app;
	int32_t route;		/* provisional; -1: to be decided anew */
	uint32_t packets;
	uint64_t first_ns, last_ns;
	char host[DOMAIN_MAX + 1];	/* "" when unknown */
};

struct flow_query {
	size_t next;		/* place to go on with */
	size_t count;
	bool is_complete;	/* there are no more places */
	struct flow_view views[64];
};

/*
 * The control thread: have some flows copied, from `next` on, when the worker
 * passes; worker_has_answered() tells when `query` is the caller's again.
 */
void worker_ask(struct worker *worker, struct flow_query *query);
bool worker_has_answered(const struct worker *worker);

/* The worker's thread, between two batches: take what was handed over, answer
 * worker_ask(). */
void worker_pass(struct worker *worker);

/*
 * Decide `count` packets (at most WORKER_BATCH) in their order. The packets'
 * source fields are set; they are decoded here unless `decoded`. zones[i] keeps
 * flows of two VLANs apart; NULL: none.
 */
void worker_classify(struct worker *worker, struct packet *packets,
		     const uint32_t *zones, size_t count, bool decoded,
		     struct verdict *ret_verdicts);

/* One packet, decoded, of this flow_hash(). */
void worker_classify_one(struct worker *worker, const struct packet *packet,
			 uint32_t zone, uint64_t hash,
			 struct verdict *ret_verdict);

/* The same of a flow that the kernel carries by itself: it is only looked at
 * for its name (options.name_all), and gets no verdict. Returns its flow or
 * NULL; for an ICMP error that of the packet it quotes. */
struct flow *worker_observe(struct worker *worker, const struct packet *packet,
			    uint32_t zone, uint64_t hash,
			    bool *ret_from_server);

/*
 * Names of arrival interfaces, for `in` conditions: the worker asks `name_of`
 * once for each new ifindex, and again after worker_forget_interfaces().
 * Without it `in` is false. `buffer` has IFNAMSIZ bytes; false: unknown.
 */
typedef bool (*interface_name)(void *ctx, uint32_t ifindex, char *buffer);
void worker_name_interfaces(struct worker *worker, interface_name name_of,
			    void *ctx);
void worker_forget_interfaces(struct worker *worker);

/* Whether it asks what was learned when a flow begins. */
bool worker_learns(const struct worker *worker);
const struct worker_counters *worker_counters(const struct worker *worker);
/* Of the policy's routes and classes, by their number in the policy that was
 * published last; for the control thread. */
const struct tallies *worker_routes(const struct worker *worker);
const struct tallies *worker_classes(const struct worker *worker);
/* What flow.guess_hash holds. */
uint32_t worker_host_hash(const char *host);
/* "" when unknown. */
const char *worker_flow_host(const struct worker *worker,
			     const struct flow *flow);
const char *worker_flow_ja4(const struct worker *worker,
			    const struct flow *flow);
/* All memory; for its own thread. */
size_t worker_bytes(const struct worker *worker);
/* Parts of it; for the control thread. */
size_t worker_flow_bytes(const struct worker *worker);
size_t worker_stream_bytes(const struct worker *worker);

#endif
