/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker_reload.c - replace the policy of a running worker.
 *
 * Each worker gets its own configuration, instead of many readers sharing
 * one policy: it has to act on the change anyway, and by acting it reports that
 * it no longer uses the previous one. Two atomic pointers do all of that.
 * Userspace RCU would add nothing, and ThreadSanitizer understands atomics.
 */
#include <errno.h>
#include <string.h>

#include "engine/worker/worker_private.h"

size_t worker_streams(const struct worker *worker,
		      const struct policy *policy)
{
	size_t streams = worker->options.streams;

	return streams != 0 ? streams : policy_inspect_streams(policy);
}

void worker_preallocate(const struct worker *worker,
			const struct worker_config *config)
{
	if (worker->options.preallocate && config->inspector.pool != NULL &&
	    policy_needs(config->policy) != 0)
		stream_pool_preallocate(config->inspector.pool);
}

void worker_activate(struct worker *worker, struct worker_config *config)
{
	worker->config = config;
	worker->policy = config->policy;
	worker->marks = config->marks;
	worker->inspector = &config->inspector;
	worker->inspector->wants_ja4 |= worker->options.name_all;
	worker_set_learn(worker);
	atomic_store_explicit(&worker->current, config, memory_order_release);
}

void worker_forget_parts(const struct worker *worker, struct flow *flow)
{
	for (int side = 0; side < 2; side++) {
		flow->searches[side] = NULL;
		if (flow->generation < worker->streams_since)
			flow->streams[side] = NULL;
	}
}

int worker_prepare(struct worker *worker, const struct policy *policy)
{
	if (!worker_has_passed(worker))
		return -EBUSY;
	worker_config_free(worker->prepared);
	worker->prepared = NULL;
	if (policy == NULL)
		return 0;
	worker->prepared = worker_config_new(policy,
					     worker_streams(worker, policy),
					     worker->published);
	if (worker->prepared == NULL)
		return -ENOMEM;
	worker_preallocate(worker, worker->prepared);
	return 0;
}

void worker_publish(struct worker *worker)
{
	worker->prev = worker->published;
	worker->published = worker->prepared;
	worker->prepared = NULL;
	atomic_store_explicit(&worker->wanted, worker->published,
			      memory_order_release);
}

bool worker_has_passed(struct worker *worker)
{
	if (atomic_load_explicit(&worker->current, memory_order_acquire) !=
	    worker->published)
		return false;
	worker_config_free(worker->prev);
	worker->prev = NULL;
	return true;
}

uint8_t worker_path(const struct worker *worker, const struct flow *flow,
		    uint8_t path)
{
	uint32_t age = worker->generation - flow->generation;

	if (age > GENERATIONS)
		return 0;
	for (; age > 0; age--)
		path = worker->paths[(worker->generation - age + 1) %
				     GENERATIONS][path];
	return path;
}

static void change(struct worker *worker, struct worker_config *config)
{
	uint32_t generation = ++worker->generation;

	memcpy(worker->paths[generation % GENERATIONS], config->paths,
	       sizeof(config->paths));
	if (!worker_config_inherit(config, worker->config))
		worker->streams_since = generation;
	worker_forget_interfaces(worker);
	worker_activate(worker, config);
}

void worker_pass(struct worker *worker)
{
	struct worker_config *wanted =
		atomic_load_explicit(&worker->wanted, memory_order_acquire);

	if (wanted != worker->config)
		change(worker, wanted);
	if (atomic_load_explicit(&worker->query, memory_order_relaxed) != NULL)
		worker_list(worker);
}

const struct tallies *worker_routes(const struct worker *worker)
{
	return &worker->published->routes;
}

const struct tallies *worker_classes(const struct worker *worker)
{
	return &worker->published->classes;
}
