/* SPDX-License-Identifier: GPL-2.0-or-later */
/* worker_life.c - create and free workers, measure their memory. */
#include <stdlib.h>

#include "engine/flow/inspect.h"
#include "engine/worker/worker_private.h"
#include "rules/util/big_alloc.h"

#define FLOWS_DEFAULT 65536

static void release_flow(void *ctx, struct flow *flow)
{
	struct worker *worker = ctx;

	if (flow->generation != worker->generation)
		worker_forget_parts(worker, flow);
	inspect_release(worker->inspector, flow);
}

static struct flow_table *make_flows(struct worker *worker)
{
	const struct worker_options *options = &worker->options;

	if (options->table != NULL)
		return flow_table_part(options->table, options->part,
				       options->parts, release_flow, worker);
	return flow_table_new(options->flows != 0 ? options->flows
						  : FLOWS_DEFAULT,
			      options->repeatable, release_flow, worker);
}

struct worker *worker_new(const struct policy *policy,
			  const struct worker_options *options)
{
	struct worker *worker = big_alloc(sizeof(*worker));

	if (worker == NULL)
		return NULL;
	if (options != NULL)
		worker->options = *options;
	worker->flows = make_flows(worker);
	worker->published = worker_config_new(policy,
					      worker_streams(worker, policy),
					      NULL);
	worker->dns.learned = worker->options.learned;
	worker->dns.flows = worker->flows;
	worker->dns.counters = &worker->counters;
	worker->dns.has_local_resolver = worker->options.has_own_resolver;
	if (worker->flows == NULL || worker->published == NULL ||
	    dns_observer_init(&worker->dns, worker->options.repeatable) < 0) {
		worker_free(worker);
		return NULL;
	}
	atomic_init(&worker->wanted, worker->published);
	worker_activate(worker, worker->published);
	if (worker->options.preallocate)
		flow_table_preallocate(worker->flows);
	worker_preallocate(worker, worker->published);
	return worker;
}

void worker_free(struct worker *worker)
{
	if (worker == NULL)
		return;
	worker_config_free(worker->prepared);
	worker_config_free(worker->prev);
	worker_config_free(worker->published);
	flow_table_free(worker->flows);
	free(worker);
}

size_t worker_bytes(const struct worker *worker)
{
	return sizeof(*worker) + flow_table_bytes(worker->flows) +
	       stream_pool_bytes(worker->inspector->pool) + HINT_SCRATCH;
}

const struct stats_live *worker_counters(const struct worker *worker)
{
	return &worker->counters;
}

const char *worker_flow_host(const struct worker *worker,
			     const struct flow *flow)
{
	return flow_host(worker->flows, flow);
}

const char *worker_flow_ja4(const struct worker *worker,
			    const struct flow *flow)
{
	return flow_ja4(worker->flows, flow);
}
