/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker_list.c - copy flows for a query, a few at a time, so that packets do
 * not wait.
 */
#include <string.h>

#include "engine/worker/worker_private.h"

#define VIEWS (sizeof(((struct flow_query *)0)->views) / \
	       sizeof(((struct flow_query *)0)->views[0]))
/* Most places are empty, and an empty one takes a nanosecond. */
#define PLACES 2048

void worker_ask(struct worker *worker, struct flow_query *query)
{
	atomic_store_explicit(&worker->query, query, memory_order_release);
}

bool worker_has_answered(const struct worker *worker)
{
	return atomic_load_explicit(&worker->query, memory_order_acquire) ==
	       NULL;
}

/* The host that a flow without a name in its payload was predicted to be for,
 * if the store still has it. */
static bool find_guess(const struct worker *worker, const struct flow *flow,
		       struct learned_found *ret)
{
	const struct learned *learned = worker->options.learned;
	const struct facts *facts = &flow->facts;
	struct learned_look look;

	if (flow->guess == FLOW_GUESS_NONE || learned == NULL)
		return false;
	look = learned_look(learned, &facts->client, &facts->server,
			    facts->proto, facts->dport);
	if (flow->guess == FLOW_GUESS_ANSWER)
		return learned_answer(learned, &look, flow->first_ns, ret);
	return learned_server(learned, &look, flow->first_ns, ret) ||
	       learned_shared(learned, &look, flow->first_ns, ret);
}

static void view_host(const struct worker *worker, const struct flow *flow,
		      struct flow_view *ret)
{
	struct learned_found found;

	if (flow->has_host && flow_host(worker->flows, flow)[0] != '\0') {
		ret->source = flow->ech_names > 0 ? FLOW_SOURCE_ECH :
						    FLOW_SOURCE_PAYLOAD;
		ret->ech_names = flow->ech_names;
		strcpy(ret->host, flow_host(worker->flows, flow));
	} else if (find_guess(worker, flow, &found) &&
		   worker_host_hash(found.host) == flow->guess_hash) {
		ret->source = flow->guess == FLOW_GUESS_ANSWER ?
			      FLOW_SOURCE_ANSWER : FLOW_SOURCE_SERVER;
		strcpy(ret->host, found.host);
	}
}

/* A settled flow was not decided again: its look-ups are of the policy that
 * decided it, which may be gone. */
static void view_line(const struct worker *worker, const struct flow *flow,
		      struct flow_view *ret)
{
	bool is_settled = flow->state == FLOW_SETTLED;

	ret->route = -1;
	ret->class = -1;
	ret->generation = flow->routed;
	if (!is_settled && flow->generation != worker->generation)
		return;
	ret->route = flow->route;
	ret->class = is_settled ? flow->class :
		     policy_route_class(worker->policy, flow->route,
					&flow->facts);
}

static void view(const struct worker *worker, const struct flow *flow,
		 struct flow_view *ret)
{
	const struct facts *facts = &flow->facts;

	*ret = (struct flow_view){
		.client = facts->client,
		.server = facts->server,
		.sport = facts->sport,
		.dport = facts->dport,
		.has_ports = facts->has_ports,
		.proto = facts->proto,
		.path = worker_path(worker, flow, flow->path),
		.needs = flow->needs,
		.is_settled = flow->state == FLOW_SETTLED,
		.late = flow->late,
		.app = facts->app,
		.packets = flow->packets,
		.first_ns = flow->first_ns,
		.last_ns = flow->last_ns,
	};
	view_host(worker, flow, ret);
	view_line(worker, flow, ret);
}

static bool is_wanted(const struct flow_query *query, const struct flow *flow)
{
	return flow->state == FLOW_INSPECTED ||
	       (query->with_settled && flow->state == FLOW_SETTLED);
}

void worker_list(struct worker *worker)
{
	struct flow_query *query = atomic_load_explicit(&worker->query,
							memory_order_acquire);
	size_t places = flow_table_places(worker->flows);
	size_t end = query->next + PLACES < places ? query->next + PLACES
						   : places;

	query->count = 0;
	for (; query->next < end && query->count < VIEWS; query->next++) {
		const struct flow *flow = flow_table_at(worker->flows,
							query->next);

		if (is_wanted(query, flow))
			view(worker, flow, &query->views[query->count++]);
	}
	query->is_complete = query->next == places;
	atomic_store_explicit(&worker->query, NULL, memory_order_release);
}

/* ---- settled flows ---- */

void worker_report_settled(struct worker *worker, struct settled_ring *ring)
{
	atomic_store_explicit(&worker->settled, ring, memory_order_release);
}

void worker_note_settled(const struct worker *worker, const struct flow *flow)
{
	struct settled_ring *ring = atomic_load_explicit(&worker->settled,
							 memory_order_acquire);
	uint64_t head;

	if (ring == NULL)
		return;
	head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	if (head - atomic_load_explicit(&ring->tail, memory_order_acquire) >=
	    SETTLED_RING) {
		stats_add(&ring->lost, 1);
		return;
	}
	view(worker, flow, &ring->views[head % SETTLED_RING]);
	atomic_store_explicit(&ring->head, head + 1, memory_order_release);
}

bool worker_take_settled(struct settled_ring *ring, struct flow_view *ret)
{
	uint64_t tail = atomic_load_explicit(&ring->tail,
					     memory_order_relaxed);

	if (tail == atomic_load_explicit(&ring->head, memory_order_acquire))
		return false;
	*ret = ring->views[tail % SETTLED_RING];
	atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
	return true;
}

void worker_drop_settled(struct settled_ring *ring)
{
	atomic_store_explicit(&ring->tail, atomic_load_explicit(
		&ring->head, memory_order_acquire), memory_order_release);
}

/* ---- memory ---- */

size_t worker_flow_bytes(const struct worker *worker)
{
	return flow_table_bytes(worker->flows);
}

size_t worker_stream_bytes(const struct worker *worker)
{
	const struct inspector *inspector = &worker->published->inspector;

	return inspector->stream_count * inspector->stream_bytes;
}
