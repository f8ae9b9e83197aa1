/*
 * list.h - the files that lists name: one entry a line, '#' starts a comment.
 */
#ifndef WAYMARK_LIST_H
#define WAYMARK_LIST_H

#include <stdbool.h>

#include "rules/tables/address.h"
#include "rules/parse/diag.h"

struct source;

typedef int list_address(void *ctx, const struct address *first,
			 const struct address *last);
typedef int list_domain(void *ctx, const char *name, size_t len, bool exact);
/* A canonical name, and where it stands. */
typedef int list_host(void *ctx, const char *name, struct place place);

/*
 * Call `each` for every address, prefix or range in the file, and `each_host`
 * for the names of hosts among them; NULL: there may be none. A line that is
 * none is a complaint in `diag` with the list's own file, line and caret, and
 * reading goes on. 0 when there was no complaint, -EINVAL when there was one,
 * else what `each` returned when that was not 0, at once.
 */
int list_parse_addresses(const struct source *source, struct diag *diag,
			 list_address *each, list_host *each_host, void *ctx);

/* The same for domain names; `exact` for a line "=name". Names arrive in
 * canonical form (domain_canonical()). */
int list_parse_domains(const struct source *source, struct diag *diag,
		       list_domain *each, void *ctx);

#endif
