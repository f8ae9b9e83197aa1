/* SPDX-License-Identifier: GPL-2.0-or-later */
/* printed.h - the output of diag_print() or ast_print() as a string that is
 * valid until the next call. */
#ifndef WAYMARK_PRINTED_H
#define WAYMARK_PRINTED_H

#include <stdio.h>

#include "rules/parse/ast.h"
#include "rules/util/diag.h"

#define PRINTED_MAX (1 << 18)

static inline const char *printed_diag(const struct diag *diag)
{
	static char text[PRINTED_MAX];
	FILE *out = fmemopen(text, sizeof(text), "w");

	diag_print(diag, out);
	fclose(out);
	return text;
}

static inline const char *printed_ast(const struct ast *ast)
{
	static char text[PRINTED_MAX];
	FILE *out = fmemopen(text, sizeof(text), "w");

	ast_print(ast, out);
	fclose(out);
	return text;
}

#endif
