/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stats.h - everything that the engine counts, each counter declared once.
 *
 * A row of STATS is a field of both structs below, a line of `waymark status`,
 * a key of its JSON and a metric for Prometheus, "waymark_" NAME "_total". To
 * add a counter, add a row and count it.
 *
 * One thread writes a set of live counters and anyone may read it.
 */
#ifndef WAYMARK_STATS_H
#define WAYMARK_STATS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* X(name, label in `status`, help) */
#define STATS(X) \
	X(packets, "packets", \
	  "Packets that received a verdict.") \
	X(bytes, "bytes", \
	  "Bytes of packets that received a verdict.") \
	X(undecoded, "not decoded", \
	  "Packets that are truncated, malformed or not IP.") \
	X(flows, "flows", \
	  "New flows.") \
	X(settled, "settled", \
	  "Flows that received their final verdict.") \
	X(late_kept, "late, kept", \
	  "Flows settled late that kept the uplink of their first packet.") \
	X(late_moved, "late, moved", \
	  "Flows settled late that moved to their final uplink.") \
	X(late_reset, "late, reset", \
	  "Flows settled late whose client was reset.") \
	X(first_packet_correct, "first packet correct", \
	  "Settled flows whose first packet used the final uplink.") \
	X(learned_correct, "  learned, correct", \
	  "Flows whose final uplink was predicted by learned evidence.") \
	X(mispredicted, "  learned, mispredicted", \
	  "Flows that learned evidence sent through another uplink.") \
	X(dns_answers, "DNS answers", \
	  "DNS answers that were learned from.") \
	X(dns_unmatched, "DNS answers unmatched", \
	  "DNS answers ignored because no outstanding question matches.") \
	X(dns_over_tls, "DNS over TLS", \
	  "Flows of DNS over TLS: port 853 over TCP.") \
	X(dns_over_quic, "DNS over QUIC", \
	  "Flows of DNS over QUIC: port 853 over UDP.") \
	X(dns_over_https, "DNS over HTTPS", \
	  "Flows of DNS over HTTPS, known by the name of the resolver.") \
	X(dropped, "dropped", \
	  "Packets that the policy dropped.") \
	X(flows_evicted, "flows evicted", \
	  "Flows evicted from a full table before they were settled.") \
	X(flows_lost, "flows lost", \
	  "Flows in inspection that the engine no longer knew: evicted, or " \
	  "inspected before a restart.") \
	X(streams_reclaimed, "streams reclaimed", \
	  "Payload buffers reclaimed for other flows.") \
	X(budget_spent, "budget spent", \
	  "Flows still undecided when their inspection budget was spent.") \
	X(payload_lost, "payload lost", \
	  "Flows still undecided because payload of them was discarded.") \
	X(batches, "batches", \
	  "Batches of packets read.") \
	X(queue_overflow, "queue overflow", \
	  "Packets that bypassed the engine because a queue was full.") \
	X(verdicts_rejected, "verdicts rejected", \
	  "Verdicts that the kernel rejected.")

/*
 * What is counted for each route and class: a field of `struct tally` and
 * `struct engine_tally`, a column of `waymark status`, a key of its JSON and,
 * with a `late`, a label of a metric.
 * X(name, title of the column, late)
 */
#define TALLIES(X) \
	X(settled, "ENGINE", NULL) \
	X(late_kept, "KEPT", "kept") \
	X(late_moved, "MOVED", "moved") \
	X(late_reset, "RESET", "reset")

struct stats_live {
#define STATS_LIVE(name, label, help) atomic_uint_fast64_t name;
	STATS(STATS_LIVE)
#undef STATS_LIVE
};

struct stats {
#define STATS_VALUE(name, label, help) uint64_t name;
	STATS(STATS_VALUE)
#undef STATS_VALUE
};

struct stats_row {
	const char *name, *label, *help;
};

/* The rows in their order. */
extern const struct stats_row stats_rows[];
extern const size_t stats_count;
/* Look up the value of row `i`. */
uint64_t stats_value(const struct stats *stats, size_t i);

/* Add what has been counted in `live` to `sum`. */
void stats_sum(struct stats *sum, const struct stats_live *live);

/* ---- any single counter ---- */

static inline uint64_t stats_read(const atomic_uint_fast64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static inline void stats_set(atomic_uint_fast64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, n, memory_order_relaxed);
}

/* Add `n`; with one writer there is no need for a locked addition. */
static inline void stats_add(atomic_uint_fast64_t *counter, uint64_t n)
{
	stats_set(counter, stats_read(counter) + n);
}

#endif
