/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source_batch.c - a ring of batches between the reader and the consumer.
 */
#include "engine/replay/source_batch.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/replay/source_input.h"

/* All batches together should fit into the cache that the threads share. */
#define FRAME_BYTES 512u
#define BATCHES 4

struct batch {
	struct source_frame *frames;
	size_t count;
	uint8_t *bytes;
	size_t used;
	size_t room;
};

struct source_batches {
	/* Constant. */
	struct source_pcap *source;
	bool is_ahead;
	size_t frames_max;
	pthread_t thread;
	/* Used by the reader. */
	struct batch *filling;
	struct source_raw held;		/* did not fit into the batch */
	bool has_held;
	/* Used by the consumer. */
	bool has_taken;
	/* Batches `taken` to `filled` hold frames. Under the lock, except for
	 * their contents. */
	pthread_mutex_t lock;
	pthread_cond_t is_filled;
	pthread_cond_t is_taken;
	struct batch ring[BATCHES];
	size_t filled;
	size_t taken;
	bool is_stopped;
	bool is_done;
	int rc;				/* once done: 0 or -errno */
	char error[SOURCE_ERROR_MAX];
};

/* ---- the reader ---- */

/* Return 1 when a frame of `len` bytes fits. An empty batch grows to fit. */
static int find_room(struct batch *batch, size_t len)
{
	uint8_t *bytes;

	if (batch->used + len <= batch->room)
		return 1;
	if (batch->count > 0)
		return 0;
	bytes = realloc(batch->bytes, len);
	if (bytes == NULL)
		return -ENOMEM;
	batch->bytes = bytes;
	batch->room = len;
	return 1;
}

static int add(struct source_batches *batches, struct batch *batch)
{
	const struct source_raw *raw = &batches->held;
	uint8_t *data;
	int rc;

	rc = find_room(batch, raw->len);
	if (rc <= 0)
		return rc;
	data = batch->bytes + batch->used;
	memcpy(data, raw->data, raw->len);
	source_raw_decode(raw, data, &batch->frames[batch->count++]);
	batch->used += raw->len;
	batches->has_held = false;
	return 1;
}

static int read_one(struct source_batches *batches, char *error)
{
	int rc;

	if (batches->has_held)
		return 1;
	rc = source_pcap_read(batches->source, &batches->held, error);
	batches->has_held = rc > 0;
	return rc;
}

/* Fill a batch: 1, 0 at the end of the capture, or -errno. hand_over() may
 * replace the batch meanwhile, see before_wait(). */
static int fill(struct source_batches *batches, char *error)
{
	int rc;

	do {
		rc = read_one(batches, error);
		if (rc <= 0)
			return rc;
		rc = add(batches, batches->filling);
		if (rc < 0)
			snprintf(error, SOURCE_ERROR_MAX, "out of memory");
		if (rc <= 0)
			return rc < 0 ? rc : 1;
	} while (batches->filling->count < batches->frames_max);
	return 1;
}

static void make_empty(struct batch *batch)
{
	batch->count = 0;
	batch->used = 0;
}

/* Pass the batch to the consumer and wait for a free one. False: stopped. */
static bool hand_over(struct source_batches *batches)
{
	bool is_stopped;

	pthread_mutex_lock(&batches->lock);
	if (batches->filling->count > 0) {
		batches->filled++;
		pthread_cond_signal(&batches->is_filled);
	}
	while (batches->filled - batches->taken == BATCHES &&
	       !batches->is_stopped)
		pthread_cond_wait(&batches->is_taken, &batches->lock);
	is_stopped = batches->is_stopped;
	pthread_mutex_unlock(&batches->lock);
	if (is_stopped)
		return false;
	batches->filling = &batches->ring[batches->filled % BATCHES];
	make_empty(batches->filling);
	return true;
}

/* The input has nothing more for now: pass on the frames read so far. */
static void before_wait(void *ctx)
{
	struct source_batches *batches = ctx;

	if (batches->filling->count > 0)
		(void)hand_over(batches);
}

static void *read_ahead(void *ctx)
{
	struct source_batches *batches = ctx;
	char error[SOURCE_ERROR_MAX] = "";
	bool is_wanted;
	int rc;

	do {
		rc = fill(batches, error);
		is_wanted = hand_over(batches);
	} while (rc > 0 && is_wanted);
	pthread_mutex_lock(&batches->lock);
	batches->is_done = true;
	batches->rc = rc;
	memcpy(batches->error, error, sizeof(error));
	pthread_cond_signal(&batches->is_filled);
	pthread_mutex_unlock(&batches->lock);
	return NULL;
}

/* ---- the consumer ---- */

static bool make_ring(struct source_batches *batches, size_t frames)
{
	for (size_t i = 0; i < (batches->is_ahead ? BATCHES : 1); i++) {
		struct batch *batch = &batches->ring[i];

		batch->frames = calloc(frames, sizeof(batch->frames[0]));
		batch->room = frames * FRAME_BYTES;
		batch->bytes = malloc(batch->room);
		if (batch->frames == NULL || batch->bytes == NULL)
			return false;
	}
	batches->filling = &batches->ring[0];
	return true;
}

static void free_ring(struct source_batches *batches)
{
	for (size_t i = 0; i < BATCHES; i++) {
		free(batches->ring[i].frames);
		free(batches->ring[i].bytes);
	}
	pthread_cond_destroy(&batches->is_taken);
	pthread_cond_destroy(&batches->is_filled);
	pthread_mutex_destroy(&batches->lock);
	free(batches);
}

int source_batches_new(struct source_pcap *source, bool is_ahead,
		       size_t frames, struct source_batches **ret_batches)
{
	struct source_input *input = source_pcap_input(source);
	struct source_batches *batches = calloc(1, sizeof(*batches));
	int rc;

	if (batches == NULL)
		return -ENOMEM;
	batches->source = source;
	batches->is_ahead = is_ahead;
	/* Without a reading thread, frames of a pipe must not wait for a full
	 * batch. */
	batches->frames_max = is_ahead || source_input_is_regular(input) ?
			       frames : 1;
	pthread_mutex_init(&batches->lock, NULL);
	pthread_cond_init(&batches->is_filled, NULL);
	pthread_cond_init(&batches->is_taken, NULL);
	if (!make_ring(batches, frames)) {
		free_ring(batches);
		return -ENOMEM;
	}
	if (is_ahead) {
		source_input_on_wait(input, before_wait, batches);
		rc = pthread_create(&batches->thread, NULL, read_ahead,
				    batches);
		if (rc != 0) {
			free_ring(batches);
			return -rc;
		}
	}
	*ret_batches = batches;
	return 0;
}

void source_batches_free(struct source_batches *batches)
{
	if (batches == NULL)
		return;
	if (batches->is_ahead) {
		pthread_mutex_lock(&batches->lock);
		batches->is_stopped = true;
		pthread_cond_signal(&batches->is_taken);
		pthread_mutex_unlock(&batches->lock);
		source_input_stop(source_pcap_input(batches->source));
		pthread_join(batches->thread, NULL);
	}
	free_ring(batches);
}

static int take_ahead(struct source_batches *batches,
		      struct source_frame **ret_frames, char *error)
{
	struct batch *batch = NULL;
	int rc = 0;

	pthread_mutex_lock(&batches->lock);
	if (batches->has_taken) {
		batches->has_taken = false;
		batches->taken++;
		pthread_cond_signal(&batches->is_taken);
	}
	while (batches->filled == batches->taken && !batches->is_done)
		pthread_cond_wait(&batches->is_filled, &batches->lock);
	if (batches->filled != batches->taken) {
		batch = &batches->ring[batches->taken % BATCHES];
		batches->has_taken = true;
	} else {
		rc = batches->rc;
		memcpy(error, batches->error, SOURCE_ERROR_MAX);
	}
	pthread_mutex_unlock(&batches->lock);
	if (batch == NULL)
		return rc;
	*ret_frames = batch->frames;
	return (int)batch->count;
}

static int take_own(struct source_batches *batches,
		    struct source_frame **ret_frames, char *error)
{
	struct batch *batch = batches->filling;

	if (!batches->is_done) {
		make_empty(batch);
		batches->rc = fill(batches, batches->error);
		batches->is_done = batches->rc <= 0;
		*ret_frames = batch->frames;
		if (batch->count > 0)
			return (int)batch->count;
	}
	memcpy(error, batches->error, SOURCE_ERROR_MAX);
	return batches->rc;
}

int source_batches_next(struct source_batches *batches,
			struct source_frame **ret_frames,
			char error[static SOURCE_ERROR_MAX])
{
	return batches->is_ahead ? take_ahead(batches, ret_frames, error) :
				   take_own(batches, ret_frames, error);
}
