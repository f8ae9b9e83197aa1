/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine.h - the running engine: a worker thread for each queue of a policy.
 */
#ifndef WAYMARK_ENGINE_H
#define WAYMARK_ENGINE_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/stats/stats.h"
#include "engine/worker/worker.h"
#include "rules/policy/policy.h"

#define ENGINE_ERROR_MAX 512

struct engine;

/* Knows paths of flows that go on in midstream, see worker_options.recall. The
 * function is called by all worker threads. */
struct engine_recall {
	uint8_t (*path)(void *ctx, const struct packet *pkt);
	void *ctx;
};

/*
 * Bind all queues, then start all threads; on failure nothing stays started.
 * Returns -errno then, with a sentence in `error`. On success the engine owns
 * the policy; `learned` is borrowed and may be NULL, `recall` as well. All
 * functions here are for one thread, the control thread.
 */
int engine_start(struct policy *policy, struct learned *learned,
		 const struct engine_recall *recall, struct engine **ret_engine,
		 char error[static ENGINE_ERROR_MAX]);

/*
 * Replace the policy; the engine owns it then. No packet waits. Returns 0 when
 * every worker uses it, or 1 if one has not switched within seconds: it will,
 * and only then is the previous policy freed. -errno: the old policy stays, and
 * the caller still owns the new one.
 */
int engine_reload(struct engine *engine, struct policy *policy,
		  char error[static ENGINE_ERROR_MAX]);
/* Whether a reload is possible: marks and queues must be unchanged. */
int engine_can_reload(const struct engine *engine, const struct policy *policy,
		      char error[static ENGINE_ERROR_MAX]);

/* Call policy_set_down() for engine_policy(); for any one thread that holds off
 * reloads meanwhile. */
void engine_set_down(struct engine *engine, size_t uplink, bool is_v6,
		     bool is_down);

/* The policy that was published last. */
const struct policy *engine_policy(const struct engine *engine);

/* Answer waiting packets, join the threads, release the queues. `ret_totals`
 * may be NULL. */
void engine_stop(struct engine *engine, struct stats *ret_totals);

/* Return whether each worker has turned since the previous call, and wake them
 * all, so that those that are not stuck turn before the next one. */
bool engine_has_turned(struct engine *engine);

/* Readable once a thread lost its queue; the caller then stops the engine.
 * Owned by the engine. */
int engine_failure_fd(const struct engine *engine);
/* The reason; "" when nothing failed. */
const char *engine_failure(const struct engine *engine);

/* ---- statistics ---- */

struct stats engine_totals(const struct engine *engine);

size_t engine_workers(const struct engine *engine);
uint16_t engine_worker_queue(const struct engine *engine, size_t worker);
struct stats engine_worker_totals(const struct engine *engine,
					  size_t worker);

/* Counters of a route or class of engine_policy(). */
struct engine_tally {
#define TALLY_VALUE(name, title, late) uint64_t name;
	TALLIES(TALLY_VALUE)
#undef TALLY_VALUE
};

struct engine_tally engine_route_tally(const struct engine *engine, size_t i);
struct engine_tally engine_class_tally(const struct engine *engine, size_t i);

/* Bytes reserved by all workers together. */
struct engine_memory {
	size_t flows;		/* tables and host names */
	size_t streams;		/* reassembled payload */
	size_t buffers;		/* received packets */
};

struct engine_memory engine_memory(const struct engine *engine);

/* Where to continue a list of flows; zero is the start. */
struct engine_cursor {
	size_t worker;
	size_t place;
	bool with_settled;	/* list settled flows, too */
	bool is_complete;	/* set when all workers have been asked */
};

/*
 * Copy flows, at most `room` (which is 64 or more), and advance the cursor;
 * returns how many. Workers copy them between batches. The views have the
 * numbers of routes and classes of the current policy, by the text of the
 * route and the name of the class. *ret_silent counts the workers that did not
 * answer within a second; their flows are left out.
 */
size_t engine_flows(struct engine *engine, struct engine_cursor *cursor,
		    struct flow_view *views, size_t room, size_t *ret_silent);

/* Have the workers report the flows that they settle, or no longer. 0 or
 * -ENOMEM. */
int engine_report_settled(struct engine *engine, bool on);
/* Take the next reported flow; false: there is none. */
bool engine_take_settled(struct engine *engine, struct flow_view *ret);
/* Reports that found no room since the previous call. */
uint64_t engine_lost_settled(struct engine *engine);

#endif
