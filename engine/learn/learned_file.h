/* SPDX-License-Identifier: GPL-2.0-or-later */
/* learned_file.h - save the learned store to a file and load it. */
#ifndef WAYMARK_LEARNED_FILE_H
#define WAYMARK_LEARNED_FILE_H

#include <limits.h>
#include <stdint.h>

#include "engine/learn/learned.h"
#include "rules/util/clock.h"

/* Write DIR/learned into `path`; without `given` the system's directory. */
int learned_file_path(const char *given, char path[static PATH_MAX]);

/*
 * Save everything that has not expired: to a temporary file first, which then
 * replaces `path`. `now_s` is the store's second, `now` the same moment for a
 * later process. The directory is created if needed. 0 or -errno.
 */
int learned_file_save(const struct learned *learned, uint32_t now_s,
		      const struct clock_stamp *now, const char *path);

/*
 * Load the items of `path` that have not expired, with times of a store whose
 * second is now->day_s. 0, -ENOENT, -EBADMSG when the file is damaged or of
 * another version, or another -errno.
 */
int learned_file_load(struct learned *learned, const struct clock_stamp *now,
		      const char *path);

/* Call `each` for every item of the file, expired or not, with times as above.
 * Returns as above. */
int learned_file_each(const char *path, const struct clock_stamp *now,
		      learned_each_item each, void *ctx);

#endif
