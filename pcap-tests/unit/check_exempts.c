/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_exempts.c - exemptions made at run time, and their file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules/setup/exempts.h"
#include "unit.h"

static char dir[] = "/tmp/check_exempts.XXXXXX";
static char path[64];

static void set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/exempt.json", dir);
}

static void tear_down(void)
{
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);
}

static json_t *json(const char *text)
{
	json_t *value = json_loads(text, 0, NULL);

	ck_assert_msg(value != NULL, "no JSON: %s", text);
	return value;
}

static int add(struct exempts *exempts, const char *text, char *why)
{
	json_t *host = json(text);
	int rc = exempts_add(exempts, host, why);

	json_decref(host);
	return rc;
}

static struct exempts empty(void)
{
	struct exempts exempts;
	char why[EXEMPTS_WHY_MAX];

	ck_assert_int_eq(exempts_load(&exempts, dir, why), 0);
	ck_assert_uint_eq(exempts.plan.count, 0);
	return exempts;
}

#define A "{\"host\":\"a\",\"addresses\":[\"192.0.2.1\"],\"from\":true}"

static const struct {
	const char *name;
	const char *host;
	const char *why;	/* NULL: valid */
	size_t count;
} hosts[] = {
	{ "an address", A, NULL, 1 },
	{ "several, of both families",
	  "{\"host\":\"b\",\"addresses\":[\"192.0.2.1\",\"2001:db8::/32\","
	  "\"192.0.2.4-192.0.2.9\"],\"to\":true,\"until\":9}", NULL, 3 },
	{ "no name", "{\"addresses\":[\"192.0.2.1\"],\"to\":true}",
	  "needs a name", 0 },
	{ "invalid name",
	  "{\"host\":7,\"addresses\":[\"192.0.2.1\"],\"to\":true}",
	  "needs a name", 0 },
	{ "no address", "{\"host\":\"a\",\"addresses\":[],\"to\":true}",
	  "addresses", 0 },
	{ "neither side", "{\"host\":\"a\",\"addresses\":[\"192.0.2.1\"]}",
	  "`from`", 0 },
	{ "not a string", "{\"host\":\"a\",\"addresses\":[1],\"to\":true}",
	  "not a string", 0 },
	{ "host bits",
	  "{\"host\":\"a\",\"addresses\":[\"10.0.0.1/8\"],\"to\":true}",
	  "host bits", 0 },
	{ "one bad among good ones",
	  "{\"host\":\"a\",\"addresses\":[\"192.0.2.1\",\"x\"],\"to\":true}",
	  "x: ", 0 },
	{ "negative time",
	  "{\"host\":\"a\",\"addresses\":[\"192.0.2.1\"],\"to\":true,"
	  "\"until\":-1}", "needs", 0 },
	{ "not an object", "[1]", "needs a name", 0 },
};

START_TEST(host)
{
	struct exempts exempts = empty();
	char why[EXEMPTS_WHY_MAX] = "";
	int rc = add(&exempts, hosts[_i].host, why);

	ck_assert_msg(rc == (hosts[_i].why == NULL ? 0 : -EINVAL), "%s: %s",
		      hosts[_i].name, why);
	if (hosts[_i].why != NULL)
		ck_assert_msg(strstr(why, hosts[_i].why) != NULL, "%s: %s",
			      hosts[_i].name, why);
	ck_assert_uint_eq(exempts.plan.count, hosts[_i].count);
	ck_assert_uint_eq(json_array_size(exempts.hosts),
			  hosts[_i].count > 0);
	exempts_fini(&exempts);
}
END_TEST

START_TEST(what_it_comes_to)
{
	struct exempts exempts = empty();
	char why[EXEMPTS_WHY_MAX], text[ADDRESS_TEXT_MAX];
	const struct plan_exempt *item;

	ck_assert_int_eq(add(&exempts,
			     "{\"host\":\"net\",\"addresses\":"
			     "[\"192.0.2.0/28\"],\"from\":true,"
			     "\"by_rule\":true}", why), 0);
	item = &exempts.plan.items[0];
	ck_assert_str_eq(address_print(&item->first, text), "192.0.2.0");
	ck_assert_str_eq(address_print(&item->last, text), "192.0.2.15");
	ck_assert(item->from && !item->to && item->by_rule);
	exempts_fini(&exempts);
}
END_TEST

START_TEST(replaced_and_deleted)
{
	struct exempts exempts = empty();
	char why[EXEMPTS_WHY_MAX];

	ck_assert_int_eq(add(&exempts, A, why), 0);
	ck_assert_int_eq(add(&exempts, "{\"host\":\"a\",\"addresses\":"
			     "[\"192.0.2.2\",\"192.0.2.3\"],\"to\":true}",
			     why), 0);
	ck_assert_uint_eq(json_array_size(exempts.hosts), 1);
	ck_assert_uint_eq(exempts.plan.count, 2);
	ck_assert_int_eq(exempts_delete(&exempts, "b"), -ENOENT);
	ck_assert_int_eq(exempts_delete(&exempts, "a"), 0);
	ck_assert_uint_eq(exempts.plan.count, 0);
	ck_assert_int_eq(exempts_delete(&exempts, "a"), -ENOENT);
	exempts_fini(&exempts);
}
END_TEST

START_TEST(taken_back)
{
	struct exempts exempts = empty();
	char why[EXEMPTS_WHY_MAX];
	json_t *prev;

	ck_assert_int_eq(add(&exempts, A, why), 0);
	prev = json_incref(exempts.hosts);
	ck_assert_int_eq(exempts_delete(&exempts, "a"), 0);
	exempts_restore(&exempts, prev);
	ck_assert_uint_eq(json_array_size(exempts.hosts), 1);
	ck_assert_uint_eq(exempts.plan.count, 1);
	exempts_fini(&exempts);
}
END_TEST

START_TEST(time_goes)
{
	struct exempts exempts = empty();
	char why[EXEMPTS_WHY_MAX];
	char text[256];

	ck_assert_int_eq(add(&exempts, A, why), 0);
	ck_assert_int_eq(exempts_next(&exempts), 0);
	for (int until = 300; until >= 100; until -= 100) {
		snprintf(text, sizeof(text), "{\"host\":\"h%d\",\"addresses\":"
			 "[\"192.0.2.7\"],\"to\":true,\"until\":%d}", until,
			 until);
		ck_assert_int_eq(add(&exempts, text, why), 0);
	}
	ck_assert_int_eq(exempts_next(&exempts), 100);
	ck_assert(!exempts_expire(&exempts, 99));
	ck_assert(exempts_expire(&exempts, 200));
	ck_assert_int_eq(exempts_next(&exempts), 300);
	ck_assert_uint_eq(exempts.plan.count, 2);
	ck_assert(exempts_expire(&exempts, 100000));
	ck_assert_int_eq(exempts_next(&exempts), 0);
	ck_assert_uint_eq(exempts.plan.count, 1);
	exempts_fini(&exempts);
}
END_TEST

START_TEST(kept)
{
	struct exempts exempts = empty(), again;
	char why[EXEMPTS_WHY_MAX];

	ck_assert_int_eq(add(&exempts, A, why), 0);
	ck_assert_int_eq(exempts_save(&exempts), 0);
	ck_assert_int_eq(exempts_load(&again, dir, why), 0);
	ck_assert(json_equal(exempts.hosts, again.hosts));
	ck_assert_uint_eq(again.plan.count, 1);
	exempts_fini(&exempts);
	exempts_fini(&again);
}
END_TEST

START_TEST(cannot_be_kept)
{
	struct exempts exempts = empty();

	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(exempts_save(&exempts), -EISDIR);
	ck_assert_int_eq(rmdir(path), 0);
	exempts_fini(&exempts);
}
END_TEST

static const struct {
	const char *text;
	const char *why;
} files[] = {
	{ "", "line 1" },
	{ "{\n\"exempt\":\n[", "line 3" },
	{ "{}", "`exempt` is missing" },
	{ "[]", "`exempt` is missing" },
	{ "{\"exempt\":[7]}", "needs a name" },
	{ "{\"exempt\":[" A ",{}]}", "needs a name" },
};

START_TEST(broken_file)
{
	struct exempts exempts;
	char why[EXEMPTS_WHY_MAX];
	FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	fputs(files[_i].text, file);
	fclose(file);
	ck_assert_int_eq(exempts_load(&exempts, dir, why), -EINVAL);
	ck_assert_msg(strstr(why, files[_i].why) != NULL, "%s", why);
	ck_assert_uint_eq(exempts.plan.count, 0);
	ck_assert_uint_eq(json_array_size(exempts.hosts), 0);
	exempts_fini(&exempts);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("exempts");
	TCase *tcase = tcase_create("exempts");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, host, 0, ROWS(hosts));
	tcase_add_test(tcase, what_it_comes_to);
	tcase_add_test(tcase, replaced_and_deleted);
	tcase_add_test(tcase, taken_back);
	tcase_add_test(tcase, time_goes);
	tcase_add_test(tcase, kept);
	tcase_add_test(tcase, cannot_be_kept);
	tcase_add_loop_test(tcase, broken_file, 0, ROWS(files));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
