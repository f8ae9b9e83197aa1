/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker_private.h - the parts of a worker. Only worker*.c include this.
 */
#ifndef WAYMARK_WORKER_PRIVATE_H
#define WAYMARK_WORKER_PRIVATE_H

#include "engine/flow/decide.h"
#include "engine/learn/dns_observer.h"
#include "engine/worker/worker.h"

#define GENERATIONS 8		/* kept for path numbers */
#define INTERFACES 256		/* remembered by name; a power of two */

struct interface {
	uint32_t ifindex;		/* 0: empty */
	set_bits sets;
};

struct worker {
	/* Constant. */
	struct worker_options options;
	interface_name name_of;
	void *name_ctx;
	/* Used by the control thread only. */
	struct worker_config *prepared;
	struct worker_config *published;	/* the latest */
	struct worker_config *prev;		/* NULL once unused */
	/* Stored by the control thread, loaded by the worker's. */
	_Atomic(struct worker_config *) wanted;
	/* Stored by the control thread; set to NULL by the worker when
	 * answered. */
	_Atomic(struct flow_query *) query;
	/* Stored by the control thread, loaded by the worker's; NULL: no
	 * follower of settled flows. */
	_Atomic(struct settled_ring *) settled;
	/* Stored by the worker's thread, loaded by the control thread. */
	_Atomic(struct worker_config *) current;
	/* Used by the worker's thread only. */
	struct worker_config *config;
	const struct policy *policy;	/* the config's, like the next two */
	const struct marks *marks;
	struct inspector *inspector;
	struct learn learn;		/* restricted to what routes need */
	struct dns_observer dns;
	uint32_t generation;		/* counts configurations */
	uint32_t streams_since;		/* generation of the stream pool */
	uint8_t paths[GENERATIONS][256];	/* number of a path in the next
						 * generation */
	struct flow_table *flows;
	struct interface interfaces[INTERFACES];
	/* Counted by the thread, read by anyone. */
	struct stats_live counters;
};

/* Touch the memory of `config` now, if the options ask for that. */
void worker_preallocate(const struct worker *worker,
			const struct worker_config *config);
/* Use `config` from now on. */
void worker_activate(struct worker *worker, struct worker_config *config);
/* Number of streams a configuration gets. */
size_t worker_streams(const struct worker *worker,
		      const struct policy *policy);
/* Clear a flow's pointers to streams and searches that were freed with an
 * earlier configuration. */
void worker_forget_parts(const struct worker *worker, struct flow *flow);
/* The current number of a flow's path; 0 if it no longer exists. */
uint8_t worker_path(const struct worker *worker, const struct flow *flow,
		    uint8_t path);

/* worker_decide.c: run the hints over a packet's payload. */
/* Replace the outer name of an Encrypted Client Hello, which has just been
 * read, by the name that it stands for, if the DNS showed it. */
void worker_join_ech(struct worker *worker, struct flow *flow,
		     uint64_t now_ns);
void worker_inspect(struct worker *worker, struct flow *flow,
		    const struct packet *pkt, bool from_server);
/* Resolve the facts of the headers by the current policy. */
void worker_resolve(struct worker *worker, struct flow *flow);
/* Bring a flow of an earlier generation up to the current policy. A settled one
 * only gets the new number of its path. */
void worker_follow_policy(struct worker *worker, struct flow *flow);
/* Decide an unsettled flow by one more packet. Header-only decisions skip the
 * payload, and payload that added nothing does not lead to another decision. */
void worker_decide(struct worker *worker, struct flow *flow,
		   const struct packet *pkt, bool from_server);

/* worker_learn.c: set what to learn by policy and options. */
void worker_set_learn(struct worker *worker);
/*
 * Observe a packet of this host's own resolver, whose questions are delivered
 * locally and are never queued. Returns whether `pkt` is one; it is not
 * classified then. `flow` is that of the packet, or NULL.
 */
bool worker_observe_local_dns(struct worker *worker, const struct packet *pkt,
			      uint32_t zone, uint64_t hash, struct flow *flow);
/* Note on which machine a flow's client is; for its first packet. */
void worker_observe_machine(struct worker *worker, const struct packet *pkt,
			    bool from_server);
/* Predict the path of a first packet by evidence, unless it is final. */
void worker_guess(struct worker *worker, struct flow *flow, uint64_t now_ns,
		  struct decision *decision);
/* Count a flow that is settled now, and learn from it. */
void worker_learn(struct worker *worker, const struct flow *flow,
		  uint64_t now_ns);
/* Whether `late reset` is allowed: true only once in a while. */
bool worker_may_reset(const struct worker *worker, const struct flow *flow,
		      uint64_t now_ns);

/* worker_balance.c: the path of a decision, or the flow's own path if that is
 * a member of the same balance. */
uint8_t worker_keep_path(const struct worker *worker, const struct flow *flow,
			 const struct decision *decision);

/* worker_exception.c: apply the policy's exceptions. To the final decision of
 * a flow about which something is assumed... */
void worker_give_up(struct worker *worker, const struct flow *flow,
		    struct decision *decision);
/* ...to a packet of a flow with a provisional path that is not in the table... */
void worker_settle_lost(struct worker *worker, const struct packet *pkt,
			uint8_t path, struct verdict *verdict);
/* ...and to a packet that is not decoded. */
void worker_pass_undecoded(struct worker *worker, const struct packet *pkt,
			   struct verdict *verdict);

/* The sets that the interface is in; NULL: none. */
set_bits worker_interface_sets(struct worker *worker, uint32_t ifindex);

/* Move a balanced flow off an uplink that is down, when conntrack no longer
 * knows the flow of `pkt`. */
void worker_leave_down(const struct worker *worker, struct flow *flow,
		       const struct packet *pkt);

/* Copy a flow that was just settled to the ring, if there is one. */
void worker_note_settled(const struct worker *worker, const struct flow *flow);

/* Answer a query. */
void worker_list(struct worker *worker);

#endif
