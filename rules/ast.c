/* ast.c - what a tree owns. */
#include "rules/ast.h"

#include <stdlib.h>

#include "rules/parser.h"

void ast_free(struct ast *ast)
{
	size_t i;

	if (ast == NULL)
		return;
	for (i = 0; i < ast->source_count; i++)
		source_free(ast->sources[i]);
	free(ast->sources);
	arena_free(ast->arena);
	free(ast);
}

const struct ast_statement *ast_statements(const struct ast *ast)
{
	return ast->statements;
}
