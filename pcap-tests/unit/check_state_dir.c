/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_state_dir.c - the state directory of each network namespace. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/learn/learned_file.h"
#include "rules/util/state_dir.h"
#include "rules/util/json_file.h"
#include "unit.h"

static void check_all(const char *given, const char *want)
{
	char dir[PATH_MAX], path[PATH_MAX], file[PATH_MAX + 32];

	ck_assert_int_eq(state_dir_path(given, dir), 0);
	ck_assert_str_eq(dir, want);
	ck_assert_int_eq(state_dir_file(given, "exempt.json", path), 0);
	snprintf(file, sizeof(file), "%s/exempt.json", want);
	ck_assert_str_eq(path, file);
	ck_assert_int_eq(learned_file_path(given, path), 0);
	snprintf(file, sizeof(file), "%s/learned", want);
	ck_assert_str_eq(path, file);
}

START_TEST(given)
{
	check_all("/tmp/there", "/tmp/there");
}
END_TEST

/* Each row runs in a separate process, and namespace. */
START_TEST(another_namespace)
{
	char want[PATH_MAX];
	struct stat net;

	if (unshare(CLONE_NEWNET) < 0)
		return;		/* needs root */
	ck_assert_int_eq(stat("/proc/self/ns/net", &net), 0);
	snprintf(want, sizeof(want), "/var/lib/waymark/netns-%lu",
		 (unsigned long)net.st_ino);
	check_all(NULL, want);
}
END_TEST

/* If the tests run in the host's namespace. */
START_TEST(initial_namespace)
{
	struct stat first, ours;

	if (stat("/proc/1/net/dev", &first) == 0 &&
	    stat("/proc/self/net/dev", &ours) == 0 &&
	    first.st_ino == ours.st_ino)
		check_all(NULL, "/var/lib/waymark");
}
END_TEST

START_TEST(parent_directories)
{
	char top[] = "/tmp/check_state_dir.XXXXXX", path[64];

	ck_assert_ptr_nonnull(mkdtemp(top));
	snprintf(path, sizeof(path), "%s/a/b/file", top);
	ck_assert_int_eq(state_dir_make_for(path), 0);
	ck_assert_int_eq(state_dir_make_for(path), 0);
	snprintf(path, sizeof(path), "%s/a/b", top);
	ck_assert_int_eq(rmdir(path), 0);
	snprintf(path, sizeof(path), "%s/a", top);
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(rmdir(top), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("state_dir");
	TCase *tcase = tcase_create("state_dir");

	tcase_add_test(tcase, given);
	tcase_add_test(tcase, another_namespace);
	tcase_add_test(tcase, initial_namespace);
	tcase_add_test(tcase, parent_directories);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
