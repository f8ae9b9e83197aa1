/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diagnostics.h - errors and warnings of a policy for editors, and the
 * corrections that they propose; for cmd_check.c.
 */
#ifndef WAYMARK_DIAGNOSTICS_H
#define WAYMARK_DIAGNOSTICS_H

#include <stdbool.h>
#include <stdio.h>

#include "rules/util/diag.h"

struct policy;

/* Print each error and warning as a JSON object on a line. */
void diagnostics_json(const struct diag *diag, FILE *out);
/* The same for what has no place: `fix` is NULL in a note. */
void diagnostics_json_foreign(const char *line, const char *fix, FILE *out);
/* The same for the expect lines that do not hold. How many there are. */
size_t diagnostics_json_expects(const struct policy *policy, FILE *out);

/* The word to write in place of the marked one: `ret` has room for `size`
 * bytes. False: the fix is none of a single word. */
bool diagnostics_correction(const struct diag_item *item, char *ret,
			    size_t size);

/*
 * Write the corrections of all errors and warnings to their files, each of which
 * is replaced at once, and print them. The number of corrections, or -1 after an
 * error message.
 */
int diagnostics_fix(const struct diag *diag, FILE *out);

#endif
