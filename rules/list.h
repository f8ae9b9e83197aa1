/*
 * list.h - the files that lists name: one entry a line, '#' starts a comment.
 */
#ifndef WAYMARK_LIST_H
#define WAYMARK_LIST_H

#include <stdbool.h>

#include "rules/address.h"
#include "rules/diag.h"

/*
 * Call `each` for every address, prefix or range in the file. A line that is
 * none is a complaint in `diag` with the list's own file, line and caret, and
 * reading goes on; so does an unreadable file, at `from`. 0 when there was
 * no complaint, -EINVAL when there was one, else what `each` returned when
 * that was not 0, at once.
 */
int list_read_addresses(const char *path, struct place from, struct diag *diag,
			int (*each)(void *ctx, const struct address *first,
				    const struct address *last),
			void *ctx);

/* The same for domain names; `exact` for a line "=name". Names arrive in
 * canonical form (domain_canonical()). */
int list_read_domains(const char *path, struct place from, struct diag *diag,
		      int (*each)(void *ctx, const char *name, size_t len,
				  bool exact),
		      void *ctx);

#endif
