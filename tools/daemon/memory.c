/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory.c - load and save the learned store, see memory.h. */
#include "tools/daemon/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/learn/learned_file.h"
#include "rules/util/clock.h"
#include "rules/util/log.h"
#include "rules/util/state_dir.h"
#include "rules/util/state_file.h"

static void rename_broken(const char *path)
{
	char broken[PATH_MAX];
	int rc = state_file_set_aside(path, broken);

	if (rc < 0)
		log_warning("%s: damaged, and cannot be renamed: %s", path,
			    strerror(-rc));
	else
		log_warning("%s: damaged, or of another version: renamed to "
			    "%s; learning starts empty", path, broken);
}

struct learned *memory_open(const char *state_dir)
{
	const struct clock_stamp now = clock_stamp_now();
	const struct learned_options options = {
		.clock_offset_s = now.day_s - (int64_t)(clock_ms() / 1000),
	};
	struct learned *learned = learned_new(&options);
	char path[PATH_MAX], why[STATE_WHY_MAX];
	int rc;

	if (learned == NULL || learned_file_path(state_dir, path) < 0)
		return learned;
	rc = learned_file_load(learned, &now, path);
	if (rc == -EBADMSG)
		rename_broken(path);
	else if (rc < 0 && rc != -ENOENT)
		log_warning("%s: not loaded: %s; learning starts empty", path,
			    state_file_reason(path, rc, why));
	return learned;
}

static void count(void *ctx, const struct learned_item *item)
{
	(void)item;
	++*(size_t *)ctx;
}

void memory_close(struct learned *learned, const char *state_dir)
{
	const struct clock_stamp now = clock_stamp_now();
	char path[PATH_MAX], why[STATE_WHY_MAX];
	size_t items = 0;
	int rc;

	if (learned == NULL)
		return;
	learned_each(learned, count, &items);
	if (items > 0 && learned_file_path(state_dir, path) == 0) {
		rc = learned_file_save(learned, learned_second(learned,
							     clock_ns()),
				       &now, path);
		if (rc < 0)
			log_warning("%s: not saved: %s; what was learned is "
				    "lost", path,
				    state_file_reason(path, rc, why));
	}
	learned_free(learned);
}
