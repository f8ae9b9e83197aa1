/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_trial_file.c - The last confirmed policy, across a restart. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rules/parse/ast.h"
#include "tools/daemon/trial_file.h"
#include "unit.h"

#define UPLINK "uplink a { dev eth0 via 192.0.2.1 }\n"
#define FORMER UPLINK "route tcp dport 25 drop\ndefault via a\n"
#define TRIAL UPLINK "default via a\n"

static char dir[] = "/tmp/waymark-trial.XXXXXX";
static char policy[PATH_MAX];

static void make_dir(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(policy, sizeof(policy), "%s/a.policy", dir);
}

static void remove_dir(void)
{
	trial_file_remove(dir);
	unlink(policy);
	rmdir(dir);
}

static void write_policy(const char *text)
{
	FILE *file = fopen(policy, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

static struct ast *parse(const char *text)
{
	struct diag *diag = diag_new();
	struct ast *ast = ast_parse("text", text, strlen(text), diag);

	ck_assert_uint_eq(diag_errors(diag), 0);
	diag_free(diag);
	return ast;
}

static const struct {
	const char *name, *text;
	bool differs;
} files[] = {
	{ "the same", TRIAL, false },
	{ "a comment more", "# night\n" TRIAL, false },
	{ "a route more", FORMER, true },
	{ "an error", TRIAL "route nonsense\n", true },
	{ "empty", "", true },
};

START_TEST(differs)
{
	struct ast *running = parse(TRIAL);

	write_policy(files[_i].text);
	ck_assert_msg(trial_file_differs(policy, running) == files[_i].differs,
		      "%s", files[_i].name);
	ast_free(running);
}
END_TEST

START_TEST(missing_file_differs)
{
	struct ast *running = parse(TRIAL);

	ck_assert(trial_file_differs(policy, running));
	ast_free(running);
}
END_TEST

static void save(void)
{
	struct ast *former = parse(FORMER), *trial = parse(TRIAL);

	ck_assert_int_eq(trial_file_save(dir, policy, former, trial), 0);
	ast_free(former);
	ast_free(trial);
}

/* What is found has the statements of the confirmed policy. */
START_TEST(finds_confirmed)
{
	struct ast *former = parse(FORMER);
	char file[PATH_MAX];

	write_policy("# as it was edited\n" TRIAL);
	save();
	ck_assert(trial_file_find(dir, policy, file));
	ck_assert(!trial_file_differs(file, former));
	ast_free(former);
}
END_TEST

START_TEST(edited_file_is_read)
{
	char file[PATH_MAX];

	write_policy(TRIAL);
	save();
	write_policy(UPLINK "route udp dport 53 drop\ndefault via a\n");
	ck_assert(!trial_file_find(dir, policy, file));
}
END_TEST

START_TEST(other_file_is_read)
{
	char file[PATH_MAX], other[PATH_MAX];

	write_policy(TRIAL);
	save();
	snprintf(other, sizeof(other), "%.*s/b.policy", PATH_MAX - 16, dir);
	ck_assert_int_eq(rename(policy, other), 0);
	ck_assert(!trial_file_find(dir, other, file));
	unlink(other);
}
END_TEST

START_TEST(removed_file_is_not_found)
{
	char file[PATH_MAX];

	write_policy(TRIAL);
	save();
	trial_file_remove(dir);
	ck_assert(!trial_file_find(dir, policy, file));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trial_file");
	TCase *tcase = tcase_create("trial_file");

	tcase_add_checked_fixture(tcase, make_dir, remove_dir);
	tcase_add_loop_test(tcase, differs, 0,
			    (int)(sizeof(files) / sizeof(files[0])));
	tcase_add_test(tcase, missing_file_differs);
	tcase_add_test(tcase, finds_confirmed);
	tcase_add_test(tcase, edited_file_is_read);
	tcase_add_test(tcase, other_file_is_read);
	tcase_add_test(tcase, removed_file_is_not_found);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
