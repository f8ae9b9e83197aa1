/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dns_observer.h - learn which names clients look up, from the DNS answers that
 * pass a worker.
 *
 * An answer counts only if its client was seen to ask: it belongs to the same
 * flow (the same resolver and ports), repeats ID, name and type of a question
 * that is still outstanding, and is the first one to do so. Over TCP the
 * question also has to acknowledge the server's SYN, which a client that never
 * opened the connection cannot do. So nothing is learned from
 * unsolicited packets. A question does not count if its client's address is
 * confirmed at another machine of the local network.
 *
 * Answers of this host's own resolver are taken as they are: their questions
 * are delivered locally and never reach the queue, and no other host can
 * send an answer from this one.
 *
 * An observer belongs to one worker; nothing here allocates.
 */
#ifndef WAYMARK_DNS_OBSERVER_H
#define WAYMARK_DNS_OBSERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/flow/flow.h"
#include "engine/learn/learned.h"
#include "engine/stats/stats.h"
#include "rules/policy/policy.h"
#include "rules/util/keyed_hash.h"

struct stream_pool;

struct dns_observer {
	/* Set by dns_observer_init(). */
	struct learned *learned;	/* borrowed; NULL: learn nothing */
	struct flow_table *flows;	/* borrowed */
	struct stats_live *counters;	/* dns_answers, dns_unmatched */
	bool has_local_resolver;	/* packets without an interface are
					 * sent by this host */
	struct keyed_hash key;
	/* Set by dns_observer_use(). */
	const struct policy *policy;	/* borrowed */
	struct stream_pool *pool;	/* borrowed */
	struct learn learn;		/* `dns`: observe at all */
	struct inspect budget;
	uint8_t path_drop;
};

/* Fill in the key; the other fields of the first group are the caller's to
 * set. 0 or -errno. */
int dns_observer_init(struct dns_observer *observer, bool fixed_key);
/* Observe for another policy from now on. */
void dns_observer_use(struct dns_observer *observer,
		      const struct policy *policy, struct stream_pool *pool,
		      bool is_wanted);

/*
 * Observe a packet of `flow`, already counted in flow->packets. With
 * dns_observer_is_local() the flow may be NULL for UDP.
 */
void dns_observe(struct dns_observer *observer, struct flow *flow,
		 const struct packet *pkt, bool from_server);

/* Whether `pkt` is an answer of this host's own resolver. */
bool dns_observer_is_local(const struct dns_observer *observer,
			   const struct packet *pkt);

/* Whether the verdict of a DNS flow has to wait for an answer. */
bool dns_observer_awaits(const struct dns_observer *observer,
			 const struct flow *flow, uint64_t now_ns);

/* Whether a settled DNS flow stays in the queue for further questions. */
bool dns_observer_may_ask_more(const struct dns_observer *observer,
			       const struct flow *flow);

/* Whether the flow is DNS, by its port. */
bool dns_observer_is_dns(const struct flow *flow);

#endif
