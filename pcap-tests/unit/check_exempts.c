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

/* 2026-11-05 */
#define DAY_S 1794000000

static const struct clock_stamp saved = { "boot-a", 1000, DAY_S };

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
	int rc = exempts_add(exempts, host, 1000, why);

	json_decref(host);
	return rc;
}

static struct exempts empty(void)
{
	struct exempts exempts;
	char why[EXEMPTS_WHY_MAX];

	ck_assert_int_eq(exempts_load(&exempts, dir, &saved, why), 0);
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
	ck_assert_int_eq(exempts_save(&exempts, &saved), 0);
	ck_assert_int_eq(exempts_load(&again, dir, &saved, why), 0);
	ck_assert(json_equal(exempts.hosts, again.hosts));
	ck_assert_uint_eq(again.plan.count, 1);
	exempts_fini(&exempts);
	exempts_fini(&again);
}
END_TEST

/* An exemption for an hour, made when the file was saved: what is left of it
 * at a later start. */
static const struct {
	const char *name;
	struct clock_stamp now;
	int left_s;		/* 0: expired */
} starts[] = {
	{ "at once", { "boot-a", 1000, DAY_S }, 3600 },
	{ "after a minute", { "boot-a", 1060, DAY_S + 60 }, 3540 },
	{ "clock a day ahead", { "boot-a", 1060, DAY_S + 86400 }, 3540 },
	{ "clock a day behind", { "boot-a", 1060, DAY_S - 86400 }, 3540 },
	{ "over", { "boot-a", 4600, DAY_S }, 0 },
	{ "shifted clock of the boot", { "boot-a", 5, DAY_S + 60 }, 3540 },
	{ "reboot", { "boot-b", 20, DAY_S + 60 }, 3540 },
	{ "reboot, over", { "boot-b", 20, DAY_S + 3600 }, 0 },
	{ "reboot, clock behind", { "boot-b", 20, DAY_S - 86400 }, 3580 },
	{ "reboot, clock not set", { "boot-b", 20, 100 }, 3580 },
	{ "reboot, up for two hours", { "boot-b", 7200, 100 }, 0 },
	{ "unknown boot", { "", 20, DAY_S + 60 }, 3540 },
};

#define HOUR "{\"host\":\"a\",\"addresses\":[\"192.0.2.1\"]," \
	     "\"from\":true,\"left_seconds\":3600}"

START_TEST(continued)
{
	struct exempts exempts = empty(), again;
	const struct clock_stamp *now = &starts[_i].now;
	char why[EXEMPTS_WHY_MAX];
	json_t *list;

	ck_assert_int_eq(add(&exempts, HOUR, why), 0);
	ck_assert_int_eq(exempts_next(&exempts), 4600);
	ck_assert_int_eq(exempts_save(&exempts, &saved), 0);
	ck_assert_int_eq(exempts_load(&again, dir, now, why), 0);
	list = exempts_list(&again, now->boot_s);
	ck_assert_msg(json_array_size(list) == (starts[_i].left_s > 0), "%s",
		      starts[_i].name);
	ck_assert_msg(json_integer_value(json_object_get(
			json_array_get(list, 0), "left_seconds")) ==
		      starts[_i].left_s, "%s", starts[_i].name);
	json_decref(list);
	exempts_fini(&exempts);
	exempts_fini(&again);
}
END_TEST

/* The age of an exemption is unknown if it was saved by a clock that had not
 * been set. */
START_TEST(saved_with_unset_clock)
{
	const struct clock_stamp unset = { "boot-a", 1000, 1000 };
	const struct clock_stamp now = { "boot-b", 20, DAY_S };
	struct exempts exempts = empty(), again;
	char why[EXEMPTS_WHY_MAX];

	ck_assert_int_eq(add(&exempts, HOUR, why), 0);
	ck_assert_int_eq(exempts_save(&exempts, &unset), 0);
	ck_assert_int_eq(exempts_load(&again, dir, &now, why), 0);
	ck_assert_int_eq(exempts_next(&again), 20 + 3580);
	exempts_fini(&exempts);
	exempts_fini(&again);
}
END_TEST

START_TEST(cannot_be_kept)
{
	struct exempts exempts = empty();

	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(exempts_save(&exempts, &saved), -EISDIR);
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
	{ "{\"exempt\":[{\"host\":\"a\",\"addresses\":[\"192.0.2.1\"],"
	  "\"to\":true,\"until\":9}]}", "`until` without `saved`" },
	{ "{\"saved\":7,\"exempt\":[{\"until\":-9}]}", "needs a name" },
};

START_TEST(broken_file)
{
	struct exempts exempts;
	char why[EXEMPTS_WHY_MAX];
	FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	fputs(files[_i].text, file);
	fclose(file);
	ck_assert_int_eq(exempts_load(&exempts, dir, &saved, why), -EINVAL);
	ck_assert_msg(strstr(why, files[_i].why) != NULL, "%s", why);
	ck_assert_uint_eq(exempts.plan.count, 0);
	ck_assert_uint_eq(json_array_size(exempts.hosts), 0);
	exempts_fini(&exempts);
}
END_TEST

/* It is renamed, and the next start is without a warning. */
START_TEST(set_aside)
{
	char broken[sizeof(path) + 8], text[512] = "";
	struct exempts exempts;
	FILE *file = fopen(path, "we");
	FILE *out = fmemopen(text, sizeof(text), "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(out);
	fputs(files[_i].text, file);
	fclose(file);
	ck_assert_int_eq(exempts_load_valid(&exempts, dir, &saved, true, out),
			 0);
	exempts_fini(&exempts);
	ck_assert_int_eq(access(path, F_OK), 0);
	ck_assert_int_eq(exempts_load_valid(&exempts, dir, &saved, false, out),
			 0);
	exempts_fini(&exempts);
	fflush(out);
	ck_assert_msg(strstr(text, files[_i].why) != NULL &&
		      strstr(text, "exempt.json.broken") != NULL, "%s", text);
	ck_assert_int_lt(access(path, F_OK), 0);
	rewind(out);
	ck_assert_int_eq(exempts_load_valid(&exempts, dir, &saved, false, out),
			 0);
	exempts_fini(&exempts);
	ck_assert_int_eq(ftell(out), 0);
	fclose(out);
	snprintf(broken, sizeof(broken), "%s.broken", path);
	ck_assert_int_eq(unlink(broken), 0);
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
	tcase_add_loop_test(tcase, continued, 0, ROWS(starts));
	tcase_add_test(tcase, saved_with_unset_clock);
	tcase_add_test(tcase, cannot_be_kept);
	tcase_add_loop_test(tcase, broken_file, 0, ROWS(files));
	tcase_add_loop_test(tcase, set_aside, 0, ROWS(files));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
