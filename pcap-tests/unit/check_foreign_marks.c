/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_foreign_marks.c - marks that lines of nft test as a whole. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "rules/setup/plan/foreign_marks.h"

static const struct {
	const char *name;
	const char *line;
	enum foreign_hook hook;
	const char *want;	/* packet; flow; routed */
} lines[] = {
	{ "a mark", "meta mark 0x00000001 accept", FOREIGN_UNKNOWN, "1;;" },
	{ "negated", "meta mark != 0x00000002 drop", FOREIGN_UNKNOWN, "2;;" },
	{ "a set", "meta mark { 0x00000003, 0x00000001 } drop",
	  FOREIGN_BEFORE_ROUTING, "1 3;;" },
	{ "a verdict map", "meta mark vmap { 0x00000005 : accept, "
	  "0x00000004 : goto x }", FOREIGN_UNKNOWN, "4 5;;" },
	{ "after routing", "meta mark 0x00000001 accept",
	  FOREIGN_AFTER_ROUTING, ";;1" },
	{ "a connection mark", "ct mark 0x00000001 accept",
	  FOREIGN_AFTER_ROUTING, ";1;" },
	{ "both", "meta mark 0x1 ct mark 0x2 accept", FOREIGN_UNKNOWN,
	  "1;2;" },
	{ "no mark at all", "meta mark 0x00000000 accept", FOREIGN_UNKNOWN,
	  ";;" },
	{ "a range", "meta mark 0x1-0x5 accept", FOREIGN_UNKNOWN, ";;" },
	{ "with a mask", "meta mark & 0x000000ff == 0x00000001 accept",
	  FOREIGN_UNKNOWN, ";;" },
	{ "a writer", "meta mark set 0x00000001", FOREIGN_UNKNOWN, ";;" },
	{ "a named set", "meta mark @marks accept", FOREIGN_UNKNOWN, ";;" },
	{ "cut short", "meta mark {", FOREIGN_UNKNOWN, ";;" },
};

static void print(const struct foreign_mark_list *list, FILE *out)
{
	for (size_t i = 0; i < list->count; i++)
		fprintf(out, "%s%x", i ? " " : "", list->marks[i]);
}

START_TEST(line)
{
	struct foreign_marks marks = { 0 };
	char text[128] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	foreign_marks_add_line(&marks, lines[_i].line, lines[_i].hook);
	print(&marks.packet, out);
	putc(';', out);
	print(&marks.flow, out);
	putc(';', out);
	print(&marks.routed, out);
	fclose(out);
	ck_assert_msg(strcmp(text, lines[_i].want) == 0, "%s: %s",
		      lines[_i].name, text);
}
END_TEST

START_TEST(hook)
{
	ck_assert_int_eq(foreign_marks_hook("\t\ttype filter hook prerouting "
					    "priority mangle; policy accept;"),
			 FOREIGN_BEFORE_ROUTING);
	ck_assert_int_eq(foreign_marks_hook("\t\ttype nat hook postrouting "
					    "priority srcnat; policy accept;"),
			 FOREIGN_AFTER_ROUTING);
	ck_assert_int_eq(foreign_marks_hook("\t\tmeta mark 0x1 accept"),
			 FOREIGN_UNKNOWN);
}
END_TEST

START_TEST(max)
{
	struct foreign_marks marks = { 0 };
	char text[64];

	for (unsigned int i = 1; i < 100; i++) {
		snprintf(text, sizeof(text), "meta mark 0x%x accept", i);
		foreign_marks_add_line(&marks, text, FOREIGN_UNKNOWN);
	}
	ck_assert_uint_eq(marks.packet.count, FOREIGN_MARKS_MAX);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("foreign_marks");
	TCase *tcase = tcase_create("foreign_marks");

	tcase_add_loop_test(tcase, line, 0, ROWS(lines));
	tcase_add_test(tcase, hook);
	tcase_add_test(tcase, max);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
