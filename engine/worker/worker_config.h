/*
 * worker_config.h - what one worker works by: a policy, the parts that inspect flows
 * for it, and what is counted by its routes and classes. The control thread
 * makes it, so that a worker which takes over another policy allocates nothing.
 */
#ifndef WAYMARK_WORKER_CONFIG_H
#define WAYMARK_WORKER_CONFIG_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/flow/inspect.h"
#include "rules/policy/policy.h"

/* Flows, of one route or of one class. */
struct tally {
	atomic_uint_fast64_t settled;
	atomic_uint_fast64_t late_kept;
	atomic_uint_fast64_t late_moved;
	atomic_uint_fast64_t late_reset;
};

struct tallies {
	struct tally *items;
	uint32_t *prev;	/* item of the config before, WORKER_CONFIG_NEW */
	size_t count;
};
#define WORKER_CONFIG_NEW UINT32_MAX

struct worker_config {
	/* Constant. */
	const struct policy *policy;
	const struct marks *marks;
	/* By the policy before: what a path is now, 0 when it is gone. */
	uint8_t paths[256];
	/* The worker's own once it has the config. */
	struct inspector inspector;
	/* Counted by the worker, read by anyone. */
	struct tallies routes;
	struct tallies classes;
};

/*
 * An config for `policy`, which is borrowed, with room for `streams` streams;
 * NULL when out of memory. With `before`, which a worker may be using, it is to
 * follow that one by worker_config_inherit().
 */
struct worker_config *worker_config_new(const struct policy *policy, size_t streams,
			  const struct worker_config *prev);
void worker_config_free(struct worker_config *config);

/*
 * The worker goes over from `before` to `config`: counts go on, and what is
 * large is handed on. Returns whether streams that flows hold stay good; their
 * searches never do.
 */
bool worker_config_inherit(struct worker_config *config, struct worker_config *prev);

#endif
