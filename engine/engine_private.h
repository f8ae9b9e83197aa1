/*
 * engine_private.h - what an engine is made of. Only engine*.c include this.
 */
#ifndef WAYMARK_ENGINE_PRIVATE_H
#define WAYMARK_ENGINE_PRIVATE_H

#include <libnfnetlink/libnfnetlink.h>
#include <pthread.h>
#include <stdatomic.h>

#include "engine/engine.h"
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
	/* The control thread's own, but for a query that is asked. */
	struct flow_query *query;	/* NULL until flows were asked for */
	bool is_asked;
	/* The thread's own. */
	uint64_t interfaces_ns;		/* of the latest look */
	bool interfaces_changed;
	struct packet packets[WORKER_BATCH];
	struct verdict verdicts[WORKER_BATCH];
	char failure[ENGINE_ERROR_MAX];	/* others: once engine->failed is it */
};

struct engine {
	/* The control thread's own. */
	struct policy *policy;		/* the latest */
	struct policy *prev;		/* until all workers have passed */
	/* Set before the threads start, constant after. */
	int failure_fd;
	size_t lane_count;
	size_t started;
	struct lane **lanes;
	struct learned *learned;
	/* Stored by the control thread, loaded by the lanes. */
	atomic_bool stopping;
	/* Stored by the first lane that fails. */
	_Atomic(const struct lane *) failed;
};

/* Wake all threads that wait for packets. */
void engine_wake(const struct engine *engine);
/* Free what no worker needs any more; false: one still may. */
bool engine_has_passed(struct engine *engine);

#endif
