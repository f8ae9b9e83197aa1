/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_policy.c - parse arbitrary bytes as a policy. What is parsed without
 * errors is printed, and parses again to the same text. Includes are skipped,
 * because they would read files of the host. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "rules/parse/ast.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *print(const struct ast *ast, size_t *ret_len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);

	ast_print(ast, out);
	fclose(out);
	return text;
}

static void print_diagnostics(const struct diag *diag)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	diag_print(diag, out);
	fclose(out);
	assert((diag_errors(diag) > 0) == (len > 0));
	free(text);
}

static void read_again(const char *text, size_t len)
{
	struct diag *diag = diag_new();
	struct ast *ast = ast_parse("again", text, len, diag);
	size_t again_len;
	char *again;

	if (diag_errors(diag) > 0)
		diag_print(diag, stderr);
	assert(diag_errors(diag) == 0);
	again = print(ast, &again_len);
	assert(again_len == len && memcmp(again, text, len) == 0);
	free(again);
	ast_free(ast);
	diag_free(diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag *diag;
	struct ast *ast;
	size_t len;
	char *text;

	if (memmem(data, size, "include", 7) != NULL)
		return 0;
	diag = diag_new();
	ast = ast_parse("fuzz", (const char *)data, size, diag);
	assert(ast != NULL);
	print_diagnostics(diag);
	text = print(ast, &len);
	read_again(text, len);
	free(text);
	ast_free(ast);
	diag_free(diag);
	return 0;
}
