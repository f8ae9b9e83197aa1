/*
 * engine.h - the running engine: a worker thread for each queue of a policy.
 */
#ifndef WAYMARK_ENGINE_H
#define WAYMARK_ENGINE_H

#include <stddef.h>

#include "rules/policy.h"

#define ENGINE_ERROR_MAX 512

struct engine;

/* Bind all queues, then start all threads: either all of it or nothing. On
 * failure -errno and a sentence in `error`. The policy is borrowed. */
int engine_start(const struct policy *policy, struct engine **ret_engine,
		 char error[static ENGINE_ERROR_MAX]);

/* Packets that wait are answered, threads joined, queues released. */
void engine_stop(struct engine *engine);

/* A thread that lost its queue stops the engine: this descriptor becomes
 * readable then. Owned by the engine. */
int engine_failure_fd(const struct engine *engine);
const char *engine_failure(const struct engine *engine);

struct engine_totals {
	uint64_t packets, bytes, flows, settled, dropped;
	uint64_t late_kept, late_moved, overruns, errors;
};
struct engine_totals engine_totals(const struct engine *engine);

#endif
