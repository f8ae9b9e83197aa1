/*
 * learned_file.h - the learned store in a file, from one run to the next.
 */
#ifndef WAYMARK_LEARNED_FILE_H
#define WAYMARK_LEARNED_FILE_H

#include <limits.h>
#include <stdint.h>

#include "engine/learn/learned.h"

/* DIR/learned; without `given` that of the system. */
int learned_file_path(const char *given, char path[static PATH_MAX]);

/*
 * Write all that has not expired by the store's second `now_s`: beside `path`
 * first, then in its place, its folder made if need be. 0 or -errno.
 */
int learned_file_save(const struct learned *learned, uint32_t now_s,
		      const char *path);

/*
 * Add what `path` holds and has not expired. 0, -ENOENT, -EBADMSG when the
 * file is broken or of another version, or another -errno.
 */
int learned_file_load(struct learned *learned, uint32_t now_s,
		      const char *path);

/* Each item of the file, expired or not. As above. */
int learned_file_each(const char *path, learned_each_item each, void *ctx);

#endif
