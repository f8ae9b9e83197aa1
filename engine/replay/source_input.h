/*
 * source_input.h - the bytes of a capture, from a file or standard input, as
 * a stream that tells before it has to wait and that can be stopped. One
 * thread reads; what others may call says so.
 */
#ifndef WAYMARK_SOURCE_INPUT_H
#define WAYMARK_SOURCE_INPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct source_input;

/* Called by the reading thread where the next byte is not there yet. */
typedef void (*source_waits)(void *ctx);

/*
 * Open `path` ("-": standard input) for reading. 0 or -errno. The stream is
 * the caller's to close, and the input to be freed after that.
 */
int source_input_open(const char *path, struct source_input **ret_input,
		      FILE **ret_file);
void source_input_free(struct source_input *input);

/* Before the first read. */
void source_input_on_wait(struct source_input *input, source_waits waits,
			  void *ctx);

/* Any thread: the stream ends here, also for a read that waits. */
void source_input_stop(struct source_input *input);

/* Any thread: bytes read so far; those of the whole file, 0 when it is none
 * whose size is known. */
uint64_t source_input_done(const struct source_input *input);
uint64_t source_input_size(const struct source_input *input);
/* No read of it ever waits for somebody who writes. */
bool source_input_is_regular(const struct source_input *input);

#endif
