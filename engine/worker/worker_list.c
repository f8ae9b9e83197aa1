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

static void view(const struct worker *worker, const struct flow *flow,
		 struct flow_view *ret)
{
	const struct facts *facts = &flow->facts;
	bool is_current = flow->generation == worker->generation;

	*ret = (struct flow_view){
		.client = facts->client,
		.server = facts->server,
		.sport = facts->sport,
		.dport = facts->dport,
		.has_ports = facts->has_ports,
		.proto = facts->proto,
		.path = worker_path(worker, flow, flow->path),
		.needs = flow->needs,
		.app = facts->app,
		.route = is_current ? flow->route : -1,
		.packets = flow->packets,
		.first_ns = flow->first_ns,
		.last_ns = flow->last_ns,
	};
	strcpy(ret->host, flow_host(worker->flows, flow));
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

		if (flow != NULL && flow->state == FLOW_INSPECTED)
			view(worker, flow, &query->views[query->count++]);
	}
	query->is_complete = query->next == places;
	atomic_store_explicit(&worker->query, NULL, memory_order_release);
}

size_t worker_flow_bytes(const struct worker *worker)
{
	return flow_table_bytes(worker->flows);
}

size_t worker_stream_bytes(const struct worker *worker)
{
	const struct inspector *inspector = &worker->published->inspector;

	return inspector->stream_count * inspector->stream_bytes;
}
