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

struct engine_totals {
	uint64_t packets, bytes, flows, settled, dropped;
	uint64_t late_kept, late_moved, overruns, errors;
};

/* Packets that wait are answered, threads joined, queues released.
 * `ret_totals` may be NULL. */
void engine_stop(struct engine *engine, struct engine_totals *ret_totals);

/* Becomes readable when a thread lost its queue; it is for the caller to stop
 * the engine then. Owned by the engine. */
int engine_failure_fd(const struct engine *engine);
/* Why, "" when nothing failed. */
const char *engine_failure(const struct engine *engine);

struct engine_totals engine_totals(const struct engine *engine);

#endif
