/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_history.c - Rings of what uplinks carried, in a file that outlives the
 * process. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/traffic/history_list.h"
#include "unit.h"

#define NOW 1800000000

static char dir[64], path[96];

static void setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/waymark-history.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/history", dir);
}

static void teardown(void)
{
	unlink(path);
	rmdir(dir);
}

static struct history *open_it(bool for_writing)
{
	struct history *history = NULL;

	ck_assert_int_eq(history_open(path, for_writing, &history), 0);
	return history;
}

static void add(struct history *history, int series, uint64_t bytes,
		int64_t when)
{
	const struct history_cell more = {
		.bytes = bytes, .packets = 2, .flows = 1,
	};

	history_add(history, series, &more, when);
}

static uint64_t bytes_at(const struct history *history, enum history_ring ring,
			 int64_t start, int series)
{
	struct history_row row;

	return history_read(history, ring, start, &row) ?
		       row.cells[series].bytes : UINT64_MAX;
}

START_TEST(survives)
{
	struct history *history = open_it(true);
	int one = history_series_get(history, HISTORY_UPLINK, "one", NOW);
	int web = history_series_get(history, HISTORY_CLASS, "one", NOW);
	struct stat st, later;

	ck_assert_int_ne(one, web);
	for (int i = 0; i < 100; i++)
		add(history, one, 10, NOW + i);
	history_close(history);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);

	history = open_it(true);
	ck_assert_int_eq(history_series_get(history, HISTORY_UPLINK, "one",
					    NOW + 100), one);
	for (int i = 100; i < 200; i++)
		add(history, one, 10, NOW + i);
	history_close(history);

	history = open_it(false);
	ck_assert_uint_eq(bytes_at(history, HISTORY_SECONDS, NOW + 7, one), 10);
	ck_assert_uint_eq(bytes_at(history, HISTORY_MINUTES, NOW + 60, one),
			  600);
	/* The hour that both processes wrote to. */
	ck_assert_uint_eq(bytes_at(history, HISTORY_HOURS, NOW, one), 2000);
	ck_assert_uint_eq(bytes_at(history, HISTORY_SECONDS, NOW + 200, one),
			  UINT64_MAX);
	history_close(history);
	ck_assert_int_eq(stat(path, &later), 0);
	ck_assert_int_eq(st.st_size, later.st_size);
}
END_TEST

START_TEST(rings_wrap)
{
	struct history *history = open_it(true);
	int one = history_series_get(history, HISTORY_UPLINK, "one", NOW);

	add(history, one, 1, NOW);
	add(history, one, 2, NOW + 3600);
	ck_assert_int_eq(history_flush(history), 0);
	ck_assert_uint_eq(bytes_at(history, HISTORY_SECONDS, NOW, one),
			  UINT64_MAX);
	ck_assert_uint_eq(bytes_at(history, HISTORY_MINUTES, NOW, one), 1);
	ck_assert_uint_eq(bytes_at(history, HISTORY_SECONDS, NOW + 3600, one),
			  2);
	history_close(history);
}
END_TEST

/* A 65th series takes the place of the one that was used longest ago, without
 * what that one carried. */
START_TEST(series_are_reused)
{
	struct history *history = open_it(true);
	char name[16];
	int reused;

	for (int i = 0; i < HISTORY_SERIES; i++) {
		snprintf(name, sizeof(name), "up%d", i);
		add(history, history_series_get(history, HISTORY_UPLINK, name,
						NOW + i), 5, NOW + i);
	}
	reused = history_series_get(history, HISTORY_UPLINK, "new", NOW + 100);
	ck_assert_str_eq(history_series(history, reused)->name, "new");
	ck_assert_uint_eq(bytes_at(history, HISTORY_SECONDS, NOW, reused), 0);
	ck_assert_uint_eq(bytes_at(history, HISTORY_HOURS, NOW, reused), 0);
	for (int i = 1; i < HISTORY_SERIES; i++) {
		snprintf(name, sizeof(name), "up%d", i);
		history_series_get(history, HISTORY_UPLINK, name, NOW + 100);
	}
	ck_assert_int_eq(history_series_get(history, HISTORY_UPLINK, "more",
					    NOW + 100), -1);
	history_close(history);
}
END_TEST

START_TEST(damaged)
{
	struct history *history = NULL;
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	ck_assert_int_eq(write(fd, "wmhist1", 7), 7);
	close(fd);
	ck_assert_int_eq(history_open(path, true, &history), -EBADMSG);
	unlink(path);
	ck_assert_int_eq(history_open(path, false, &history), -ENOENT);
	history_close(open_it(true));
	fd = open(path, O_WRONLY);
	/* The name of a series without an end. */
	ck_assert_int_eq(pwrite(fd, "\1xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
				37, 16), 37);
	close(fd);
	ck_assert_int_eq(history_open(path, true, &history), -EBADMSG);
	ck_assert_int_eq(symlink("/etc/passwd", path) < 0 ? errno : 0, EEXIST);
	unlink(path);
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	ck_assert_int_eq(history_open(path, true, &history), -EBADMSG);
}
END_TEST

static const struct {
	int64_t last, step;
	bool is_possible;
	int64_t want_step;
	size_t want_count;
} queries[] = {
	{ 300, 0, true, 10, 30 },
	{ 60, 0, true, 2, 30 },
	{ 60, 1, true, 1, 60 },
	{ 3600, 0, true, 120, 30 },
	{ 7200, 0, true, 240, 30 },
	{ 7200, 61, true, 120, 60 },	/* a multiple of a minute */
	{ 86400 * 30, 0, true, 86400, 30 },
	{ 86400 * 366, 86400, true, 86400, 366 },
	{ 86400 * 367, 0, false, 0, 0 },
	{ 0, 0, false, 0, 0 },
	{ -5, 0, false, 0, 0 },
	{ 3600, 1, false, 0, 0 },
	{ 60, 61, false, 0, 0 },
};

START_TEST(query)
{
	const struct history_query asked = {
		.last_s = queries[_i].last, .step_s = queries[_i].step,
		.now_s = NOW + 7,
	};
	struct history *history = open_it(true);
	char why[HISTORY_WHY_MAX];
	json_t *data, *bytes;

	add(history, history_series_get(history, HISTORY_UPLINK, "one", NOW),
	    3, NOW);
	ck_assert_int_eq(history_query_check(&asked, why),
			 queries[_i].is_possible);
	if (queries[_i].is_possible) {
		data = history_json(history, &asked);
		ck_assert_int_eq(json_integer_value(json_object_get(
			data, "step_seconds")), queries[_i].want_step);
		bytes = json_object_get(json_array_get(json_object_get(
			data, "series"), 0), "bytes");
		ck_assert_uint_eq(json_array_size(bytes),
				  queries[_i].want_count);
		json_decref(data);
	}
	history_close(history);
}
END_TEST

START_TEST(list)
{
	struct history *history = open_it(true);
	int one = history_series_get(history, HISTORY_UPLINK, "one", NOW);
	const struct history_query asked = {
		.last_s = 30, .step_s = 10, .now_s = NOW + 35,
	};
	json_t *data, *bytes;

	for (int i = 0; i < 20; i++)
		add(history, one, 4, NOW + i);
	data = history_json(history, &asked);
	bytes = json_object_get(json_array_get(json_object_get(data, "series"),
					       0), "bytes");
	ck_assert_int_eq(json_integer_value(json_object_get(data, "from")),
			 NOW);
	ck_assert_int_eq(json_integer_value(json_array_get(bytes, 0)), 40);
	ck_assert_int_eq(json_integer_value(json_array_get(bytes, 1)), 40);
	ck_assert(json_is_null(json_array_get(bytes, 2)));
	json_decref(data);
	history_close(history);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history");
	TCase *tests = tcase_create("history");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, survives);
	tcase_add_test(tests, rings_wrap);
	tcase_add_test(tests, series_are_reused);
	tcase_add_test(tests, damaged);
	tcase_add_loop_test(tests, query, 0, ROWS(queries));
	tcase_add_test(tests, list);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
