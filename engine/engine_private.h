/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine_private.h - the parts of an engine. Only engine*.c include this.
 */
#ifndef WAYMARK_ENGINE_PRIVATE_H
#define WAYMARK_ENGINE_PRIVATE_H

#include <libnfnetlink/libnfnetlink.h>
#include <pthread.h>
#include <stdatomic.h>

#include "engine/engine.h"
#include "engine/engine_lines.h"
#include "engine/nfqueue/reset.h"
#include "engine/nfqueue/source_nfqueue.h"

struct lane {
	/* Set before the thread starts, constant after. */
	struct engine *engine;
	uint16_t queue;
	struct source_nfqueue *source;
	struct worker *worker;
	struct reset_sender *resets;	/* NULL: no privilege */
	struct nlif_handle *interfaces;
	pthread_t thread;
	/* Used by the control thread; the query by the worker while it is
	 * asked. */
	struct flow_query *query;	/* NULL until first needed */
	bool is_asked;
	struct settled_ring *settled;	/* NULL until first needed */
	uint64_t lost_seen;		/* by engine_lost_settled() */
	unsigned int turns_seen;	/* by engine_has_turned() */
	/* Counted by the lane's thread, read by the control thread. */
	atomic_uint turns;
	/* Used by the lane's thread only. */
	uint64_t interfaces_ns;		/* time of the latest check */
	bool interfaces_changed;
	struct packet packets[WORKER_BATCH];
	struct verdict verdicts[WORKER_BATCH];
	char failure[ENGINE_ERROR_MAX];	/* for others once engine->failed points
					 * here */
};

struct engine {
	/* Used by the control thread only. */
	struct policy *policy;		/* published last */
	struct policy *prev;		/* until no worker uses it */
	struct engine_lines lines;
	/* Set before the threads start, constant after. */
	int failure_fd;
	size_t lane_count;
	size_t started;
	struct lane **lanes;
	struct learned *learned;
	struct engine_recall recall;
	/* Stored by the control thread, loaded by the lanes. */
	atomic_bool stopping;
	/* Stored by the first lane that fails. */
	_Atomic(const struct lane *) failed;
};

/* Wake all threads that wait for packets. */
void engine_wake(const struct engine *engine);
/* Free the previous policy; false: a worker still uses it. */
bool engine_has_passed(struct engine *engine);

#endif
