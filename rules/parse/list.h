/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * list.h - parse list files: one entry per line, '#' starts a comment.
 */
#ifndef WAYMARK_LIST_H
#define WAYMARK_LIST_H

#include <stdbool.h>

#include "rules/tables/address.h"
#include "rules/util/diag.h"

struct source;

typedef int list_address(void *ctx, const struct address *first,
			 const struct address *last);
typedef int list_domain(void *ctx, const char *name, size_t len, bool exact);
/* A canonical name and its place. */
typedef int list_host(void *ctx, const char *name, struct place place);

/*
 * Call `each` for every address, prefix or range in the file, and `each_host`
 * for every host name; NULL makes host names errors. An invalid line is an
 * error in `diag` with the list's file, line and caret, and reading goes on.
 * Return 0, -EINVAL after errors, or at once what a callback returned when
 * that was not 0.
 */
int list_parse_addresses(const struct source *source, struct diag *diag,
			 list_address *each, list_host *each_host, void *ctx);

/* The same for domain names in canonical form (domain_canonical()); `exact`
 * for a line "=name". */
int list_parse_domains(const struct source *source, struct diag *diag,
		       list_domain *each, void *ctx);

#endif
