/*
 * source_batch.h - the frames of a capture by the batch, read and decoded in
 * the caller's thread or, ahead of it, in one of their own. Either way they
 * are the same frames in the same order.
 */
#ifndef WAYMARK_SOURCE_BATCH_H
#define WAYMARK_SOURCE_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/replay/source_pcap.h"

struct source_batches;

/* `source` is borrowed, and nobody else's until the batches are freed. 0 or
 * -errno; `is_ahead` asks for a thread. At most `frames` are in a batch. */
int source_batches_new(struct source_pcap *source, bool is_ahead,
		       size_t frames, struct source_batches **ret_batches);
/* Ends the thread, whether or not all has been read. */
void source_batches_free(struct source_batches *batches);

/*
 * The next frames: how many, at the end 0, or -errno as of source_pcap_next().
 * They are the caller's to change, and live until the next call. What comes
 * slowly, by a pipe, is not kept waiting until a batch is full.
 */
int source_batches_next(struct source_batches *batches,
			struct source_frame **ret_frames,
			char error[static SOURCE_ERROR_MAX]);

#endif
