/*
 * source_nfqueue.h - one NFQUEUE: packets in by batches, verdicts out in the
 * order they came. One source, one thread.
 */
#ifndef WAYMARK_SOURCE_NFQUEUE_H
#define WAYMARK_SOURCE_NFQUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/packet/packet.h"
#include "engine/worker/worker.h"

struct source_nfqueue;

struct source_nfqueue_options {
	uint16_t queue;
	uint32_t copy_range;	/* bytes of a packet; 0: 4,096 */
	uint32_t max_len;	/* full-size packets that may wait; of small
				 * ones nearly three times as many; 0: 4,096 */
	bool fail_open;		/* a full queue lets packets pass */
	uint16_t coalesce_us;	/* sleep this long after a short batch, so that
				 * the next is longer; 0: never */
};

struct source_nfqueue_counters {
	atomic_uint_fast64_t batches;
	atomic_uint_fast64_t received;
	atomic_uint_fast64_t verdicts;
	atomic_uint_fast64_t overruns;	/* packets that found the queue full,
					 * and passed or were dropped */
	atomic_uint_fast64_t errors;	/* verdicts the kernel refused */
};

/*
 * Bind the queue. On failure -errno and a sentence with the mend in `error`:
 * no privilege, no NFQUEUE in the kernel, a queue that another program holds.
 */
int source_nfqueue_open(const struct source_nfqueue_options *options,
			struct source_nfqueue **ret_source, char *error,
			size_t error_size);
void source_nfqueue_close(struct source_nfqueue *source);

/*
 * Wait until packets come, or source_nfqueue_wake() is called, also before;
 * fill at most WORKER_BATCH. Returns how many, 0 for none, -errno when the
 * socket is lost. Packets live until the next call.
 */
int source_nfqueue_receive(struct source_nfqueue *source,
			   struct packet *ret_packets);

/* Answer the packets of the latest receive, in their order. */
int source_nfqueue_answer(struct source_nfqueue *source,
			  const struct packet *packets,
			  const struct verdict *verdicts, size_t count);

/*
 * The end: packets that come from now on find the queue full; those that wait
 * are still received, and receive no longer waits. Without it, closing drops
 * what waits.
 */
void source_nfqueue_finish(struct source_nfqueue *source);

/* From any thread or signal handler: make receive return. */
void source_nfqueue_wake(const struct source_nfqueue *source);

/* Memory for packets on their way in; for any thread. */
size_t source_nfqueue_bytes(const struct source_nfqueue *source);

const struct source_nfqueue_counters *
source_nfqueue_counters(const struct source_nfqueue *source);

#endif
