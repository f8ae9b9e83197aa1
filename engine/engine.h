/*
 * engine.h - the running engine: a worker thread for each queue of a policy.
 */
#ifndef WAYMARK_ENGINE_H
#define WAYMARK_ENGINE_H

#include <stddef.h>

#include "engine/worker/worker.h"
#include "rules/policy/policy.h"

#define ENGINE_ERROR_MAX 512

struct engine;

/*
 * Bind all queues, then start all threads: either all of it or nothing. On
 * failure -errno and a sentence in `error`. The policy is the engine's then,
 * unless it failed; `learned` is borrowed and may be NULL. All functions here
 * are for one thread, the controlling.
 */
int engine_start(struct policy *policy, struct learned *learned,
		 struct engine **ret_engine,
		 char error[static ENGINE_ERROR_MAX]);

/*
 * Go over to another policy, which is the engine's then. No packet waits for
 * it. Returns when every worker has taken it, or 1 when one has not within
 * seconds: it will, and only then the policy before is freed. -errno: the old
 * policy stays, and the new one is the caller's still.
 */
int engine_reload(struct engine *engine, struct policy *policy,
		  char error[static ENGINE_ERROR_MAX]);
/* Whether that can be done: marks and queues are those of the start. */
int engine_can_reload(const struct engine *engine, const struct policy *policy,
		      char error[static ENGINE_ERROR_MAX]);

/* What policy_set_down() says of engine_policy(). Any one thread that keeps
 * reloads away meanwhile. */
void engine_set_down(struct engine *engine, size_t uplink, bool is_v6,
		     bool is_down);

/* The one that was published last. */
const struct policy *engine_policy(const struct engine *engine);

struct engine_totals {
	uint64_t packets, bytes, undecoded, flows, settled, dropped;
	uint64_t late_kept, late_moved, late_reset, evicted, streams_reclaimed;
	uint64_t first_packet_correct, learned_correct, learned_mispredicted, dns_answers;
	uint64_t encrypted_dns[ENCRYPTED_DNS_KINDS];
	uint64_t batches, overruns, errors;
};

/* Packets that wait are answered, threads joined, queues released.
 * `ret_totals` may be NULL. */
void engine_stop(struct engine *engine, struct engine_totals *ret_totals);

/* Becomes readable when a thread lost its queue; it is for the caller to stop
 * the engine then. Owned by the engine. */
int engine_failure_fd(const struct engine *engine);
/* Why, "" when nothing failed. */
const char *engine_failure(const struct engine *engine);

/* ---- what it does ---- */

struct engine_totals engine_totals(const struct engine *engine);

size_t engine_workers(const struct engine *engine);
uint16_t engine_worker_queue(const struct engine *engine, size_t worker);
struct engine_totals engine_worker_totals(const struct engine *engine,
					  size_t worker);

/* Of a route or class of engine_policy(). */
struct engine_tally {
	uint64_t settled, late_kept, late_moved, late_reset;
};

struct engine_tally engine_route_tally(const struct engine *engine, size_t i);
struct engine_tally engine_class_tally(const struct engine *engine, size_t i);

/* Bytes that are set aside, of all workers together. */
struct engine_memory {
	size_t flows;		/* their tables and host names */
	size_t streams;		/* payload put in order */
	size_t buffers;		/* packets on their way in */
};

struct engine_memory engine_memory(const struct engine *engine);

/*
 * Flows that are not settled, at most `room` of them; returns how many.
 * Workers copy them between batches. One that does not answer within a second
 * is left out: *ret_silent counts those.
 */
size_t engine_flows(struct engine *engine, struct flow_view *views,
		    size_t room, size_t *ret_silent);

#endif
