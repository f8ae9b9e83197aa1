/*
 * flow.h - the flows that are not settled yet, and the latest that are.
 *
 * Fixed memory: a table of small buckets under a keyed hash. A new flow takes
 * an empty place of its bucket, else that of the longest idle settled flow,
 * else that of the longest idle flow; so nothing grows and nothing fails. A
 * table belongs to one worker: no lock.
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
	FLOW_NEW,		/* just started: nothing decided */
	FLOW_INSPECTED,		/* provisional verdict given */
	FLOW_SETTLED,		/* final verdict given; packets that were
				 * under way still come */
};

enum flow_late {
	FLOW_ON_TIME,
	FLOW_LATE_KEPT,
	FLOW_LATE_MOVED,
	FLOW_LATE_RESET,	/* kept, and the client told to come again */
};

/* Where the host came from that the first packet was taken to be for. */
enum flow_guess { FLOW_GUESS_NONE, FLOW_GUESS_ANSWER, FLOW_GUESS_SERVER };

struct flow {
	/* A flow that needs nothing new is answered from its first cache line:
	 * this, and what its facts begin with. */
	_Alignas(64) uint64_t last_ns;	/* by flow_touch() */
	uint32_t zone;		/* flows of two VLANs do not mix */
	uint32_t packets;	/* seen by the worker */
	uint32_t generation;	/* of the policy that resolved its facts */
	uint8_t state;		/* enum flow_state; by flow_settle() */
	uint8_t path;		/* that packets leave by now */
	uint8_t first_path;	/* that the first packet left by */
	uint8_t late;		/* enum flow_late */
	/* Also the key: client, server, ports, proto. */
	struct facts facts;

	uint32_t seat;		/* the table's own */
	uint32_t ifindex;	/* where the first packet arrived */
	uint32_t uid;		/* whose socket sent it, or UID_NONE */

	uint16_t route;		/* the policy's, by the latest decision */
	uint8_t needs;		/* FACT_* that could still change the route */
	bool has_host;		/* its names say one; else they say what
				 * another flow had */
	bool has_ja4;		/* the same of its fingerprint */
	uint64_t first_ns;	/* its start, later its first payload */
	uint32_t settled_packet;	/* 0: not settled */
	uint32_t payload_bytes[2];	/* client, server: inspected */
	uint32_t isn[2];	/* sequence number of the stream's first byte */
	bool has_isn[2];
	bool has_candidates[2];
	uint8_t padding[2];	/* bytes that may be none of the stream's */
	int16_t hint;		/* that said yes, -1 */
	uint8_t guess;		/* enum flow_guess */
	bool is_guessed;	/* its first path is that of what was learned */
	bool is_held;		/* decided, but a DNS answer is awaited */
	uint8_t dns_asked;
	uint8_t dns_answers;
	uint8_t data_packets;	/* with payload, while it was not settled */
	bool is_closing;	/* a FIN or RST came while it was not settled */
	uint32_t guess_hash;	/* worker_host_hash() of the host */
	uint32_t answer_packet;	/* of the latest DNS answer; 0: none */
	uint64_t hwaddr;		/* of its client; 0: unknown */
	struct hint_set candidates[2];
	struct stream *streams[2];	/* borrowed from the worker's pool */
	struct pattern_stream *searches[2];	/* the same */
	uint32_t searched[2];		/* bytes looked through for patterns */
};

_Static_assert(offsetof(struct flow, facts.is_own) < 64,
	       "addresses, ports and protocol are in the first cache line");

struct flow_table;

/*
 * Room for `capacity` flows (rounded up); NULL when out of memory. `release`
 * is called with a flow whose place is taken, so that its streams go back.
 * With `fixed_key` the same packets always meet in the same buckets, which
 * replay wants and a network that has enemies does not.
 */
typedef void (*flow_release)(void *ctx, struct flow *flow);
struct flow_table *flow_table_new(size_t capacity, bool fixed_key,
				  flow_release release, void *ctx);
void flow_table_free(struct flow_table *table);
/*
 * One of `parts`, a power of two of at most an eighth of the flows, for one who
 * is to have only those whose flow_hash() says so by its highest bits: its
 * buckets are its own, memory is taken from `table`, which is borrowed and used
 * by nobody else. Each part may belong to another thread. NULL: out of memory.
 */
struct flow_table *flow_table_part(struct flow_table *table, size_t number,
				   size_t parts, flow_release release,
				   void *ctx);
static inline size_t flow_part_of(uint64_t hash, size_t parts)
{
	return (size_t)((unsigned __int128)hash * parts >> 64);
}
/* Take all memory now rather than by page faults as flows come. */
void flow_table_preallocate(struct flow_table *table);
size_t flow_table_bytes(const struct flow_table *table);

/* The hash of a packet's flow, the same for both directions. */
uint64_t flow_hash(const struct flow_table *table, const struct packet *pkt,
		   uint32_t zone);
/* Fetch what flow_find() of this hash will read: first where it looks, then,
 * some packets later, the flow it will find there. False: it will find none,
 * unless others start flows meanwhile; then fetch what flow_start() takes. */
void flow_prefetch(const struct flow_table *table, uint64_t hash);
bool flow_prefetch_match(const struct flow_table *table, uint64_t hash);

/*
 * The flow of `pkt`, or NULL. *ret_from_server tells the packet's direction.
 * Borrowed until the next flow_start().
 */
struct flow *flow_find(struct flow_table *table, const struct packet *pkt,
		       uint32_t zone, uint64_t hash, bool *ret_from_server);

/* Whether a flow that begins with `pkt` was opened by its receiver. */
static inline bool flow_opened_by_server(const struct packet *pkt)
{
	return pkt->proto == IPPROTO_TCP &&
	       (pkt->tcp_flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
}

/*
 * Start a flow (FLOW_NEW; headers of `pkt` in its facts, nothing resolved).
 * The sender is the client, unless the packet is a TCP SYN+ACK. When `pkt`
 * belongs to `again`, which flow_find() gave, that place is used anew.
 */
struct flow *flow_start(struct flow_table *table, const struct packet *pkt,
			uint32_t zone, uint64_t hash, struct flow *again);

/* A packet of `flow`, which has this hash, has come: others are idle for
 * longer. */
void flow_touch(struct flow_table *table, struct flow *flow, uint64_t hash,
		uint64_t now_ns);

/* FLOW_SETTLED from now on: it gives way before others. */
void flow_settle(struct flow_table *table, struct flow *flow);

/* Texts that a flow's payload has told. They are apart from the flows, so that
 * those without any take no memory for them. */
struct flow_names {
	char host[DOMAIN_MAX + 1];
	char ja4[JA4_LEN + 1];	/* only where it was asked for */
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

/* All flows that ever had a place, for who walks through them; of a whole
 * table. */
size_t flow_table_places(const struct flow_table *table);
const struct flow *flow_table_at(const struct flow_table *table, size_t place);

/* Flows whose place was taken before they were settled. */
uint64_t flow_table_evicted(const struct flow_table *table);

#endif
