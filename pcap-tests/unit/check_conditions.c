/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_conditions.c - each row of the table of conditions is parsed, printed,
 * compiled and documented; so are uplink options and probe kinds.
 */
#include "pcap-tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "pcap-tests/unit/printed.h"
#include "rules/compile/policy_load.h"
#include "rules/parse/parser.h"
#include "rules/policy/policy.h"

#define MANUAL "tools/man/waymark.policy.5"

static const struct app_word words[] = { { "ssh", false, { 2 } } };
static const struct vocabulary vocabulary = { words, 1 };

/* A value of each type. */
static const char *const samples[VALUE_TYPES] = {
	[VALUES_NONE] = "",
	[VALUES_PROTOCOL] = "200",
	[VALUES_PORT] = "25",
	[VALUES_ADDRESS] = "192.0.2.1",
	[VALUES_INTERFACE] = "eth0",
	[VALUES_DSCP] = "ef",
	[VALUES_TOS] = "0x10",
	[VALUES_LENGTH] = "100",
	[VALUES_USER] = "1000",
	[VALUES_APP] = "ssh",
	[VALUES_HOST] = "video.example",
	[VALUES_ALPN] = "h2",
	[VALUES_JA4] = "t13d1516h2_8daaf6152771_b186095e22b6",
	[VALUES_PATTERN] = "/x/",
};

static const char *sample_of(const struct condition_row *row, char text[100])
{
	snprintf(text, 100, "%s%s%s", row->word,
		 row->values == VALUES_NONE ? "" : " ", samples[row->values]);
	return text;
}

START_TEST(printed_as_written)
{
	char sample[100], text[200];
	struct diag *diag = diag_new();
	struct ast *ast;

	snprintf(text, sizeof(text), "class a = not %s\n",
		 sample_of(&condition_rows[_i], sample));
	ast = ast_parse("p", text, strlen(text), diag);
	ck_assert_msg(diag_errors(diag) == 0, "%s", printed_diag(diag));
	ck_assert_str_eq(printed_ast(ast), text);
	ast_free(ast);
	diag_free(diag);
}
END_TEST

START_TEST(compiled)
{
	const struct condition_row *row = &condition_rows[_i];
	char sample[100], text[200];
	struct diag *diag = diag_new();
	struct policy *policy = NULL;

	snprintf(text, sizeof(text), "uplink u { dev e }\nroute %s via u\n",
		 sample_of(row, sample));
	policy_parse("p", text, strlen(text), &vocabulary, diag, &policy);
	ck_assert_msg(policy != NULL, "%s", printed_diag(diag));
	ck_assert_uint_eq(policy_needs(policy), row->fact);
	ck_assert_ptr_eq(condition_row_of(row->node)->word,
			 row->node == NODE_TOS ? condition_rows[ATOM_DSCP].word
					       : row->word);
	policy_free(policy);
	diag_free(diag);
}
END_TEST

START_TEST(in_expect_lines)
{
	const struct condition_row *row = &condition_rows[_i];
	char sample[100], text[200];
	struct diag *diag = diag_new();
	struct ast *ast;

	snprintf(text, sizeof(text), "expect tcp ::1 > ::2 %s drop",
		 sample_of(row, sample));
	ast = ast_parse("p", text, strlen(text), diag);
	ck_assert_uint_eq(diag_errors(diag), row->in_expect ? 0 : 1);
	if (row->in_expect)
		ck_assert_ptr_nonnull(strstr(printed_ast(ast), row->word));
	ast_free(ast);
	diag_free(diag);
}
END_TEST

START_TEST(reserved)
{
	const char *word = condition_rows[_i].word;

	ck_assert_ptr_nonnull(parser_reserved(word, strlen(word)));
}
END_TEST

/* Whether some line of the manual starts an item with the word. */
static bool is_documented(const char *word)
{
	FILE *in = fopen(MANUAL, "r");
	char line[1000];
	bool found = false;

	ck_assert_ptr_nonnull(in);
	while (!found && fgets(line, sizeof(line), in) != NULL) {
		char *at = strstr(line, word);

		found = at != NULL && line[0] == '.' &&
			strchr(" \n", at[strlen(word)]) != NULL;
	}
	fclose(in);
	return found;
}

START_TEST(documented)
{
	const char *word;

	for (int i = 0; i < ATOM_KINDS; i++)
		ck_assert_msg(is_documented(condition_rows[i].word), "%s",
			      condition_rows[i].word);
	for (size_t i = 0; (word = uplink_option_word(i)) != NULL; i++)
		ck_assert_msg(is_documented(word), "%s", word);
	for (int i = 0; i < PROBE_KINDS; i++)
		ck_assert_msg(is_documented(probe_kinds[i].word), "%s",
			      probe_kinds[i].word);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conditions");
	TCase *tcase = tcase_create("conditions");

	tcase_add_loop_test(tcase, printed_as_written, 0, ATOM_KINDS);
	tcase_add_loop_test(tcase, compiled, 0, ATOM_KINDS);
	tcase_add_loop_test(tcase, in_expect_lines, 0, ATOM_KINDS);
	tcase_add_loop_test(tcase, reserved, 0, ATOM_KINDS);
	tcase_add_test(tcase, documented);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
