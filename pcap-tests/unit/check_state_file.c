/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_state_file.c - modes, owners and kinds of state files and directories.
 * Each row runs in a separate process, so that it can change its umask. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules/util/json_file.h"
#include "rules/util/state_dir.h"
#include "rules/util/state_file.h"
#include "unit.h"

#define STRANGER 12345

static char top[] = "/tmp/check_state_file.XXXXXX";
static char dir[64], path[96], other[96];

static void make_top(void)
{
	ck_assert_ptr_nonnull(mkdtemp(top));
	snprintf(dir, sizeof(dir), "%s/state", top);
	snprintf(path, sizeof(path), "%s/file", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
}

static void remove_top(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", top);
	ck_assert_int_eq(system(command), 0);
}

static mode_t mode_of(const char *name)
{
	struct stat st;

	ck_assert_int_eq(lstat(name, &st), 0);
	return st.st_mode & 07777;
}

static void put(const char *name, const char *text)
{
	FILE *out = fopen(name, "w");

	ck_assert_ptr_nonnull(out);
	fputs(text, out);
	ck_assert_int_eq(fclose(out), 0);
}

static void has(const char *name, const char *want)
{
	char *text = NULL;
	size_t len = 0;

	ck_assert_int_eq(state_file_read(name, &text, &len), 0);
	ck_assert_str_eq(text, want);
	ck_assert_uint_eq(len, strlen(want));
	free(text);
}

/* Neither read nor opened, and the reason is printed. */
static void refused(int want, const char *reason)
{
	char *text = NULL, why[STATE_WHY_MAX];
	size_t len;

	ck_assert_int_eq(state_file_read(path, &text, &len), want);
	ck_assert_int_eq(state_file_open(path), want);
	ck_assert_int_eq(state_file_open_read(path), want);
	ck_assert_ptr_nonnull(strstr(state_file_reason(path, want, why),
				     reason));
}

static const mode_t umasks[] = { 0, 022, 0777 };

START_TEST(modes)
{
	char deep[96], file[128];
	int fd;

	umask(umasks[_i]);
	snprintf(deep, sizeof(deep), "%s/a/b", top);
	snprintf(file, sizeof(file), "%s/file", deep);
	ck_assert_int_eq(state_file_write(file, "one", 3), 0);
	ck_assert_uint_eq(mode_of(file), 0600);
	ck_assert_uint_eq(mode_of(deep), 0700);
	snprintf(deep, sizeof(deep), "%s/a", top);
	ck_assert_uint_eq(mode_of(deep), 0700);
	has(file, "one");
	fd = state_file_open(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_uint_eq(mode_of(path), 0600);
	close(fd);
}
END_TEST

START_TEST(replaces)
{
	put(path, "a longer text than the second");
	ck_assert_int_eq(chmod(path, 0644), 0);
	ck_assert_int_eq(state_file_write(path, "two", 3), 0);
	ck_assert_uint_eq(mode_of(path), 0600);
	has(path, "two");
	ck_assert_int_eq(state_file_write(path, "", 0), 0);
	has(path, "");
}
END_TEST

START_TEST(tightens_a_lock)
{
	put(path, "1\n");
	ck_assert_int_eq(chmod(path, 0644), 0);
	ck_assert_int_eq(close(state_file_open(path)), 0);
	ck_assert_uint_eq(mode_of(path), 0600);
	has(path, "1\n");
}
END_TEST

START_TEST(missing)
{
	char *text;
	size_t len;

	ck_assert_int_eq(state_file_read(path, &text, &len), -ENOENT);
	snprintf(path, sizeof(path), "%s/none/file", top);
	ck_assert_int_eq(state_file_read(path, &text, &len), -ENOENT);
}
END_TEST

START_TEST(symbolic_link)
{
	put(other, "secret");
	ck_assert_int_eq(symlink(other, path), 0);
	refused(-EBADMSG, "symbolic link");
	/* It is replaced, and what it points to is not written. */
	ck_assert_int_eq(state_file_write(path, "new", 3), 0);
	has(path, "new");
	has(other, "secret");
}
END_TEST

START_TEST(link_in_place_of_the_new_file)
{
	char next[128];

	put(other, "secret");
	snprintf(next, sizeof(next), "%s.new", path);
	ck_assert_int_eq(symlink(other, next), 0);
	ck_assert_int_eq(state_file_write(path, "new", 3), 0);
	has(path, "new");
	has(other, "secret");
}
END_TEST

START_TEST(fifo)
{
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	refused(-EBADMSG, "not a regular file");
	ck_assert_int_eq(state_file_write(path, "new", 3), 0);
	has(path, "new");
}
END_TEST

START_TEST(json)
{
	json_error_t error;
	json_t *value = NULL;

	ck_assert_int_eq(json_file_load(path, &error, &value), -ENOENT);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(json_file_load(path, &error, &value), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error.text, "not a regular file"));
	value = json_pack("{s:i}", "a", 1);
	ck_assert_int_eq(json_file_save(path, value), 0);
	json_decref(value);
	value = NULL;
	ck_assert_int_eq(json_file_load(path, &error, &value), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(value, "a")), 1);
	json_decref(value);
}
END_TEST

START_TEST(file_of_another_user)
{
	if (geteuid() != 0)
		return;
	put(path, "planted");
	ck_assert_int_eq(chown(path, STRANGER, STRANGER), 0);
	refused(-EBADMSG, "belongs to user 12345");
}
END_TEST

/* The directory, or one above it. */
START_TEST(directory_of_another_user)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(_i ? top : dir, STRANGER, STRANGER), 0);
	refused(-EPERM, "belongs to user 12345");
	ck_assert_int_eq(state_file_write(path, "x", 1), -EPERM);
	ck_assert_int_eq(state_dir_make(dir), -EPERM);
	snprintf(other, sizeof(other), "%s/b/c", dir);
	ck_assert_int_eq(state_dir_make(other), -EPERM);
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

static const struct {
	bool parent;
	mode_t mode;
	int want;
} open_dirs[] = {
	{ false, 0770, -EPERM }, { false, 0702, -EPERM },
	{ false, 01777, -EPERM }, { true, 0702, -EPERM },
	{ true, 01777, 0 }, { false, 0755, 0 },
};

START_TEST(directory_others_can_write)
{
	ck_assert_int_eq(chmod(open_dirs[_i].parent ? top : dir,
			       open_dirs[_i].mode), 0);
	ck_assert_int_eq(state_file_write(path, "x", 1), open_dirs[_i].want);
	if (open_dirs[_i].want < 0)
		refused(-EPERM, "can be written by");
}
END_TEST

/* A stranger's link could point elsewhere after the check. */
START_TEST(link_to_the_directory)
{
	char link[64];

	snprintf(link, sizeof(link), "%.40s/link", top);
	ck_assert_int_eq(symlink(dir, link), 0);
	snprintf(path, sizeof(path), "%s/file", link);
	ck_assert_int_eq(state_file_write(path, "x", 1), 0);
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(lchown(link, STRANGER, STRANGER), 0);
	refused(-EPERM, "belongs to user 12345");
}
END_TEST

/* A user without rights finds its own directory in order, and root's. */
START_TEST(as_another_user)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(top, STRANGER, STRANGER), 0);
	ck_assert_int_eq(chown(dir, STRANGER, STRANGER), 0);
	ck_assert_int_eq(setresuid(STRANGER, STRANGER, STRANGER), 0);
	ck_assert_int_eq(state_file_write(path, "x", 1), 0);
	has(path, "x");
	ck_assert_int_eq(state_dir_check("/etc"), 0);
}
END_TEST

START_TEST(relative)
{
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_int_eq(state_file_write("file", "x", 1), 0);
	has("file", "x");
	ck_assert_int_eq(state_file_write("a/file", "x", 1), 0);
	ck_assert_int_eq(state_file_write("dir/b/file", "x", 1), 0);
	has("dir/b/file", "x");
	ck_assert_int_eq(chmod(dir, 0777), 0);
	ck_assert_int_eq(state_file_write("file", "x", 1), -EPERM);
	ck_assert_int_eq(state_file_write("a/file", "x", 1), -EPERM);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("state_file");
	TCase *tcase = tcase_create("state_file");

	tcase_add_checked_fixture(tcase, make_top, remove_top);
	tcase_add_loop_test(tcase, modes, 0, 3);
	tcase_add_test(tcase, replaces);
	tcase_add_test(tcase, tightens_a_lock);
	tcase_add_test(tcase, missing);
	tcase_add_test(tcase, symbolic_link);
	tcase_add_test(tcase, link_in_place_of_the_new_file);
	tcase_add_test(tcase, fifo);
	tcase_add_test(tcase, json);
	tcase_add_test(tcase, file_of_another_user);
	tcase_add_loop_test(tcase, directory_of_another_user, 0, 2);
	tcase_add_loop_test(tcase, directory_others_can_write, 0,
			    sizeof(open_dirs) / sizeof(*open_dirs));
	tcase_add_test(tcase, link_to_the_directory);
	tcase_add_test(tcase, as_another_user);
	tcase_add_test(tcase, relative);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
