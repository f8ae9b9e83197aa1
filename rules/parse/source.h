/*
 * source.h - the text files a policy is made of.
 */
#ifndef WAYMARK_SOURCE_H
#define WAYMARK_SOURCE_H

#include <stddef.h>

#include "rules/parse/diag.h"

/* Larger files than this are no policy and no list. */
#define SOURCE_MAX ((size_t)1 << 30)

struct source {
	const char *name;	/* as it was named by the user */
	const char *text;	/* '\0' after `len` bytes */
	size_t len;
};

/*
 * Read a whole file. On failure (-errno; -EINVAL for a directory, -EFBIG)
 * a complaint at `from` (the include or file that names it; .source NULL for
 * the command line) is in `diag`. The result is the caller's to free.
 */
int source_read(const char *path, struct place from, struct diag *diag,
		struct source **ret_source);
void source_free(struct source *source);

/*
 * `path` as written in the file `from`: absolute paths stay, others are taken
 * relative to the folder of that file. The caller frees it; NULL when out of
 * memory.
 */
char *source_resolve(const struct source *from, const char *path);

#endif
