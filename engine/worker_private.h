/*
 * worker_private.h - what a worker is made of. Only worker*.c include this.
 */
#ifndef WAYMARK_WORKER_PRIVATE_H
#define WAYMARK_WORKER_PRIVATE_H

#include "engine/worker.h"

#define GENERATIONS 8		/* that numbers of roads are known for */
#define INTERFACES 256		/* remembered by name; a power of two */

struct interface {
	uint32_t ifindex;		/* 0: empty */
	set_bits sets;
};

struct worker {
	/* Constant. */
	struct worker_options options;
	interface_name name_of;
	void *name_ctx;
	/* The control thread's own. */
	struct outfit *prepared;
	struct outfit *published;	/* the latest */
	struct outfit *before;		/* NULL once the worker has passed */
	/* Stored by the control thread, loaded by the worker's. */
	_Atomic(struct outfit *) wanted;
	/* Stored by the control thread, and NULL by the worker's when done. */
	_Atomic(struct flow_query *) query;
	/* Stored by the worker's thread, loaded by the control thread. */
	_Atomic(struct outfit *) worn;
	/* The worker's thread's own. */
	struct outfit *outfit;
	const struct policy *policy;	/* the outfit's, as the next two */
	const struct marks *marks;
	struct inspector *inspector;
	uint32_t generation;		/* counts outfits */
	uint32_t streams_since;		/* the generation of their pool */
	uint8_t roads[GENERATIONS][256];	/* what a road of the one
						 * before became */
	struct flow_table *flows;
	struct interface interfaces[INTERFACES];
	/* Counted by the thread, read by anyone. */
	struct worker_counters counters;
};

/* Work by `outfit` from now on. */
void worker_put_on(struct worker *worker, struct outfit *outfit);
/* How many streams an outfit has room for. */
size_t worker_streams(const struct worker *worker,
		      const struct policy *policy);
/* What a flow of an earlier generation holds of parts that are no more has
 * gone with them. */
void worker_forget_parts(const struct worker *worker, struct flow *flow);
/* The present number of a flow's road; 0 when there is none any more. */
uint8_t worker_road(const struct worker *worker, const struct flow *flow,
		    uint8_t road);
/* Answer what was asked. */
void worker_list(struct worker *worker);

#endif
