/* memory.c - the learned store is loaded at the start, saved at the end. */
#include "tools/daemon/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/learn/learned_file.h"

/* Packets carry the monotonic clock; the file, the time of day. */
static int64_t clock_offset_s(void)
{
	struct timespec day, steady;

	clock_gettime(CLOCK_REALTIME, &day);
	clock_gettime(CLOCK_MONOTONIC, &steady);
	return (int64_t)day.tv_sec - (int64_t)steady.tv_sec;
}

static void set_aside(const char *path)
{
	char broken[PATH_MAX + 8];

	snprintf(broken, sizeof(broken), "%s.broken", path);
	if (rename(path, broken) < 0)
		fprintf(stderr, "waymark: %s: broken, and not to be moved: "
			"%s\n", path, strerror(errno));
	else
		fprintf(stderr, "waymark: %s: broken, or of another version: "
			"set aside as %s\n", path, broken);
}

struct learned *memory_open(const char *state_dir)
{
	const struct learned_options options = {
		.clock_offset_s = clock_offset_s(),
	};
	struct learned *learned = learned_new(&options);
	char path[PATH_MAX];
	int rc;

	if (learned == NULL || learned_file_path(state_dir, path) < 0)
		return learned;
	rc = learned_file_load(learned, (uint32_t)time(NULL), path);
	if (rc == -EBADMSG)
		set_aside(path);
	else if (rc < 0 && rc != -ENOENT)
		fprintf(stderr, "waymark: %s: not loaded: %s\n", path,
			strerror(-rc));
	return learned;
}

static void count(void *ctx, const struct learned_item *item)
{
	(void)item;
	++*(size_t *)ctx;
}

void memory_close(struct learned *learned, const char *state_dir)
{
	char path[PATH_MAX];
	size_t items = 0;
	int rc;

	if (learned == NULL)
		return;
	learned_each(learned, count, &items);
	if (items > 0 && learned_file_path(state_dir, path) == 0) {
		rc = learned_file_save(learned, (uint32_t)time(NULL), path);
		if (rc < 0)
			fprintf(stderr, "waymark: %s: not saved: %s\n", path,
				strerror(-rc));
	}
	learned_free(learned);
}
