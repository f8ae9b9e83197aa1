/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_parser_recovery.c - the parser after an error: it reports all mistakes,
 * keeps names, and handles any amount of text. */
#include "pcap-tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "pcap-tests/unit/printed.h"

/* Several mistakes: each is reported, and nothing else. */
static const struct {
	const char *name;
	const char *text;
	const char *places;
} many[] = {
	{ "one a line",
	  "marks mask x\nroute a\ndefault via b\nqueues y\n",
	  "1:12 2:8 4:8" },
	{ "several in one statement",
	  "list addresses a { 1.2.3.400, 1.2.3.4, b, 1.2.3.4/33 }\n",
	  "1:20 1:40 1:43" },
	{ "the rest of a broken statement is skipped",
	  "class a = tcp 25 26 27\n  28 29 )\n  {\nroute b\n", "1:15 4:8" },
	{ "a misspelt statement after a broken one",
	  "route a\nroute b via\nrout c via d\nrute e via f\ndefault x\n",
	  "1:8 3:1 4:1 5:9" },
	{ "an open brace hides nothing",
	  "list domains a { b,\nroute c\nclass d = (e\nroute f\n",
	  "1:16 2:8 3:11 4:8" },
	{ "an open string hides nothing",
	  "class a = app \"b\nroute c\n", "1:15 2:8" },
	{ "an open pattern hides nothing",
	  "class a = payload /b\nroute c\n", "1:19 2:8" },
};

START_TEST(reports_all)
{
	struct diag *diag = diag_new();
	struct ast *ast = ast_parse("p", many[_i].text, strlen(many[_i].text),
				    diag);
	char *text = strdup(printed_diag(diag)), *line, *next, got[200] = "";
	unsigned row, column;

	for (line = text; line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		if (sscanf(line, "p:%u:%u:", &row, &column) == 2)
			snprintf(got + strlen(got), sizeof(got) - strlen(got),
				 "%s%u:%u", got[0] != '\0' ? " " : "", row,
				 column);
	}
	ck_assert_msg(strcmp(got, many[_i].places) == 0, "%s: got %s want %s",
		      many[_i].name, got, many[_i].places);
	free(text);
	ast_free(ast);
	diag_free(diag);
}
END_TEST

/* The names of broken statements stay known; the statements are not printed. */
START_TEST(keeps_names)
{
	static const char text[] = "class a = tcp dport 70000\n"
				   "uplink b { dev }\n"
				   "list domains c { a..b }\n"
				   "route a via\n"
				   "default via b\n";
	struct diag *diag = diag_new();
	struct ast *ast = ast_parse("p", text, strlen(text), diag);
	const struct ast_statement *s = ast_statements(ast);

	ck_assert_uint_eq(diag_errors(diag), 4);
	ck_assert(s->is_broken && s->kind == STATEMENT_CLASS);
	ck_assert_str_eq(s->name.text, "a");
	s = s->next;
	ck_assert(s->is_broken && s->kind == STATEMENT_UPLINK);
	ck_assert_str_eq(s->name.text, "b");
	s = s->next;
	ck_assert(s->is_broken && s->kind == STATEMENT_LIST);
	ck_assert_str_eq(s->name.text, "c");
	s = s->next;
	ck_assert(!s->is_broken && s->kind == STATEMENT_DEFAULT);
	ck_assert_ptr_null(s->next);
	ck_assert_str_eq(printed_ast(ast), "default via b\n");
	ast_free(ast);
	diag_free(diag);
}
END_TEST

/* A very long text: at most one error. */
START_TEST(huge)
{
	static const struct {
		const char *start, *more, *end;
		size_t errors;
	} rows[] = {
		{ "list addresses a { ", "10.1.2.3, ", "}", 0 },
		{ "list addresses a { ", "10.1.2.3 ", "}", 1 },
		{ "class a = ", "((((((((", "", 1 },
		{ "class a = b", " and b", "", 0 },
		{ "class a = ", "xxxxxxxx", "", 0 },
		{ "class a = ", "xxxxxxx/", "", 1 },
		{ "class a = payload /", "abcdefgh", "", 1 },
		{ "class a = app \"", "abcdefgh", "", 1 },
		{ "", "xxxxxxxx", "", 1 },
		{ "", "xxxxxxx ", "", 1 },
		{ "", "xxxxxxx\n", "", 1 },
		{ "# ", "xxxxxxxx", "", 0 },
	};
	size_t step = strlen(rows[_i].more), i, count = (1 << 20) / step;
	char *text = malloc((1 << 20) + 100), *at;
	struct diag *diag = diag_new();
	struct ast *ast;

	at = stpcpy(text, rows[_i].start);
	for (i = 0; i < count; i++)
		at = stpcpy(at, rows[_i].more);
	strcpy(at, rows[_i].end);
	ast = ast_parse("p", text, strlen(text), diag);
	ck_assert_uint_eq(diag_errors(diag), rows[_i].errors);
	ck_assert_uint_lt(strlen(printed_diag(diag)), 700);
	ast_free(ast);
	diag_free(diag);
	free(text);
}
END_TEST

START_TEST(no_file)
{
	struct diag *diag = diag_new();

	ck_assert_ptr_null(ast_load("/nothing/there", diag));
	ck_assert_str_eq(printed_diag(diag), "error: cannot read "
			 "'/nothing/there': No such file or directory\n");
	diag_free(diag);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("parser_recovery");
	TCase *tcase = tcase_create("parser_recovery");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, reports_all, 0, ROWS(many));
	tcase_add_test(tcase, keeps_names);
	tcase_add_loop_test(tcase, huge, 0, 12);
	tcase_add_test(tcase, no_file);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
