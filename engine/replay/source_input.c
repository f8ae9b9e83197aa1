/* SPDX-License-Identifier: GPL-2.0-or-later */
/* source_input.c - a stdio stream over a descriptor. */
#include "engine/replay/source_input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/replay/unpack.h"

#define PACKED_BYTES (64u << 10)

struct source_input {
	/* Constant. */
	int fd;
	int stop_fd;		/* readable: stop; -1: reads never block */
	uint64_t size;
	source_waits waits;
	void *ctx;
	/* Used by the reading thread. */
	bool is_open;		/* the first bytes have been read */
	struct unpack *unpack;	/* NULL: not compressed */
	const char *format;
	uint8_t *packed;	/* read, but not yet passed on */
	size_t packed_at;
	size_t packed_len;
	char error[SOURCE_INPUT_ERROR_MAX];
	/* Stored by the reading thread, loaded by any. */
	atomic_uint_fast64_t done;
};

static bool is_there(int fd)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };

	return poll(&readable, 1, 0) != 0;
}

/* Wait for data or the end of input. False: stopped. */
static bool await(const struct source_input *input)
{
	struct pollfd readable[2] = {
		{ .fd = input->fd, .events = POLLIN },
		{ .fd = input->stop_fd, .events = POLLIN },
	};

	if (input->waits != NULL && !is_there(input->fd))
		input->waits(input->ctx);
	while (poll(readable, 2, -1) < 0 && errno == EINTR)
		;
	return readable[1].revents == 0;
}

/* Read as the file has it. */
static ssize_t read_raw(struct source_input *input, void *bytes, size_t len)
{
	ssize_t got;

	if (input->stop_fd >= 0 && !await(input))
		return 0;
	do {
		got = read(input->fd, bytes, len);
	} while (got < 0 && errno == EINTR);
	if (got > 0)
		atomic_fetch_add_explicit(&input->done, (uint64_t)got,
					  memory_order_relaxed);
	return got;
}

/* Read more compressed bytes; 0 at the end, or -1. */
static ssize_t refill(struct source_input *input)
{
	ssize_t got;

	if (input->packed_at == input->packed_len)
		input->packed_at = input->packed_len = 0;
	got = read_raw(input, input->packed + input->packed_len,
		       PACKED_BYTES - input->packed_len);
	if (got > 0)
		input->packed_len += (size_t)got;
	return got;
}

/* Detect the format by the first bytes. */
static int open_format(struct source_input *input)
{
	ssize_t got = 1;

	while (input->packed_len < UNPACK_MAGIC && got > 0)
		got = refill(input);
	if (got < 0)
		return -1;
	input->is_open = true;
	if (input->packed_len >= UNPACK_MAGIC)
		input->format = unpack_format(input->packed);
	if (input->format == NULL)
		return 0;
	input->unpack = unpack_new(input->packed);
	if (input->unpack == NULL) {
		errno = ENOMEM;
		return -1;
	}
	return 0;
}

static ssize_t fail(struct source_input *input, const char *what)
{
	snprintf(input->error, sizeof(input->error), "the %s data %s at byte "
		 "%llu", input->format, what, (unsigned long long)(
		 source_input_done(input) - input->packed_len +
		 input->packed_at));
	errno = EIO;
	return -1;
}

static ssize_t read_packed(struct source_input *input, char *bytes, size_t len)
{
	struct unpack_io io = { .out = (uint8_t *)bytes, .out_len = len };

	while (io.out_len == len) {
		bool is_good;

		io.in = input->packed + input->packed_at;
		io.in_len = input->packed_len - input->packed_at;
		is_good = unpack_run(input->unpack, &io);
		input->packed_at = input->packed_len - io.in_len;
		if (!is_good && io.out_len == len)
			return fail(input, "is damaged");
		if (io.out_len < len || input->packed_at < input->packed_len)
			continue;
		switch (refill(input)) {
		case -1:
			return -1;
		case 0:
			return unpack_may_end(input->unpack) ? 0 :
			       fail(input, "is truncated");
		}
	}
	return (ssize_t)(len - io.out_len);
}

static ssize_t input_read(void *cookie, char *bytes, size_t len)
{
	struct source_input *input = cookie;
	size_t held;

	if (!input->is_open && open_format(input) < 0)
		return -1;
	if (input->unpack != NULL)
		return read_packed(input, bytes, len);
	held = input->packed_len - input->packed_at;
	if (held == 0)
		return read_raw(input, bytes, len);
	if (held > len)
		held = len;
	memcpy(bytes, input->packed + input->packed_at, held);
	input->packed_at += held;
	return (ssize_t)held;
}

static int open_path(const char *path)
{
	int fd;

	/* A duplicate, which can always be closed. */
	if (strcmp(path, "-") == 0)
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	else
		fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int open_input(struct source_input *input, const char *path)
{
	struct stat stat;

	input->fd = open_path(path);
	if (input->fd < 0)
		return input->fd;
	if (fstat(input->fd, &stat) < 0)
		return -errno;
	if (S_ISREG(stat.st_mode)) {
		input->size = (uint64_t)stat.st_size;
		return 0;
	}
	input->stop_fd = eventfd(0, EFD_CLOEXEC);
	return input->stop_fd < 0 ? -errno : 0;
}

int source_input_open(const char *path, struct source_input **ret_input,
		      FILE **ret_file)
{
	static const cookie_io_functions_t functions = { .read = input_read };
	struct source_input *input = calloc(1, sizeof(*input));
	FILE *file;
	int rc;

	if (input == NULL)
		return -ENOMEM;
	input->fd = -1;
	input->stop_fd = -1;
	input->packed = malloc(PACKED_BYTES);
	if (input->packed == NULL) {
		rc = -ENOMEM;
		goto out;
	}
	rc = open_input(input, path);
	if (rc < 0)
		goto out;
	file = fopencookie(input, "rb", functions);
	if (file == NULL) {
		rc = -ENOMEM;
		goto out;
	}
	*ret_file = file;
	*ret_input = input;
	input = NULL;			/* the caller's now */
out:
	source_input_free(input);
	return rc;
}

void source_input_free(struct source_input *input)
{
	if (input == NULL)
		return;
	unpack_free(input->unpack);
	free(input->packed);
	if (input->fd >= 0)
		close(input->fd);
	if (input->stop_fd >= 0)
		close(input->stop_fd);
	free(input);
}

void source_input_on_wait(struct source_input *input, source_waits waits,
			  void *ctx)
{
	input->waits = waits;
	input->ctx = ctx;
}

void source_input_stop(struct source_input *input)
{
	uint64_t one = 1;

	if (input->stop_fd >= 0 &&
	    write(input->stop_fd, &one, sizeof(one)) != sizeof(one))
		abort();	/* cannot fail: the counter is 0 or 1 */
}

const char *source_input_error(const struct source_input *input)
{
	return input->error[0] != '\0' ? input->error : NULL;
}

uint64_t source_input_done(const struct source_input *input)
{
	return atomic_load_explicit(&input->done, memory_order_relaxed);
}

uint64_t source_input_size(const struct source_input *input)
{
	return input->size;
}

bool source_input_is_regular(const struct source_input *input)
{
	return input->stop_fd < 0;
}
