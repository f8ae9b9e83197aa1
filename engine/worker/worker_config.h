/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker_config.h - a worker's configuration: a policy, the inspector for it,
 * and the counters of its routes and classes. The control thread makes it, so
 * that a worker which takes over a policy allocates nothing.
 */
#ifndef WAYMARK_WORKER_CONFIG_H
#define WAYMARK_WORKER_CONFIG_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/flow/inspect.h"
#include "engine/stats/stats.h"
#include "rules/policy/policy.h"

/* Flows of one route or class. */
struct tally {
#define TALLY_LIVE(name, title, late) atomic_uint_fast64_t name;
	TALLIES(TALLY_LIVE)
#undef TALLY_LIVE
};

struct tallies {
	struct tally *items;
	uint32_t *prev;	/* item in the previous configuration, or
			 * WORKER_CONFIG_NEW */
	size_t count;
};
#define WORKER_CONFIG_NEW UINT32_MAX

struct worker_config {
	/* Constant. */
	const struct policy *policy;
	const struct marks *marks;
	/* New number of each path of the previous policy; 0: no longer
	 * exists. */
	uint8_t paths[256];
	/* Used by the worker only once it has the configuration. */
	struct inspector inspector;
	/* Counted by the worker, read by anyone. */
	struct tallies routes;
	struct tallies classes;
};

/*
 * A configuration for `policy`, which is borrowed, with room for `streams`
 * streams; NULL when out of memory. With `prev`, which a worker may be using,
 * worker_config_inherit() has to follow.
 */
struct worker_config *worker_config_new(const struct policy *policy,
					size_t streams,
					const struct worker_config *prev);
void worker_config_free(struct worker_config *config);

/*
 * Move counters, and memory that still fits, from `prev` to `config`; for the
 * worker's thread. Returns whether streams held by flows stay valid; their
 * searches never do.
 */
bool worker_config_inherit(struct worker_config *config,
			   struct worker_config *prev);

#endif
