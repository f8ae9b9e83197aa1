/* SPDX-License-Identifier: GPL-2.0-or-later */
/* policy_load.c - read, parse and compile policies, see policy_load.h. */
#include "rules/compile/policy_load.h"

#include <errno.h>

#include "rules/parse/ast.h"

struct ast *policy_read(const char *path, struct diag *diag)
{
	struct ast *ast = ast_load(path, diag);

	if (ast != NULL && ast_statements(ast) == NULL &&
	    diag_errors(diag) == 0)
		diag_add(diag, DIAG_ERROR, (struct place){ 0 }, NULL,
			 "'%s' is empty: write uplinks and routes, or at "
			 "least 'default via main'", path);
	return ast;
}

/* Compile and free `ast`; NULL is an error. */
static int compile(struct ast *ast, const struct vocabulary *vocabulary,
		   struct diag *diag, struct policy **ret)
{
	int rc;

	if (ast == NULL)
		return -EINVAL;
	rc = policy_compile(ast, vocabulary, NULL, NULL, diag, ret);
	ast_free(ast);
	return rc;
}

int policy_load(const char *path, const struct vocabulary *vocabulary,
		struct diag *diag, struct policy **ret)
{
	return compile(policy_read(path, diag), vocabulary, diag, ret);
}

int policy_parse(const char *name, const char *text, size_t len,
		 const struct vocabulary *vocabulary, struct diag *diag,
		 struct policy **ret)
{
	return compile(ast_parse(name, text, len, diag), vocabulary, diag,
		       ret);
}
