/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow.h - table of flows: all unsettled ones, and the latest settled ones.
 *
 * Memory is fixed: small buckets under a keyed hash. A new flow takes an empty
 * place of its bucket, else evicts the longest idle settled flow, else the
 * longest idle flow of the client that has the most in the bucket. So the table
 * never grows and starting a flow never fails. A table belongs to one worker:
 * no lock.
 */
#ifndef WAYMARK_FLOW_H
#define WAYMARK_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/hints/hint.h"
#include "engine/packet/packet.h"
#include "rules/policy/facts.h"

struct pattern_stream;
struct stream;

enum flow_state {
	FLOW_EMPTY,
	FLOW_NEW,		/* just started, undecided */
	FLOW_INSPECTED,		/* provisional verdict given */
	FLOW_SETTLED,		/* final verdict given; packets that were
				 * under way still come */
};

enum flow_late {
	FLOW_ON_TIME,
	FLOW_LATE_KEPT,
	FLOW_LATE_MOVED,
	FLOW_LATE_RESET,	/* kept, and the client reset so that it
				 * connects again */
};

/* Source of the host name that the first packet's route was chosen by. */
enum flow_guess { FLOW_GUESS_NONE, FLOW_GUESS_ANSWER, FLOW_GUESS_SERVER };

#define FLOW_URGENT_MAX 4

struct flow {
	/* A flow with nothing left to inspect is answered from its first cache
	 * line: this, and the start of its facts. */
	_Alignas(64) uint64_t last_ns;	/* by flow_touch() */
	uint32_t zone;		/* flows of two VLANs do not mix */
	uint32_t packets;	/* seen by the worker */
	uint32_t generation;	/* of the policy that resolved its facts */
	uint8_t state;		/* enum flow_state; by flow_settle() */
	uint8_t path;		/* current path */
	uint8_t first_path;	/* path of the first packet */
	uint8_t late;		/* enum flow_late */
	/* Includes the key: client, server, ports, proto. */
	struct facts facts;

	uint32_t seat;		/* private to the table */
	uint32_t ifindex;	/* where the first packet arrived */
	uint32_t uid;		/* owner of the sending socket, or UID_NONE */

	uint16_t route;		/* the policy's, by the latest decision */
	uint8_t needs;		/* FACT_* that could still change the route */
	bool has_host;		/* its flow_names hold one; else they are
				 * stale */
	bool has_ja4;		/* the same for the JA4 fingerprint */
	uint64_t first_ns;	/* its start, later its first payload */
	uint32_t settled_packet;	/* 0: not settled */
	uint32_t payload_bytes[2];	/* client, server: inspected */
	uint32_t isn[2];	/* sequence number of the stream's first byte */
	bool has_isn[2];
	bool has_candidates[2];
	uint8_t padding[2];	/* zeros that may be frame padding */
	uint8_t urgent_count[2];
	uint16_t urgent[2][FLOW_URGENT_MAX];	/* offsets of urgent bytes,
						 * which are no data */
	int16_t hint;		/* that matched; -1: none */
	uint8_t guess;		/* enum flow_guess */
	uint8_t ech_config;	/* config_id of its ClientHello, if facts.ech */
	uint8_t ech_names;	/* that the outer name may stand for; not 0:
				 * the host is the likeliest of them */
	bool is_outer;		/* the host is the outer name of some ECH
				 * configuration */
	bool is_guessed;	/* its first path was chosen by learned
				 * evidence */
	bool is_held;		/* decided, waits for a DNS answer */
	uint8_t dns_asked;	/* place of the next question */
	uint8_t dns_pending;	/* bit n: question n has no answer yet */
	uint8_t dns_answers;	/* to questions */
	uint8_t dns_messages;	/* read from the server's TCP stream */
	uint8_t data_packets;	/* with payload, while it was not settled */
	uint8_t streams_taken;	/* bit: a side has taken a stream */
	uint8_t given_up;	/* bit: enum exception. Inspection ended for
				 * lack of room or budget: what was not found
				 * may still be there */
	uint8_t assumed;	/* FACT_* that are known for that reason only */
	bool is_closing;	/* a FIN or RST came while it was not settled */
	uint16_t payload_packets;	/* that count against the budget */
	uint32_t guess_hash;	/* worker_host_hash() of the host */
	uint32_t routed;	/* generation of the policy that `route` and
				 * `class` are numbers of */
	int16_t class;		/* set when it is settled; -1: none */
	uint32_t answer_packet;	/* of the latest DNS answer; 0: none */
	uint64_t question_ns;	/* of the latest DNS question */
	struct hint_set candidates[2];
	struct stream *streams[2];	/* borrowed from the worker's pool */
	struct pattern_stream *searches[2];	/* the same */
	uint32_t searched[2];		/* bytes searched for patterns */
};

_Static_assert(offsetof(struct flow, facts.is_own) < 64,
	       "addresses, ports and protocol are in the first cache line");

struct flow_table;

/*
 * Allocate room for `capacity` flows (rounded up); NULL when out of memory.
 * `release` is called with a flow that is evicted, so that its streams return
 * to their pool. With `fixed_key` the same packets always meet in the same
 * buckets: replay wants that, a hostile network must not have it.
 */
typedef void (*flow_release)(void *ctx, struct flow *flow);
struct flow_table *flow_table_new(size_t capacity, bool fixed_key,
				  flow_release release, void *ctx);
void flow_table_free(struct flow_table *table);
/*
 * Open one of `parts` (a power of two, at most an eighth of the flows) of
 * `table` for flows whose flow_hash() selects it by its highest bits. The part
 * has its own buckets; memory comes from `table`, which is borrowed and used
 * for nothing else. Each part may belong to another thread. NULL: out of
 * memory.
 */
struct flow_table *flow_table_part(struct flow_table *table, size_t number,
				   size_t parts, flow_release release,
				   void *ctx);
static inline size_t flow_part_of(uint64_t hash, size_t parts)
{
	return (size_t)((unsigned __int128)hash * parts >> 64);
}
/* Touch all memory now, to avoid page faults later. */
void flow_table_preallocate(struct flow_table *table);
size_t flow_table_bytes(const struct flow_table *table);

/* The hash of a packet's flow, the same for both directions. */
uint64_t flow_hash(const struct flow_table *table, const struct packet *pkt,
		   uint32_t zone);
/* Prefetch for flow_find(): first the bucket; some packets later the flow in
 * it. flow_prefetch_match() returns false if there is no such flow (others may
 * start one meanwhile); it then prefetches for flow_start(). */
void flow_prefetch(const struct flow_table *table, uint64_t hash);
bool flow_prefetch_match(const struct flow_table *table, uint64_t hash);

/*
 * Find the flow of `pkt`, or NULL. Borrowed until the next flow_start().
 */
struct flow *flow_find(struct flow_table *table, const struct packet *pkt,
		       uint32_t zone, uint64_t hash, bool *ret_from_server);

/* Test for a TCP SYN+ACK, which only the server sends (RFC 9293, 3.5). */
static inline bool flow_opened_by_server(const struct packet *pkt)
{
	return pkt->proto == IPPROTO_TCP &&
	       (pkt->tcp_flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
}

/*
 * Test whether the server sent `pkt`, the first packet seen of a flow. Besides
 * a SYN+ACK, in midstream these show it: an HTTP response, a TLS ServerHello,
 * or the usual port of a service on the sender's side alone.
 */
bool flow_begins_with_server(const struct packet *pkt);

/*
 * Start a flow in state FLOW_NEW, with the headers of `pkt` in its facts and
 * nothing resolved. The sender is the client, unless flow_begins_with_server().
 * If flow_find() found `again` for `pkt`, its place is reused.
 */
struct flow *flow_start(struct flow_table *table, const struct packet *pkt,
			uint32_t zone, uint64_t hash, struct flow *again);

/* Note a packet of `flow`, which has this hash: it becomes the most recent of
 * its bucket. */
void flow_touch(struct flow_table *table, struct flow *flow, uint64_t hash,
		uint64_t now_ns);

/* Mark the flow FLOW_SETTLED: it is evicted before unsettled ones. */
void flow_settle(struct flow_table *table, struct flow *flow);

/* Texts and questions found in a flow's payload. They are stored apart from the
 * flows, so that flows without any take no memory for them. */
#define FLOW_QUESTIONS 8
struct flow_names {
	uint64_t questions[FLOW_QUESTIONS];	/* hashes of DNS questions */
	char host[DOMAIN_MAX + 1];
	char ja4[JA4_LEN + 1];	/* only if requested */
};

struct flow_names *flow_names(const struct flow_table *table,
			      const struct flow *flow);
/* "" when unknown. */
static inline const char *flow_host(const struct flow_table *table,
				    const struct flow *flow)
{
	return flow->has_host ? flow_names(table, flow)->host : "";
}
static inline const char *flow_ja4(const struct flow_table *table,
				   const struct flow *flow)
{
	return flow->has_ja4 ? flow_names(table, flow)->ja4 : "";
}

/* For a walk through all flows that ever had a place in a whole table. */
size_t flow_table_places(const struct flow_table *table);
const struct flow *flow_table_at(const struct flow_table *table, size_t place);

/* Number of flows evicted before they were settled. */
uint64_t flow_table_evicted(const struct flow_table *table);

#endif
