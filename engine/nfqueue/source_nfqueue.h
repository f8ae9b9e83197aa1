/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source_nfqueue.h - one NFQUEUE: receive packets in batches, send verdicts in
 * the same order. A source belongs to one thread.
 */
#ifndef WAYMARK_SOURCE_NFQUEUE_H
#define WAYMARK_SOURCE_NFQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/packet/packet.h"
#include "engine/worker/worker.h"

struct source_nfqueue;

struct source_nfqueue_options {
	uint16_t queue;
	uint32_t copy_range;	/* bytes copied of a packet; 0: 4,096 */
	uint32_t max_len;	/* full-size packets that may wait, or nearly
				 * three times as many small ones; 0: 4,096 */
	bool fail_open;		/* packets over a full queue pass */
	uint16_t coalesce_us;	/* sleep this long after a short batch, so that
				 * the next is longer; 0: never */
};

/*
 * Bind the queue. On failure -errno and a sentence with the fix in `error`: no
 * privilege, no NFQUEUE in the kernel, or a queue held by another program.
 */
int source_nfqueue_open(const struct source_nfqueue_options *options,
			struct source_nfqueue **ret_source, char *error,
			size_t error_size);
void source_nfqueue_close(struct source_nfqueue *source);

/*
 * Wait for packets or for source_nfqueue_wake(), which may have been called
 * before; fill at most WORKER_BATCH. Returns how many, 0 for none, -errno when
 * the socket is lost. Packets live until the next call.
 */
int source_nfqueue_receive(struct source_nfqueue *source,
			   struct packet *ret_packets);

/* Send the verdicts for the packets of the latest receive, in their order. */
int source_nfqueue_answer(struct source_nfqueue *source,
			  const struct packet *packets,
			  const struct verdict *verdicts, size_t count);

/*
 * Prepare to close: from now on packets find the queue full; those that wait
 * are still received, and receive does not block. Closing without this drops
 * what waits.
 */
void source_nfqueue_finish(struct source_nfqueue *source);

/* Make receive return; from any thread or signal handler. */
void source_nfqueue_wake(const struct source_nfqueue *source);

/* Memory of packet buffers; for any thread. */
size_t source_nfqueue_bytes(const struct source_nfqueue *source);

/* Counts batches, queue_overflow and verdicts_rejected. */
const struct stats_live *
source_nfqueue_counters(const struct source_nfqueue *source);

#endif
