/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ast.c - the sources and the memory of a syntax tree. */
#include "rules/parse/ast.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/parse/parser.h"

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

int ast_keep_source(struct ast *ast, struct source *source)
{
	struct source **larger;

	larger = reallocarray(ast->sources, ast->source_count + 1,
			      sizeof(*larger));
	if (larger == NULL) {
		source_free(source);
		return -ENOMEM;
	}
	ast->sources = larger;
	ast->sources[ast->source_count++] = source;
	return 0;
}

const struct source *ast_file(struct ast *ast, const char *path,
			      struct place from, struct diag *diag)
{
	struct source *source;

	for (size_t i = 0; i < ast->source_count; i++)
		if (strcmp(ast->sources[i]->name, path) == 0)
			return ast->sources[i];
	if (source_read(path, from, diag, &source) < 0 ||
	    ast_keep_source(ast, source) < 0)
		return NULL;
	return source;
}

const struct ast_statement *ast_statements(const struct ast *ast)
{
	return ast->statements;
}

struct place ast_place(const struct ast *ast, struct place place)
{
	for (size_t i = 0; place.source != NULL && i < ast->source_count; i++)
		if (strcmp(ast->sources[i]->name, place.source->name) == 0) {
			place.source = ast->sources[i];
			break;
		}
	return place;
}
