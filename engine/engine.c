/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine.c - run a lane for each queue: a source, a worker and their thread,
 * see engine.h.
 */
#include "engine/engine.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/confine.h"
#include "engine/engine_private.h"
#include "rules/util/big_alloc.h"
#include "rules/util/log.h"

/* Interval at which a lane checks for interface changes. */
#define INTERFACES_NS 1000000000u

/* Bound of batches that a lane still answers at the end. */
#define LAST_BATCHES 1000

/* ---- a lane's thread ---- */

/* Process the kernel's interface notifications since the latest check. */
static void follow_interfaces(struct lane *lane)
{
	struct pollfd readable = {
		.fd = nlif_fd(lane->interfaces),
		.events = POLLIN,
	};

	while (poll(&readable, 1, 0) > 0) {
		lane->interfaces_changed = true;
		if (nlif_catch(lane->interfaces) == 0)
			continue;
		nlif_query(lane->interfaces);	/* notifications were lost */
		break;
	}
}

/* The worker calls this in the middle of a batch; it drops its other names
 * before the next. */
static bool name_interface(void *ctx, uint32_t ifindex, char *buffer)
{
	struct lane *lane = ctx;

	if (nlif_index2name(lane->interfaces, ifindex, buffer) >= 0)
		return true;
	follow_interfaces(lane);
	return nlif_index2name(lane->interfaces, ifindex, buffer) >= 0;
}

static void refresh_interfaces(struct lane *lane, uint64_t now_ns)
{
	if (now_ns - lane->interfaces_ns > INTERFACES_NS) {
		lane->interfaces_ns = now_ns;
		follow_interfaces(lane);
	}
	if (lane->interfaces_changed)
		worker_forget_interfaces(lane->worker);
	lane->interfaces_changed = false;
}

/* Handle one batch; returns its number of packets, or -errno. */
static int lane_turn(struct lane *lane)
{
	int got = source_nfqueue_receive(lane->source, lane->packets);
	int rc;

	worker_pass(lane->worker);
	atomic_store_explicit(&lane->turns,
			      atomic_load_explicit(&lane->turns,
						   memory_order_relaxed) + 1,
			      memory_order_relaxed);
	if (got <= 0)
		return got;
	refresh_interfaces(lane, lane->packets[0].time_ns);
	worker_classify(lane->worker, lane->packets, NULL, (size_t)got, false,
			lane->verdicts);
	rc = source_nfqueue_answer(lane->source, lane->packets,
				   lane->verdicts, (size_t)got);
	return rc < 0 ? rc : got;
}

static void lane_fail(struct lane *lane, int rc)
{
	struct engine *engine = lane->engine;
	const struct lane *none = NULL;
	uint64_t one = 1;

	snprintf(lane->failure, sizeof(lane->failure), "queue %u: lost: %s",
		 lane->queue, strerror(-rc));
	if (!atomic_compare_exchange_strong(&engine->failed, &none, lane))
		return;
	if (write(engine->failure_fd, &one, sizeof(one)) < 0)
		abort();	/* cannot fail: the eventfd was 0 */
}

static void *lane_main(void *arg)
{
	struct lane *lane = arg;
	int rc = confine_worker();

	/* A kernel without seccomp still routes. */
	if (rc < 0)
		log_warning("queue %u: its thread keeps all privileges: %s",
			    lane->queue, strerror(-rc));
	rc = 0;
	while (rc >= 0 && !atomic_load(&lane->engine->stopping))
		rc = lane_turn(lane);
	if (rc < 0) {
		lane_fail(lane, rc);
		return NULL;
	}
	source_nfqueue_finish(lane->source);
	for (int i = 0; i < LAST_BATCHES && lane_turn(lane) > 0; i++)
		;
	return NULL;
}

/* ---- start ---- */

static int lane_failed(struct lane *lane, const char *what, int rc,
		       char *error)
{
	snprintf(error, ENGINE_ERROR_MAX, "queue %u: %s: %s", lane->queue,
		 what, strerror(-rc));
	return rc;
}

static int open_interfaces(struct lane *lane, char *error)
{
	lane->interfaces = nlif_open();
	if (lane->interfaces == NULL || nlif_query(lane->interfaces) < 0)
		return lane_failed(lane, "interface names",
				   errno != 0 ? -errno : -EIO, error);
	worker_name_interfaces(lane->worker, name_interface, lane);
	return 0;
}

static void lane_free(struct lane *lane)
{
	if (lane == NULL)
		return;
	free(lane->query);
	source_nfqueue_close(lane->source);
	worker_free(lane->worker);
	free(lane->settled);
	reset_sender_free(lane->resets);
	if (lane->interfaces != NULL)
		nlif_close(lane->interfaces);
	free(lane);
}

static void reset_flow(void *ctx, const struct packet *pkt, bool from_server)
{
	struct lane *lane = ctx;

	if (lane->resets != NULL)
		reset_send(lane->resets, pkt, from_server);
}

/* Resets carry the mark of main, settled, so that they pass unqueued. */
static int open_resets(struct lane *lane, const struct policy *policy,
		       char *error)
{
	const struct marks *marks = policy_marks(policy);

	lane->resets = reset_sender_new(marks_of(marks, marks->path_main,
						 true));
	if (lane->resets != NULL || !policy_may_reset(policy))
		return 0;
	return lane_failed(lane, "'late reset' needs a raw socket", -errno,
			   error);
}

/* Bind the queue last: from then on packets wait in it. */
static int lane_new(struct engine *engine, const struct policy *policy,
		    uint16_t queue, struct lane **ret_lane, char *error)
{
	struct worker_options worker_options = {
		.preallocate = true,
		.learned = engine->learned,
		.has_own_resolver = true,
		.reset = reset_flow,
		.recall = engine->recall.path,
		.recall_ctx = engine->recall.ctx,
	};
	struct source_nfqueue_options options = {
		.queue = queue,
		.fail_open = !policy_queues(policy).fail_closed,
		.coalesce_us = policy_queues(policy).coalesce_us,
	};
	struct lane *lane;
	int rc = -ENOMEM;

	lane = big_alloc(sizeof(*lane));
	if (lane != NULL) {
		lane->engine = engine;
		lane->queue = queue;
		worker_options.reset_ctx = lane;
		lane->worker = worker_new(policy, &worker_options);
	}
	if (lane == NULL || lane->worker == NULL) {
		snprintf(error, ENGINE_ERROR_MAX, "queue %u: out of memory",
			 queue);
		goto out;
	}
	rc = open_interfaces(lane, error);
	if (rc == 0)
		rc = open_resets(lane, policy, error);
	if (rc < 0)
		goto out;
	rc = source_nfqueue_open(&options, &lane->source, error,
				 ENGINE_ERROR_MAX);
	if (rc < 0)
		goto out;

	*ret_lane = lane;
	lane = NULL;
out:
	lane_free(lane);
	return rc;
}

/* Signals are for the control thread. */
static int start_threads(struct engine *engine, char *error)
{
	sigset_t all, prev;
	int rc = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &prev);
	for (size_t i = 0; i < engine->lane_count && rc == 0; i++) {
		struct lane *lane = engine->lanes[i];

		rc = pthread_create(&lane->thread, NULL, lane_main, lane);
		if (rc != 0)
			lane_failed(lane, "no thread", -rc, error);
		else
			engine->started++;
	}
	pthread_sigmask(SIG_SETMASK, &prev, NULL);
	return -rc;
}

static struct engine *engine_new(size_t lanes)
{
	struct engine *engine = calloc(1, sizeof(*engine));

	if (engine == NULL)
		return NULL;
	engine->lane_count = lanes;
	engine->lanes = calloc(lanes, sizeof(engine->lanes[0]));
	engine->failure_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (engine->lanes != NULL && engine->failure_fd >= 0)
		return engine;
	if (engine->failure_fd >= 0)
		close(engine->failure_fd);
	free(engine->lanes);
	free(engine);
	return NULL;
}

int engine_start(struct policy *policy, struct learned *learned,
		 const struct engine_recall *recall, struct engine **ret_engine,
		 char error[static ENGINE_ERROR_MAX])
{
	struct queues queues = policy_queues(policy);
	struct engine *engine;
	int rc = 0;

	engine = engine_new((size_t)(queues.last - queues.first + 1));
	if (engine == NULL) {
		snprintf(error, ENGINE_ERROR_MAX, "out of memory");
		return -ENOMEM;
	}
	engine->learned = learned;
	if (recall != NULL)
		engine->recall = *recall;
	for (size_t i = 0; i < engine->lane_count && rc == 0; i++)
		rc = lane_new(engine, policy, (uint16_t)(queues.first + i),
			      &engine->lanes[i], error);
	if (rc == 0)
		rc = start_threads(engine, error);
	if (rc < 0) {
		engine_stop(engine, NULL);
		return rc;
	}
	engine->policy = policy;
	*ret_engine = engine;
	return 0;
}

void engine_stop(struct engine *engine, struct stats *ret_totals)
{
	if (engine == NULL)
		return;
	atomic_store(&engine->stopping, true);
	engine_wake(engine);
	for (size_t i = 0; i < engine->started; i++)
		pthread_join(engine->lanes[i]->thread, NULL);
	if (ret_totals != NULL)
		*ret_totals = engine_totals(engine);
	for (size_t i = 0; i < engine->lane_count; i++)
		lane_free(engine->lanes[i]);
	engine_lines_fini(&engine->lines);
	policy_free(engine->prev);
	policy_free(engine->policy);
	close(engine->failure_fd);
	free(engine->lanes);
	free(engine);
}

int engine_failure_fd(const struct engine *engine)
{
	return engine->failure_fd;
}

const char *engine_failure(const struct engine *engine)
{
	const struct lane *lane = atomic_load(&engine->failed);

	return lane != NULL ? lane->failure : "";
}
