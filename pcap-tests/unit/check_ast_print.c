/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_ast_print.c - parsing the canonical form gives the same tree: fixed
 * policies and random ones.
 */
#include "pcap-tests/unit/random_policy.h"
#include "pcap-tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "rules/parse/ast.h"

#define POLICIES 300

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_values(const struct ast_value *a, const struct ast_value *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next)
		if (a->kind != b->kind || a->exact != b->exact ||
		    !same_text(a->text, b->text) || a->first != b->first ||
		    a->last != b->last ||
		    !address_equal(&a->first_addr, &b->first_addr) ||
		    !address_equal(&a->last_addr, &b->last_addr))
			return false;
	return a == b;
}

static bool same_condition(const struct ast_condition *a,
			   const struct ast_condition *b)
{
	const struct ast_condition *c, *d;

	if (a == NULL || b == NULL)
		return a == b;
	if (a->kind != b->kind || a->atom != b->atom || a->side != b->side ||
	    !same_text(a->name, b->name) || !same_values(a->values, b->values))
		return false;
	for (c = a->children, d = b->children; c != NULL && d != NULL;
	     c = c->next, d = d->next)
		if (!same_condition(c, d))
			return false;
	return c == d;
}

/* Compare the nested parts; the printed text shows the flat ones. */
static bool same_statement(const struct ast_statement *a,
			   const struct ast_statement *b)
{
	if (a->kind != b->kind || !same_text(a->name.text, b->name.text))
		return false;
	switch (a->kind) {
	case STATEMENT_CLASS:
		return same_condition(a->class_condition, b->class_condition);
	case STATEMENT_ROUTE:
		return same_condition(a->route.condition, b->route.condition);
	case STATEMENT_LIST:
		return same_values(a->list.values, b->list.values);
	case STATEMENT_EXEMPT:
		return same_values(a->exempt.values, b->exempt.values);
	default:
		return true;
	}
}

static bool same_tree(const struct ast *a, const struct ast *b)
{
	const struct ast_statement *s = ast_statements(a);
	const struct ast_statement *t = ast_statements(b);

	for (; s != NULL && t != NULL; s = s->next, t = t->next)
		if (!same_statement(s, t))
			return false;
	return s == t;
}

static struct ast *parse(const char *text, size_t len)
{
	struct diag *diag = diag_new();
	struct ast *ast = ast_parse("p", text, len, diag);

	if (diag_errors(diag) > 0) {
		fputs(text, stderr);
		diag_print(diag, stderr);
	}
	ck_assert_uint_eq(diag_errors(diag), 0);
	diag_free(diag);
	return ast;
}

/* Parse and print `text`, then parse and print the result. */
static void check_round(const char *text, size_t len)
{
	static char once[1 << 18], again[1 << 18];
	struct ast *first = parse(text, len), *second;
	FILE *out = fmemopen(once, sizeof(once), "w");

	ast_print(first, out);
	fclose(out);
	second = parse(once, strlen(once));
	out = fmemopen(again, sizeof(again), "w");
	ast_print(second, out);
	fclose(out);
	ck_assert_str_eq(once, again);
	ck_assert_msg(same_tree(first, second), "%s\n--\n%s", text, once);
	ast_free(first);
	ast_free(second);
}

START_TEST(random_policies)
{
	static char text[1 << 17];
	unsigned i;
	FILE *out;

	random_policy_seed(0x9e3779b97f4a7c15 + _i);
	for (i = 0; i < POLICIES; i++) {
		out = fmemopen(text, sizeof(text), "w");
		random_policy_write(out);
		fclose(out);
		check_round(text, strlen(text));
	}
}
END_TEST

static const char *const rows[] = {
	"marks mask 0x00ff0000\nqueues 0-3 fail-closed\nlate keep\n",
	"on flow-evicted main\non stream-reclaimed pass\n",
	"inspect seconds 3 bytes 512k packets 2\n",
	"class a = not (tcp dport 1 dport 2) not (tcp and icmp)\n",
	"class a = (tcp) dport 1\nclass b = not (tcp) dport 1\n",
	"class a = (tcp or udp) dport 1\n",
	"class a = (tcp and dport 1) or (udp sport 2 and dport 3)\n",
	"class a = proto 0 proto 255 proto 17 dport 53\n",
	"class a = host \"via\" in \"and\" app \"or\"\n",
	"class a = alpn { \"\\\\\", \"/x\", \"!\", \"&&\", \"=\", \"@\" }\n",
	"class a = from ::ffff:10.0.0.0/104 to ::-::2\n",
	"route tcp via { a 3, b 1 } by source late keep\n",
	"default via { a, main, b }\n",
	"expect tcp 192.0.2.1 > 192.0.2.2 via { a, b }\n",
	"expect tcp 192.0.2.1 > 192.0.2.2 first via { a, b } drop late move\n",
	"expect tcp 192.0.2.1 > 192.0.2.2 first via a\n",
	"expect tcp 192.0.2.1 > 192.0.2.2 late reset\n",
	"expect never from 192.0.2.0/24 or class_1 first via { a, b }\n",
	"expect never drop\n",
};

START_TEST(row)
{
	check_round(rows[_i], strlen(rows[_i]));
}
END_TEST

/* At the nesting limit: the canonical form is nested no deeper. */
START_TEST(deepest)
{
	char text[4000] = "class a = ";
	int i;

	for (i = 0; i < 200; i++)
		strcat(text, "not ");
	strcat(text, "tcp dport 25");
	check_round(text, strlen(text));
	strcpy(text, "class a = b ");
	for (i = 0; i < 200; i++)
		strcat(text, i % 2 ? "and (c " : "or (d ");
	for (i = 0; i < 200; i++)
		strcat(text, ")");
	check_round(text, strlen(text));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ast_print");
	TCase *tcase = tcase_create("ast_print");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, row, 0, ROWS(rows));
	tcase_add_test(tcase, deepest);
	tcase_add_loop_test(tcase, random_policies, 1, 9);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
