/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source.h - the text files of a policy: the policy, its includes and lists.
 */
#ifndef WAYMARK_SOURCE_H
#define WAYMARK_SOURCE_H

#include <stddef.h>

#include "rules/util/diag.h"

/* Larger files are refused. */
#define SOURCE_MAX ((size_t)1 << 30)

struct source {
	const char *name;	/* as the user wrote it */
	const char *text;	/* `len` bytes and a '\0' */
	size_t len;
};

/*
 * Read a whole file. On failure return -errno (-EINVAL for a directory) with
 * an error in `diag` at `from`: the include or list that names the file, or a
 * place without source for the command line. The caller frees the result.
 */
int source_read(const char *path, struct place from, struct diag *diag,
		struct source **ret_source);
void source_free(struct source *source);

/*
 * Resolve `path` as written in the file `from`: a relative one starts at the
 * directory of that file. The caller frees the result; NULL when out of
 * memory.
 */
char *source_resolve(const struct source *from, const char *path);

#endif
