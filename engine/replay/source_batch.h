/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source_batch.h - read and decode the frames of a capture in batches, in the
 * caller's thread or ahead of it in another. The result is the same.
 */
#ifndef WAYMARK_SOURCE_BATCH_H
#define WAYMARK_SOURCE_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/replay/source_pcap.h"

struct source_batches;

/* Start reading `source`, which is borrowed exclusively, in batches of up to
 * `frames` frames. `is_ahead` starts a reading thread. 0 or -errno. */
int source_batches_new(struct source_pcap *source, bool is_ahead,
		       size_t frames, struct source_batches **ret_batches);
/* Stop the thread, wherever it is, and free the batches. */
void source_batches_free(struct source_batches *batches);

/*
 * Return the number of frames in the next batch, 0 at the end, or -errno as of
 * source_pcap_next(). The caller may modify the frames, which are valid until
 * the next call. Frames from a slow pipe do not wait until a batch is full.
 */
int source_batches_next(struct source_batches *batches,
			struct source_frame **ret_frames,
			char error[static SOURCE_ERROR_MAX]);

#endif
