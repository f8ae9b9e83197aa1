/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_engine_lines.c - Numbers of routes followed across reloads. */
#include "engine/engine_lines.h"
#include "unit.h"

#define NEW WORKER_CONFIG_NEW

static void follow(struct engine_lines *lines, uint32_t *prev, size_t count)
{
	const struct tallies routes = { .prev = prev, .count = count };
	const struct tallies classes = { .prev = prev, .count = 0 };

	engine_lines_follow(lines, &routes, &classes);
}

static int32_t route_now(const struct engine_lines *lines, uint32_t age,
			 int32_t route)
{
	struct flow_view view = {
		.generation = lines->reloads - age,
		.route = route, .class = -1,
	};

	engine_lines_translate(lines, &view);
	return view.route;
}

START_TEST(follows)
{
	struct engine_lines lines = { 0 };

	ck_assert_int_eq(route_now(&lines, 0, 5), 5);
	follow(&lines, (uint32_t[]){ NEW, 1, 0 }, 3);	/* 0>2 1>1 */
	follow(&lines, (uint32_t[]){ 2, 1, 0 }, 3);	/* 0>2 1>1 2>0 */
	ck_assert_int_eq(route_now(&lines, 0, 2), 2);
	ck_assert_int_eq(route_now(&lines, 1, 2), 0);
	ck_assert_int_eq(route_now(&lines, 2, 0), 0);
	ck_assert_int_eq(route_now(&lines, 2, 1), 1);
	/* Removed, unknown, and out of range. */
	follow(&lines, (uint32_t[]){ 1, NEW }, 2);
	ck_assert_int_eq(route_now(&lines, 1, 0), -1);
	ck_assert_int_eq(route_now(&lines, 3, 1), 0);
	ck_assert_int_eq(route_now(&lines, 3, 0), -1);
	ck_assert_int_eq(route_now(&lines, 1, -1), -1);
	ck_assert_int_eq(route_now(&lines, 1, 700), -1);
	ck_assert_int_eq(route_now(&lines, 4, 1), -1);
	engine_lines_fini(&lines);
}
END_TEST

/* A view that waited during the reload, and again after the next one. */
START_TEST(waits)
{
	struct engine_lines lines = { 0 };
	struct flow_view view = { .route = 2, .class = -1 };

	follow(&lines, (uint32_t[]){ 2, NEW }, 2);
	engine_lines_translate(&lines, &view);
	ck_assert_int_eq(view.route, 0);
	engine_lines_translate(&lines, &view);
	ck_assert_int_eq(view.route, 0);
	follow(&lines, (uint32_t[]){ NEW, 0 }, 2);
	engine_lines_translate(&lines, &view);
	ck_assert_int_eq(view.route, 1);
	engine_lines_fini(&lines);
}
END_TEST

START_TEST(forgets)
{
	struct engine_lines lines = { 0 };

	for (int i = 0; i <= ENGINE_LINES; i++)
		follow(&lines, (uint32_t[]){ 1, 0 }, 2);
	ck_assert_int_eq(route_now(&lines, ENGINE_LINES, 1), 1);
	ck_assert_int_eq(route_now(&lines, ENGINE_LINES + 1, 1), -1);
	engine_lines_fini(&lines);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("engine_lines");
	TCase *tcase = tcase_create("engine_lines");

	tcase_add_test(tcase, follows);
	tcase_add_test(tcase, waits);
	tcase_add_test(tcase, forgets);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
