/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source_input.h - the bytes of a capture, from a file or standard input, as a
 * stdio stream that calls back before it blocks and that can be stopped. Input
 * compressed with gzip, zstd or lz4 is decompressed. One thread reads; other
 * threads may only call the functions that permit it.
 */
#ifndef WAYMARK_SOURCE_INPUT_H
#define WAYMARK_SOURCE_INPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct source_input;

/* Called by the reading thread before a read that blocks. */
typedef void (*source_waits)(void *ctx);

/*
 * Open `path` ("-": standard input) for reading. 0 or -errno. The caller
 * closes the stream first and frees the input afterwards.
 */
int source_input_open(const char *path, struct source_input **ret_input,
		      FILE **ret_file);
void source_input_free(struct source_input *input);

/* Set the callback; call it before the first read. */
void source_input_on_wait(struct source_input *input, source_waits waits,
			  void *ctx);

#define SOURCE_INPUT_ERROR_MAX 96
/* Return why compressed data could not be read, with its place; NULL: no such
 * error. For the reading thread. */
const char *source_input_error(const struct source_input *input);

/* End the stream, also for a read that blocks. Any thread may call it. */
void source_input_stop(struct source_input *input);

/* Return the bytes read so far, compressed or not, and the size of the file, 0
 * when unknown. Any thread may call them. */
uint64_t source_input_done(const struct source_input *input);
uint64_t source_input_size(const struct source_input *input);
/* Test whether reads never wait for a writer. */
bool source_input_is_regular(const struct source_input *input);

#endif
