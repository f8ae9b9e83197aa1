/* SPDX-License-Identifier: GPL-2.0-or-later */
/* learned_file.h - save the learned store to a file and load it. */
#ifndef WAYMARK_LEARNED_FILE_H
#define WAYMARK_LEARNED_FILE_H

#include <limits.h>
#include <stdint.h>

#include "engine/learn/learned.h"

/* Write DIR/learned into `path`; without `given` the system's directory. */
int learned_file_path(const char *given, char path[static PATH_MAX]);

/*
 * Save everything that has not expired by the store's second `now_s`: to a
 * temporary file first, which then replaces `path`. Its directory is created if
 * needed. 0 or -errno.
 */
int learned_file_save(const struct learned *learned, uint32_t now_s,
		      const char *path);

/*
 * Load the items of `path` that have not expired. 0, -ENOENT, -EBADMSG when the
 * file is damaged or of another version, or another -errno.
 */
int learned_file_load(struct learned *learned, uint32_t now_s,
		      const char *path);

/* Call `each` for every item of the file, expired or not. Returns as above. */
int learned_file_each(const char *path, learned_each_item each, void *ctx);

#endif
