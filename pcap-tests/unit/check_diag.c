/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_diag.c - print errors and warnings with line and caret. */
#include "pcap-tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pcap-tests/unit/printed.h"
#include "rules/util/diag.h"
#include "rules/util/source.h"

static const struct {
	const char *name;
	const char *line;	/* the second of three */
	uint32_t column, width;
	const char *fix;
	const char *want;	/* after the first line */
} carets[] = {
	{ "a word", "route mail via fibr", 16, 4, "did you mean 'fibre'?",
	  "       2 | route mail via fibr\n"
	  "         |                ^~~~ did you mean 'fibre'?\n" },
	{ "no fix", "ab", 1, 1, NULL,
	  "       2 | ab\n         | ^\n" },
	{ "a tab stays a tab", "\ta\tb", 4, 1, "m",
	  "       2 | \ta\tb\n         | \t \t^ m\n" },
	{ "after the end", "ab", 3, 1, NULL,
	  "       2 | ab\n         |   ^\n" },
	{ "far after the end", "ab", 90, 9, NULL,
	  "       2 | ab\n         |   ^\n" },
	{ "wider than the line", "abc", 2, 90, NULL,
	  "       2 | abc\n         |  ^~\n" },
	{ "no width", "abc", 2, 0, NULL,
	  "       2 | abc\n         |  ^\n" },
	{ "an empty line", "", 1, 1, NULL,
	  "       2 | \n         | ^\n" },
	{ "a carriage return", "ab\r", 1, 2, NULL,
	  "       2 | ab\n         | ^~\n" },
	{ "control bytes", "a\x01\x1b\x7f" "b", 5, 1, NULL,
	  "       2 | a???b\n         |     ^\n" },
	{ "no UTF-8", "a\xff\xc3" "b", 4, 1, NULL,
	  "       2 | a??b\n         |    ^\n" },
	{ "UTF-8 is one column each", "m\xc3\xbcnchen x", 10, 1, NULL,
	  "       2 | m\xc3\xbcnchen x\n         |         ^\n" },
	{ "UTF-8 is underlined once", "m \xc3\xbc\xc3\xb6y", 3, 5, NULL,
	  "       2 | m \xc3\xbc\xc3\xb6y\n         |   ^~~\n" },
	{ "a C1 control", "\xc2\x9b" "1", 3, 1, NULL,
	  "       2 | ??1\n         |   ^\n" },
	{ "control bytes in the fix", "a", 1, 1, "x\x1b[0m",
	  "       2 | a\n         | ^ x?[0m\n" },
};

START_TEST(caret)
{
	char text[300], want[300];
	const char *got;
	struct source source = { .name = "p", .text = text };
	struct diag *diag = diag_new();

	snprintf(text, sizeof(text), "first\n%s\nthird\n", carets[_i].line);
	source.len = strlen(text);
	diag_add(diag, DIAG_ERROR, (struct place){ &source, 2,
		 carets[_i].column, carets[_i].width }, carets[_i].fix,
		 "what %s", "it is");
	snprintf(want, sizeof(want), "p:2:%u: error: what it is\n%s",
		 carets[_i].column, carets[_i].want);
	got = printed_diag(diag);
	ck_assert_msg(strcmp(got, want) == 0, "%s: got\n%swant\n%s",
		      carets[_i].name, got, want);
	diag_free(diag);
}
END_TEST

/* A line of 1000 bytes with an X is shown in part, the caret under the X. */
START_TEST(long_line)
{
	static const uint32_t columns[] = { 1, 2, 60, 61, 62, 500, 999, 1000 };
	uint32_t column = columns[_i];
	char text[1001];
	const char *got, *shown, *mark;
	struct source source = { .name = "p", .text = text, .len = 1000 };
	struct diag *diag = diag_new();

	memset(text, 'a', 1000);
	text[column - 1] = 'X';
	text[1000] = '\0';
	diag_add(diag, DIAG_WARNING, (struct place){ &source, 1, column, 1 },
		 NULL, "long");
	got = printed_diag(diag);
	shown = strchr(got, '\n') + 1;
	mark = strchr(shown, '\n') + 1;
	ck_assert_uint_le(mark - shown, 11 + 120 + 6 + 1);
	ck_assert_ptr_nonnull(strchr(mark, '^'));
	ck_assert_int_eq(strchr(mark, '^') - mark, strchr(shown, 'X') - shown);
	diag_free(diag);
}
END_TEST

/* The excerpt is never cut within a character. */
START_TEST(long_line_of_characters)
{
	char text[901];
	const char *got, *at;
	struct source source = { .name = "p", .text = text, .len = 900 };
	struct diag *diag = diag_new();
	size_t i;

	for (i = 0; i < 900; i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3);
	text[900] = '\0';
	diag_add(diag, DIAG_ERROR, (struct place){ &source, 1,
		 301 + _i, 1 }, NULL, "long");
	got = printed_diag(diag);
	at = strchr(got, '|');
	ck_assert_int_eq(strcspn(at, "?"), strlen(at));
	diag_free(diag);
}
END_TEST

START_TEST(order)
{
	struct source a = { .name = "a", .text = "1\n2\n", .len = 4 };
	struct source b = { .name = "b", .text = "1\n2\n", .len = 4 };
	struct diag *diag = diag_new();
	const char *got;

	diag_add(diag, DIAG_WARNING, (struct place){ &b, 2, 1, 1 }, NULL, "1");
	diag_add(diag, DIAG_ERROR, (struct place){ &a, 1, 1, 1 }, NULL, "2");
	diag_add(diag, DIAG_ERROR, (struct place){ &b, 1, 2, 1 }, NULL, "3");
	diag_add(diag, DIAG_ERROR, (struct place){ &b, 1, 1, 1 }, NULL, "4");
	diag_add(diag, DIAG_ERROR, (struct place){ NULL, 0, 0, 0 }, "why",
		 "5");
	diag_add(diag, DIAG_ERROR, (struct place){ &b, 0, 0, 0 }, "x", "6");
	ck_assert_uint_eq(diag_errors(diag), 5);
	ck_assert_uint_eq(diag_warnings(diag), 1);
	got = printed_diag(diag);
	ck_assert_str_eq(got,
			 "error: 5: why\n"
			 "b: error: 6: x\n"
			 "b:1:1: error: 4\n       1 | 1\n         | ^\n"
			 "b:1:2: error: 3\n       1 | 1\n         |  ^\n"
			 "b:2:1: warning: 1\n       2 | 2\n         | ^\n"
			 "a:1:1: error: 2\n       1 | 1\n         | ^\n");
	diag_free(diag);
}
END_TEST

START_TEST(max)
{
	struct source source = { .name = "p", .text = "x\n", .len = 2 };
	struct diag *diag = diag_new();
	size_t i, lines = 0;
	const char *got;

	for (i = 0; i < DIAG_MAX + 7; i++)
		diag_add(diag, DIAG_ERROR, (struct place){ &source, 1, 1, 1 },
			 NULL, "error %zu", i);
	diag_add(diag, DIAG_WARNING, (struct place){ &source, 1, 1, 1 }, NULL,
		 "still printed");
	ck_assert_uint_eq(diag_errors(diag), DIAG_MAX + 7);
	got = printed_diag(diag);
	for (i = 0; got[i] != '\0'; i++)
		lines += got[i] == '\n';
	ck_assert_uint_eq(lines, 3 * (DIAG_MAX + 1) + 1);
	ck_assert_ptr_nonnull(strstr(got, "... and 7 more errors\n"));
	ck_assert_ptr_nonnull(strstr(got, "warning: still printed\n"));
	diag_free(diag);
}
END_TEST

/* A source may be freed before its errors are printed. */
START_TEST(source_gone)
{
	struct diag *diag = diag_new();
	char *text = strdup("gone\n"), *name = strdup("file");
	const char *got;
	struct source *source = malloc(sizeof(*source));

	*source = (struct source){ .name = name, .text = text, .len = 5 };
	diag_add(diag, DIAG_ERROR, (struct place){ source, 1, 1, 4 }, NULL,
		 "x");
	source_free(source);
	got = printed_diag(diag);
	ck_assert_str_eq(got, "file:1:1: error: x\n       1 | gone\n"
			      "         | ^~~~\n");
	diag_free(diag);
}
END_TEST

static const struct {
	const char *from, *path, *want;
} paths[] = {
	{ "office.policy", "lists/vip", "lists/vip" },
	{ "etc/office.policy", "lists/vip", "etc/lists/vip" },
	{ "/etc/w/office.policy", "../vip", "/etc/w/../vip" },
	{ "/office.policy", "vip", "/vip" },
	{ "etc/office.policy", "/lists/vip", "/lists/vip" },
	{ NULL, "vip", "vip" },
};

START_TEST(resolve)
{
	struct source from = { .name = paths[_i].from };
	char *got = source_resolve(paths[_i].from != NULL ? &from : NULL,
				   paths[_i].path);

	ck_assert_str_eq(got, paths[_i].want);
	free(got);
}
END_TEST

static const struct {
	const char *path;
	int want;
	const char *reason;
} unreadable[] = {
	{ "/", -EINVAL, "cannot read '/': it is a directory" },
	{ "/dev/zero", -EINVAL, "it is neither a file nor a pipe" },
	{ "/nothing/there", -ENOENT, "No such file or directory" },
};

START_TEST(cannot_read)
{
	struct diag *diag = diag_new();
	struct source *source = NULL;
	const char *got;

	ck_assert_int_eq(source_read(unreadable[_i].path,
				     (struct place){ NULL, 0, 0, 0 }, diag,
				     &source), unreadable[_i].want);
	ck_assert_ptr_null(source);
	ck_assert_uint_eq(diag_errors(diag), 1);
	got = printed_diag(diag);
	ck_assert_ptr_nonnull(strstr(got, unreadable[_i].reason));
	diag_free(diag);
}
END_TEST

/* Read a pipe, whose size is unknown; sizes around that of its first buffer. */
START_TEST(read_pipe)
{
	static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 300000 };
	struct diag *diag = diag_new();
	struct source *source = NULL;
	char command[100], path[40];
	FILE *pipe;

	snprintf(command, sizeof(command), "head -c %zu /dev/zero",
		 sizes[_i]);
	pipe = popen(command, "r");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(pipe));
	ck_assert_int_eq(source_read(path, (struct place){ NULL, 0, 0, 0 },
				     diag, &source), 0);
	ck_assert_uint_eq(source->len, sizes[_i]);
	ck_assert_int_eq(source->text[source->len], '\0');
	source_free(source);
	pclose(pipe);
	diag_free(diag);
}
END_TEST

/* ---- for other programs ---- */

static const struct {
	const char *format;	/* with one value */
	const char *code;
} codes[] = {
	{ "there is no uplink '%s'", "there-is-no-uplink" },
	{ "expected %s", "expected" },
	{ "'%-5s' is given twice", "is-given-twice" },
	{ "%s", "syntax" },
	{ "uplink '%.64s' has no %%", "uplink-has-no" },
	{ "a sentence of many long words which make a code with all of them "
	  "longer than %s", "a-sentence-of-many-long-words-which-make-a-code-"
	  "with-all-of-th" },
};

static void keep(void *ctx, const struct diag_item *item)
{
	*(char **)ctx = strdup(item->code);
}

START_TEST(code)
{
	struct diag *diag = diag_new();
	char *got = NULL;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	diag_add(diag, DIAG_ERROR, (struct place){ 0 }, NULL, codes[_i].format,
		 "value");
#pragma GCC diagnostic pop
	diag_each(diag, keep, &got);
	ck_assert_str_eq(got, codes[_i].code);
	free(got);
	diag_free(diag);
}
END_TEST

static void check_second(void *ctx, const struct diag_item *item)
{
	int *count = ctx;

	if ((*count)++ == 0) {
		ck_assert_int_eq(item->level, DIAG_WARNING);
		ck_assert_uint_eq(item->place.line, 1);
		ck_assert_ptr_null(item->marked);
		ck_assert_ptr_null(item->fix);
		return;
	}
	ck_assert_int_eq(item->level, DIAG_ERROR);
	ck_assert_str_eq(item->file, "p");
	ck_assert_str_eq(item->marked, "fibr");
	ck_assert_str_eq(item->fix, "fix");
	ck_assert_uint_eq(item->place.column, 11);
}

START_TEST(items)
{
	const char *text = "default\nroute via fibr\n";
	const struct source source = { "p", text, strlen(text) };
	struct diag *diag = diag_new();
	int count = 0;

	diag_add(diag, DIAG_ERROR, (struct place){ &source, 2, 11, 4 }, "fix",
		 "second");
	/* Wider than its line: nothing is marked. */
	diag_add(diag, DIAG_WARNING, (struct place){ &source, 1, 5, 9 }, NULL,
		 "first");
	diag_each(diag, check_second, &count);
	ck_assert_int_eq(count, 2);
	ck_assert_uint_eq(diag_left_out(diag), 0);
	diag_free(diag);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("diag");
	TCase *tcase = tcase_create("diag");

	tcase_add_loop_test(tcase, caret, 0, ROWS(carets));
	tcase_add_loop_test(tcase, long_line, 0, 8);
	tcase_add_loop_test(tcase, long_line_of_characters, 0, 3);
	tcase_add_loop_test(tcase, code, 0, ROWS(codes));
	tcase_add_test(tcase, items);
	tcase_add_test(tcase, order);
	tcase_add_test(tcase, max);
	tcase_add_test(tcase, source_gone);
	tcase_add_loop_test(tcase, resolve, 0, ROWS(paths));
	tcase_add_loop_test(tcase, cannot_read, 0, ROWS(unreadable));
	tcase_add_loop_test(tcase, read_pipe, 0, 6);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
