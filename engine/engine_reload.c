/* SPDX-License-Identifier: GPL-2.0-or-later */
/* engine_reload.c - replace the policy of a running engine. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "engine/engine_private.h"

/* A worker switches between batches and when woken; this is longer than its
 * longest batch takes. */
#define PASS_MS 3000

void engine_wake(const struct engine *engine)
{
	for (size_t i = 0; i < engine->started; i++)
		source_nfqueue_wake(engine->lanes[i]->source);
}

const struct policy *engine_policy(const struct engine *engine)
{
	return engine->policy;
}

void engine_set_down(struct engine *engine, size_t uplink, bool is_v6,
		     bool is_down)
{
	policy_set_down(engine->policy, uplink, is_v6, is_down);
}

bool engine_has_passed(struct engine *engine)
{
	bool passed = true;

	for (size_t i = 0; i < engine->lane_count; i++)
		passed &= worker_has_passed(engine->lanes[i]->worker);
	if (passed) {
		policy_free(engine->prev);
		engine->prev = NULL;
	}
	return passed;
}

/* Marks saved in conntrack would be misread, and threads hold the queues. */
int engine_can_reload(const struct engine *engine, const struct policy *policy,
		      char error[static ENGINE_ERROR_MAX])
{
	struct queues old = policy_queues(engine->policy);
	struct queues new = policy_queues(policy);
	const char *what = NULL;

	if (policy_marks(policy)->mask != policy_marks(engine->policy)->mask)
		what = "`marks`";
	else if (old.first != new.first || old.last != new.last ||
		 old.fail_closed != new.fail_closed ||
		 old.coalesce_us != new.coalesce_us)
		what = "`queues`";
	if (what == NULL)
		return 0;
	snprintf(error, ENGINE_ERROR_MAX, "%s cannot change while the engine "
		 "runs; restart it instead", what);
	return -EINVAL;
}

static int prepare(struct engine *engine, const struct policy *policy)
{
	int rc = 0;

	for (size_t i = 0; i < engine->lane_count && rc == 0; i++)
		rc = worker_prepare(engine->lanes[i]->worker, policy);
	for (size_t i = 0; i < engine->lane_count && rc < 0; i++)
		worker_prepare(engine->lanes[i]->worker, NULL);
	return rc;
}

/* 0, or 1 on timeout. */
static int wait_for_workers(struct engine *engine)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	for (int ms = 0; ms < PASS_MS; ms++) {
		if (engine_has_passed(engine))
			return 0;
		nanosleep(&pause, NULL);
	}
	return 1;
}

int engine_reload(struct engine *engine, struct policy *policy,
		  char error[static ENGINE_ERROR_MAX])
{
	int rc = engine_can_reload(engine, policy, error);

	if (rc < 0)
		return rc;
	engine_has_passed(engine);
	rc = prepare(engine, policy);
	if (rc < 0) {
		snprintf(error, ENGINE_ERROR_MAX, "%s", rc == -EBUSY ?
			 "the previous reload is not finished; try again" :
			 "out of memory");
		return rc;
	}
	engine->prev = engine->policy;
	engine->policy = policy;
	for (size_t i = 0; i < engine->lane_count; i++)
		worker_publish(engine->lanes[i]->worker);
	engine_lines_follow(&engine->lines,
			    worker_routes(engine->lanes[0]->worker),
			    worker_classes(engine->lanes[0]->worker));
	engine_wake(engine);
	return wait_for_workers(engine);
}
