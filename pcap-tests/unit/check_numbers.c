/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_numbers.c - the numbers of uplinks while others are in force. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "rules/parse/ast.h"
#include "rules/compile/policy_load.h"
#include "rules/policy/policy.h"

static const struct vocabulary none;

#define A "uplink a { dev e }\n"
#define B "uplink b { dev f }\n"
#define C "uplink c { dev g }\n"

static struct uplink_number in_force[] = {
	{ "a", 1, 201, "e,-,-" }, { "b", 2, 202, "f,-,-" },
	{ "a", 5, 205, "e,-,-" },
};
static const struct uplink_numbers numbers = { in_force, 3 };

/* "a 1 201, b 2 202", or the first error. */
static const struct {
	const char *name;
	const char *policy;
	const char *want;
} rows[] = {
	{ "unchanged", A B, "a 1 201, b 2 202" },
	{ "order reversed", B A, "b 2 202, a 1 201" },
	{ "a new one first: no old number is reused", C B A,
	  "c 3 203, b 2 202, a 1 201" },
	{ "a new one replaces an old one", A C, "a 1 201, c 3 203" },
	{ "explicit mark and table",
	  "uplink a { dev e mark 7 table 301 }\n" B,
	  "a 7 301, b 2 202" },
	{ "the mark of a removed uplink", "uplink c { dev g mark 1 }\n" B,
	  "c 1 203, b 2 202" },
	{ "the table of another uplink", A "uplink c { dev g table 202 }\n" B,
	  "a 1 201, c 3 202, b 2 203" },
	{ "the mark of another uplink", A "uplink c { dev g mark 2 }\n" B,
	  "mark 2 is in force for uplink 'b', whose flows would move to 'c'" },
	{ "two uplinks swap marks", "uplink a { dev e mark 2 }\n"
	  "uplink b { dev f mark 1 }\n",
	  "mark 2 is in force for uplink 'b', whose flows would move to 'a'" },
	{ "renamed", A "uplink new { dev f }\n", "a 1 201, new 2 202" },
	{ "renamed, and another gateway",
	  A "uplink new { dev f via 192.0.2.1 }\n", "a 1 201, new 3 203" },
	{ "both renamed", "uplink y { dev f }\nuplink x { dev e }\n",
	  "y 2 202, x 1 201" },
	{ "renamed to a name in force", "uplink b { dev e }\n", "b 2 202" },
	{ "renamed, with a mark", "uplink x { dev e mark 7 }\n", "x 7 201" },
	{ "a number beyond a smaller mask", "marks mask 0x7\n" B,
	  "b 1 202" },
	{ "the last number belongs to a removed uplink",
	  "marks mask 0x7\nuplink c { dev g }\n", "c 1 203" },
};

static void write_numbers(const struct policy *policy, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < policy_uplinks(policy); i++) {
		const struct uplink *up = policy_uplink(policy, i);

		used += (size_t)snprintf(text + used, size - used,
					 "%s%s %u %u", i > 0 ? ", " : "",
					 up->name, up->path, up->table);
	}
}

START_TEST(given)
{
	struct diag *diag = diag_new();
	struct policy *policy = NULL;
	struct ast *ast = ast_parse("p", rows[_i].policy,
				    strlen(rows[_i].policy), diag);
	char *said = NULL;
	char text[256];
	size_t len = 0;
	FILE *out;

	ck_assert_ptr_nonnull(ast);
	if (policy_compile(ast, &none, &numbers, NULL, diag, &policy) == 0) {
		write_numbers(policy, text, sizeof(text));
		ck_assert_str_eq(text, rows[_i].want);
	} else {
		out = open_memstream(&said, &len);
		diag_print(diag, out);
		fclose(out);
		ck_assert_msg(strstr(said, rows[_i].want) != NULL,
			      "%s: %s", rows[_i].name, said);
		free(said);
	}
	policy_free(policy);
	ast_free(ast);
	diag_free(diag);
}
END_TEST

START_TEST(newest)
{
	ck_assert_uint_eq(uplink_number_of(&numbers, "a")->path, 1);
	ck_assert_ptr_null(uplink_number_of(&numbers, "aa"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("numbers");
	TCase *tcase = tcase_create("numbers");

	tcase_add_loop_test(tcase, given, 0, ROWS(rows));
	tcase_add_test(tcase, newest);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
