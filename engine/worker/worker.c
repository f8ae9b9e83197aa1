/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker.c - classify packets: from a batch of packets to their verdicts.
 *
 * A packet's way. worker_classify() takes a batch, as the queue delivered it.
 * It decodes every packet, hashes its flow and prefetches the memory that the
 * flow will be found in: with a table larger than the caches, waiting for
 * memory would cost more than everything else. Then each packet, in order:
 *
 * - A packet that cannot be decoded is counted (worker_exception.c).
 * - An ICMP error gets the mark of the flow it quotes, because conntrack files
 *   it under that flow.
 * - A packet of an unknown flow whose mark already names a path belongs to a
 *   flow that was inspected before a restart, or whose place was taken. The
 *   path is confirmed as final, unless the policy states something else.
 * - Otherwise the flow is found, or started, and its payload is inspected until
 *   the policy can be decided (inspect.c, decide.c).
 *
 * Provisional and settled. The first packet of a flow fixes NAT and route, and
 * carries no payload. So it gets a provisional verdict: the route that applies
 * if nothing more becomes known, or, where earlier DNS answers and flows reveal
 * what to expect, the route for that (worker_learn.c). The mark of a
 * provisional verdict names the path and keeps the flow in the queue. The flow
 * is settled once no route above the matching one can still match: its mark
 * then has the settled bit, conntrack saves it, and the kernel forwards the
 * rest of the flow alone. A flow whose DNS answer is still awaited is decided
 * but held back from being settled.
 *
 * Late outcomes. A flow that settles on another path than its first packet took
 * is late. decide_late() selects what happens: the first path is kept, the flow
 * moves, or its client is reset so that it connects again; by then the server
 * is known, and the new flow starts on the right path. A flow that was dropped
 * so far has left by no path, and always moves.
 *
 * Reloads. A flow remembers the generation of the policy that decided it. When
 * one of its packets comes under a newer policy, a settled flow keeps its path
 * under the path's new number, and an unsettled flow is decided again with what
 * is known about it (worker_reload.c).
 *
 * Threads. A worker belongs to one thread. It shares three things: the
 * configuration it works with, handed over by two atomic pointers; the learned
 * store, which locks for itself; and counters, which only the worker writes and
 * anyone may read. Nothing in here allocates, logs or waits.
 */
#include <string.h>

#include "engine/flow/decide.h"
#include "engine/packet/decode.h"
#include "engine/flow/inspect.h"
#include "engine/worker/worker_private.h"

/* Distance of the prefetches in packets: first the flow, or what is learned
 * where there is none; then the items that were found there. */
#define PREFETCH_AHEAD 8
#define FETCH_AHEAD 4
#define MS_NS 1000000u

/* conntrack forgot a flow if a packet of it comes without a mark this long
 * after the flow was last answered. Packets that were under way come sooner. */
#define FORGOTTEN_NS (2000 * (uint64_t)MS_NS)
/* The same for flows observed without marks: conntrack's UDP stream timeout. */
#define UNWATCHED_NS (120000 * (uint64_t)MS_NS)

/* ---- one flow ---- */

static void follow_policy(struct worker *worker, struct flow *flow)
{
	if (flow->generation != worker->generation)
		worker_follow_policy(worker, flow);
}

static struct flow *start(struct worker *worker, const struct packet *pkt,
			  uint32_t zone, uint64_t hash, struct flow *again)
{
	struct flow *flow = flow_start(worker->flows, pkt, zone, hash, again);

	flow->facts.is_own = worker->options.has_own_resolver &&
			     pkt->ifindex == 0;
	worker_resolve(worker, flow);
	inspect_start(worker->inspector, flow);
	return flow;
}

/* A SYN that is not a retransmission opens another connection (RFC 9293,
 * 3.4.1). */
static bool is_reopened(const struct flow *flow, const struct packet *pkt)
{
	return pkt->proto == IPPROTO_TCP &&
	       (pkt->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN &&
	       !(flow->has_isn[0] && flow->isn[0] == pkt->tcp_seq + 1);
}

/* Whether conntrack has a new entry since `flow` was answered. */
static bool is_forgotten(const struct worker *worker, const struct flow *flow,
			 const struct packet *pkt)
{
	if (marks_path(worker->marks, pkt->mark) != 0)
		return false;
	return is_reopened(flow, pkt) ||
	       pkt->time_ns - flow->last_ns > FORGOTTEN_NS;
}

/* ---- one packet ---- */

static void answer(struct worker *worker, const struct packet *pkt,
		   struct flow *flow, struct verdict *verdict)
{
	const struct marks *marks = worker->marks;
	bool is_done;

	verdict->flow = flow;
	verdict->is_settled = flow->state == FLOW_SETTLED;
	is_done = verdict->is_settled &&
		  !dns_observer_may_ask_more(&worker->dns, flow);
	verdict->mark = marks_merge(marks, pkt->mark,
				    marks_of(marks, flow->path, is_done));
	if (flow->path != marks->path_drop)
		return;
	/* A flow whose first packet is dropped never enters conntrack. One that
	 * is already there has to be marked so that the kernel drops the rest:
	 * its packet is accepted here, and dropped after the mark was saved. */
	verdict->drop = flow->first_path == marks->path_drop;
	stats_add(&worker->counters.dropped, 1);
}

/* The flow that an ICMP error quotes. The error travels to the sender of the
 * quoted packet. */
static struct flow *find_quoted(struct worker *worker, const struct packet *pkt,
				uint32_t zone, bool *ret_from_server)
{
	struct packet quoted;
	struct flow *flow;

	decode_quoted(pkt, &quoted);
	if (quoted.status != DECODE_OK)
		return NULL;
	flow = flow_find(worker->flows, &quoted, zone,
			 flow_hash(worker->flows, &quoted, zone),
			 ret_from_server);
	if (flow != NULL)
		*ret_from_server = !*ret_from_server;
	return flow;
}

/* conntrack counts an ICMP error as part of the flow it quotes: whatever mark
 * is set here is saved for that flow. */
static void classify_error(struct worker *worker, const struct packet *pkt,
			   uint32_t zone, struct verdict *verdict)
{
	struct flow *flow = find_quoted(worker, pkt, zone,
					&verdict->from_server);

	if (flow == NULL || flow->state == FLOW_NEW)
		return;
	follow_policy(worker, flow);
	answer(worker, pkt, flow, verdict);
}

static void decide_unsettled(struct worker *worker, struct flow *flow,
			     const struct packet *pkt, bool from_server)
{
	flow->data_packets += pkt->payload_len > 0 &&
			      flow->data_packets < UINT8_MAX;
	flow->is_closing |= pkt->proto == IPPROTO_TCP &&
			    pkt->tcp_flags & (TCP_FIN | TCP_RST);
	worker_decide(worker, flow, pkt, from_server);
}

/* The client gets the reset instead of the server's packet: the two would race,
 * and a reset only counts at the exact sequence number (RFC 5961, 3.2). */
static void reset(struct worker *worker, const struct packet *pkt,
		  const struct flow *flow, struct verdict *verdict)
{
	if (worker->options.reset == NULL ||
	    flow->settled_packet != flow->packets)
		return;
	worker->options.reset(worker->options.reset_ctx, pkt,
			      verdict->from_server);
	verdict->drop = verdict->from_server;
}

/* The path of a TCP flow whose conntrack entry was lost. */
static uint8_t recalled_path(const struct worker *worker,
			     const struct packet *pkt)
{
	if (worker->options.recall == NULL || pkt->proto != IPPROTO_TCP ||
	    pkt->tcp_flags & (TCP_SYN | TCP_RST))
		return 0;
	return worker->options.recall(worker->options.recall_ctx, pkt);
}

static void confirm(struct worker *worker, const struct packet *pkt,
		    uint8_t path, struct verdict *verdict)
{
	verdict->is_settled = true;
	verdict->mark = marks_merge(worker->marks, pkt->mark,
				    marks_of(worker->marks, path, true));
	stats_add(&worker->counters.settled, 1);
}

static void classify(struct worker *worker, const struct packet *pkt,
		     uint32_t zone, uint64_t hash, struct verdict *verdict)
{
	uint8_t path = marks_path(worker->marks, pkt->mark);
	struct flow *flow = flow_find(worker->flows, pkt, zone, hash,
				      &verdict->from_server);

	bool is_unknown = flow == NULL || flow->state == FLOW_NEW;
	bool is_new = is_unknown || is_forgotten(worker, flow, pkt);

	if (is_unknown && path != 0) {
		worker_settle_lost(worker, pkt, path, verdict);
		return;
	}
	path = is_new && path == 0 ? recalled_path(worker, pkt) : 0;
	if (path != 0) {
		confirm(worker, pkt, path, verdict);
		return;
	}
	if (is_unknown && worker_observe_local_dns(worker, pkt, zone, hash, flow))
		return;
	if (is_new) {
		flow = start(worker, pkt, zone, hash, flow);
		verdict->from_server = flow_begins_with_server(pkt);
		worker_observe_machine(worker, pkt, verdict->from_server);
		stats_add(&worker->counters.flows, 1);
	}
	flow_touch(worker->flows, flow, hash, pkt->time_ns);
	flow->packets++;
	follow_policy(worker, flow);
	worker_leave_down(worker, flow, pkt);
	dns_observe(&worker->dns, flow, pkt, verdict->from_server);
	if (flow->state != FLOW_SETTLED)
		decide_unsettled(worker, flow, pkt, verdict->from_server);
	else if (worker->options.name_all)
		worker_inspect(worker, flow, pkt, verdict->from_server);
	answer(worker, pkt, flow, verdict);
	if (flow->late == FLOW_LATE_RESET)
		reset(worker, pkt, flow, verdict);
}

static void classify_any(struct worker *worker, const struct packet *pkt,
			 uint32_t zone, uint64_t hash, struct verdict *verdict)
{
	*verdict = (struct verdict){ .mark = pkt->mark };
	if (pkt->status != DECODE_OK)
		worker_pass_undecoded(worker, pkt, verdict);
	else if (pkt->quoted != NULL)
		classify_error(worker, pkt, zone, verdict);
	else
		classify(worker, pkt, zone, hash, verdict);
}

static void count_batch(struct worker *worker, const struct packet *packets,
			size_t count)
{
	struct stats_live *counters = &worker->counters;
	uint64_t bytes = 0;

	for (size_t i = 0; i < count; i++) {
		const struct packet *pkt = &packets[i];

		if (pkt->status == DECODE_OK) {
			bytes += pkt->ip_len;
			continue;
		}
		bytes += pkt->len;
		stats_add(&counters->undecoded, 1);
	}
	stats_add(&counters->packets, count);
	stats_add(&counters->bytes, bytes);
	stats_set(&counters->flows_evicted, flow_table_evicted(worker->flows));
	stats_set(&counters->streams_reclaimed,
	    stream_pool_reclaimed(worker->inspector->pool));
}

static uint32_t zone_at(const uint32_t *zones, size_t i)
{
	return zones != NULL ? zones[i] : 0;
}

/* What is looked up for a packet before it is classified. */
struct ahead {
	uint64_t hash;
	bool is_new;		/* the learned store is asked about it */
	struct learned_look look;
};

/* Prefetch the bucket lines of the whole batch before the first is needed. */
static void look_up(struct worker *worker, struct packet *packets,
		    const uint32_t *zones, size_t count, bool decoded,
		    struct ahead *ahead)
{
	for (size_t i = 0; i < count; i++) {
		if (!decoded)
			decode_ip(&packets[i]);
		ahead[i].hash = 0;
		ahead[i].is_new = false;
		if (packets[i].status != DECODE_OK)
			continue;
		ahead[i].hash = flow_hash(worker->flows, &packets[i],
					  zone_at(zones, i));
		flow_prefetch(worker->flows, ahead[i].hash);
	}
}

static void look_ahead(const struct worker *worker, const struct packet *pkt,
		       struct ahead *ahead)
{
	if (pkt->status != DECODE_OK ||
	    flow_prefetch_match(worker->flows, ahead->hash) ||
	    !worker_learns(worker) ||
	    marks_path(worker->marks, pkt->mark) != 0)
		return;
	ahead->is_new = true;
	ahead->look = learned_look(worker->options.learned, &pkt->src,
				   &pkt->dst, pkt->proto, pkt->dport);
}

static void fetch_ahead(const struct worker *worker, const struct ahead *ahead)
{
	if (ahead->is_new)
		learned_fetch(worker->options.learned, &ahead->look);
}

void worker_classify(struct worker *worker, struct packet *packets,
		     const uint32_t *zones, size_t count, bool decoded,
		     struct verdict *ret_verdicts)
{
	struct ahead ahead[WORKER_BATCH];

	look_up(worker, packets, zones, count, decoded, ahead);
	for (size_t i = 0; i < count && i < PREFETCH_AHEAD; i++)
		look_ahead(worker, &packets[i], &ahead[i]);
	for (size_t i = 0; i < count && i < FETCH_AHEAD; i++)
		fetch_ahead(worker, &ahead[i]);
	for (size_t i = 0; i < count; i++) {
		if (i + PREFETCH_AHEAD < count)
			look_ahead(worker, &packets[i + PREFETCH_AHEAD],
				   &ahead[i + PREFETCH_AHEAD]);
		if (i + FETCH_AHEAD < count)
			fetch_ahead(worker, &ahead[i + FETCH_AHEAD]);
		classify_any(worker, &packets[i], zone_at(zones, i),
			     ahead[i].hash, &ret_verdicts[i]);
	}
	count_batch(worker, packets, count);
}

void worker_classify_one(struct worker *worker, const struct packet *packet,
			 uint32_t zone, uint64_t hash,
			 struct verdict *ret_verdict)
{
	struct ahead ahead = { .hash = hash };

	look_ahead(worker, packet, &ahead);
	fetch_ahead(worker, &ahead);
	classify_any(worker, packet, zone, hash, ret_verdict);
	count_batch(worker, packet, 1);
}

struct flow *worker_observe(struct worker *worker, const struct packet *packet,
			    uint32_t zone, uint64_t hash,
			    bool *ret_from_server)
{
	struct flow *flow;

	if (packet->status != DECODE_OK)
		return NULL;
	if (packet->quoted != NULL)
		return find_quoted(worker, packet, zone, ret_from_server);
	flow = flow_find(worker->flows, packet, zone, hash, ret_from_server);
	if (flow == NULL || is_reopened(flow, packet) ||
	    (flow->state == FLOW_NEW &&
	     packet->time_ns - flow->last_ns > UNWATCHED_NS)) {
		flow = start(worker, packet, zone, hash, flow);
		*ret_from_server = flow_begins_with_server(packet);
	}
	flow->packets++;
	/* For a decided flow last_ns is the time of its last verdict. */
	if (flow->state == FLOW_NEW)
		flow_touch(worker->flows, flow, hash, packet->time_ns);
	if (worker->options.name_all)
		worker_inspect(worker, flow, packet, *ret_from_server);
	return flow;
}
