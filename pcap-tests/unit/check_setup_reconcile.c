/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_setup_reconcile.c - backoff in conflicts, and the state of uplinks. */
#include "unit.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rules/policy/policy.h"
#include "rules/setup/monitor/backoff.h"
#include "rules/setup/monitor/failover_text.h"
#include "rules/setup/monitor/holds.h"
#include "rules/setup/plan/health.h"
#include "rules/setup/plan/plan_routes.h"
#include "setup_state.h"

/* How often an object that is removed every `every_ms` is restored and reported
 * within `for_ms`. */
static const struct {
	const char *name;
	unsigned int every_ms, for_ms, restored, reported;
} backoffs[] = {
	{ "now and then", 30000, 3600000, 120, 0 },
	{ "just below the limit", 12001, 600000, 50, 0 },
	{ "a conflict", 1000, 20000, 5, 1 },
	{ "one retry after 30 s", 1000, 40000, 6, 1 },
	{ "growing intervals", 1000, 3600000, 14, 1 },
};

START_TEST(backoff)
{
	struct backoffs list = { 0 };
	unsigned int restored = 0, reported = 0;
	uint64_t start = 1000000;

	for (uint64_t ms = 0; ms < backoffs[_i].for_ms;
	     ms += backoffs[_i].every_ms) {
		struct backoff *it = backoff_of(&list, "a rule");
		enum backoff_state answer = backoff_count(it, start + ms);

		restored += answer == BACKOFF_NONE;
		reported += answer == BACKOFF_BEGIN;
	}
	ck_assert_msg(restored == backoffs[_i].restored &&
			      reported == backoffs[_i].reported,
		      "%s: restored %u times, reported %u times",
		      backoffs[_i].name, restored, reported);
}
END_TEST

START_TEST(recovery)
{
	struct backoffs list = { 0 };
	struct backoff *it = backoff_of(&list, "a rule");

	for (uint64_t ms = 0; ms < 10000; ms += 1000)
		backoff_count(it, 1000000 + ms);
	ck_assert_int_eq(backoff_count(backoff_of(&list, "another"), 1010000),
			 BACKOFF_NONE);
	ck_assert_uint_gt(backoff_next_ms(&list, 1010000), 1010000);
	ck_assert_int_eq(backoff_count(it, 1100000), BACKOFF_NONE);
	ck_assert_uint_eq(backoff_next_ms(&list, 1100000), 0);
	ck_assert_int_eq(backoff_count(it, 9000000), BACKOFF_NONE);
	ck_assert_int_eq(backoff_count(it, 9001000), BACKOFF_NONE);
}
END_TEST

/* More objects than entries: the oldest are evicted. */
START_TEST(many)
{
	struct backoffs list = { 0 };
	char thing[16];

	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(thing, sizeof(thing), "rule %u", i);
		backoff_count(backoff_of(&list, thing), 1000 + i);
	}
	ck_assert_uint_eq(backoff_of(&list, "rule 999")->count, 1);
	ck_assert_uint_eq(backoff_of(&list, "rule 0")->count, 0);
}
END_TEST

START_TEST(lines)
{
	char dir[] = "/tmp/check_setup.XXXXXX";
	struct health_uplink uplinks[] = {
		{ .name = "one", .down4 = true },
		{ .name = "two", .gone6 = true },
	};
	struct health found = { uplinks, 2 };
	struct health health;
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(health_load(dir, 0, &health), 0);
	ck_assert(!health_is_down(&health, "one", AF_INET));
	health_fini(&health);
	ck_assert(!health_is_kept(dir));

	fd = health_probe_results_open(dir);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(health_probe_results_open(dir), -EAGAIN);
	ck_assert(health_is_kept(dir));
	ck_assert_int_eq(health_probe_results_save(fd, &found), 0);
	ck_assert_int_eq(health_load(dir, 0, &health), 0);
	ck_assert(health_is_down(&health, "one", AF_INET));
	ck_assert(!health_is_down(&health, "one", AF_INET6));
	ck_assert(health_has_given_up(&health, "one", AF_INET));
	ck_assert(!health_has_given_up(&health, "one", AF_INET6));
	ck_assert(!health_has_given_up(&health, "two", AF_INET));
	ck_assert(health_has_given_up(&health, "two", AF_INET6));
	ck_assert(!health_is_down(&health, "two", AF_INET6));
	ck_assert(health_has_given_up(&health, "three", AF_INET));
	health_fini(&health);

	/* The administrative state overrides probes until `auto`. */
	ck_assert_int_eq(health_save_admin_state(dir, "one", HEALTH_UP), 0);
	ck_assert_int_eq(health_save_admin_state(dir, "two", HEALTH_DOWN), 0);
	ck_assert_int_eq(health_load(dir, 0, &health), 0);
	ck_assert(!health_is_down(&health, "one", AF_INET));
	ck_assert(health_is_down(&health, "two", AF_INET6));
	health_fini(&health);
	ck_assert_int_eq(health_save_admin_state(dir, "two", HEALTH_AUTO), 0);

	/* No process holds the results. */
	close(fd);
	ck_assert_int_eq(health_save_admin_state(dir, "one", HEALTH_AUTO), 0);
	ck_assert_int_eq(health_load(dir, 0, &health), 0);
	ck_assert(!health_is_down(&health, "one", AF_INET));
	ck_assert(!health_is_down(&health, "two", AF_INET6));
	health_fini(&health);

	/* A daemon that starts relies on them while they are young. */
	ck_assert_int_eq(health_load(dir, HEALTH_RESTART_MS, &health), 0);
	ck_assert(health_is_down(&health, "one", AF_INET));
	health_fini(&health);
	fd = health_probe_results_open(dir);
	ck_assert_int_eq(health_load_results(fd, HEALTH_RESTART_MS, &health),
			 0);
	ck_assert(health_is_down(&health, "one", AF_INET));
	health_fini(&health);
	usleep(5000);
	ck_assert_int_eq(health_load_results(fd, 1, &health), 0);
	ck_assert(!health_is_down(&health, "one", AF_INET));
	health_fini(&health);
	close(fd);
	health_remove(dir);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

/* Who carries the traffic of uplink one. */
static const struct {
	uint8_t active;
	enum log_level level;
	const char *text;
} failovers[] = {
	{ 0, LOG_LEVEL_NOTICE,
	  "uplink one: IPv6: up (health check): carries its traffic again" },
	{ 1, LOG_LEVEL_WARNING,
	  "uplink one: IPv6: down (health check): traffic fails over to two" },
	{ PLAN_NO_UPLINK, LOG_LEVEL_WARNING,
	  "uplink one: IPv6: down (health check): traffic is rejected" },
};

START_TEST(failover)
{
	struct policy *policy = setup_policy(
		"uplink one { dev eth1 strict }\nuplink two { dev ppp0 }\n");
	char text[FAILOVER_TEXT_MAX];

	ck_assert_int_eq(failover_text(policy, 0, 6, failovers[_i].active,
				       "health check", text),
			 failovers[_i].level);
	ck_assert_str_eq(text, failovers[_i].text);
	policy_free(policy);
}
END_TEST

static const char two_uplinks[] =
	"uplink one { dev eth1 hold 1s fallback two }\n"
	"uplink two { dev eth2 hold 0s }\n"
	"default via one\n";

/* What a check found of uplink one; two is up. */
static void follow(struct holds *holds, const struct policy *policy,
		   enum setup_way way, uint64_t now_ms)
{
	struct setup_report report = { 0 };

	memset(report.active, 1, sizeof(report.active));
	report.way[0][0] = (uint8_t)way;
	report.active[0][0] = way != SETUP_WAY_ITSELF;
	holds_follow(holds, policy, &report, now_ms);
}

START_TEST(hold)
{
	struct policy *policy = setup_policy(two_uplinks);
	struct health_uplink known = { .name = "one", .is_known = true };
	struct health health = { &known, 1 };
	struct holds holds;

	holds_load(&holds, policy, &(struct health){ NULL, 0 });
	ck_assert(holds_is_gone(&holds, 0, false));
	follow(&holds, policy, SETUP_WAY_LINK, 1000);
	ck_assert(holds_is_gone(&holds, 0, false));	/* never seen up */
	follow(&holds, policy, SETUP_WAY_ITSELF, 1000);
	ck_assert(!holds_is_gone(&holds, 0, false));

	/* Back in time. */
	follow(&holds, policy, SETUP_WAY_LINK, 2000);
	ck_assert(holds_is_running(&holds, 0, false));
	ck_assert_uint_eq(holds_next_ms(&holds), 3000);
	follow(&holds, policy, SETUP_WAY_NONE, 2500);
	ck_assert_uint_eq(holds_next_ms(&holds), 3000);
	ck_assert(!holds_expire(&holds, 2999));
	follow(&holds, policy, SETUP_WAY_ITSELF, 2999);
	ck_assert_uint_eq(holds_next_ms(&holds), 0);

	/* Not back in time; a reload in between. */
	follow(&holds, policy, SETUP_WAY_LINK, 4000);
	holds_change_policy(&holds, policy);
	ck_assert(!holds_is_gone(&holds, 0, false));
	ck_assert(holds_expire(&holds, 5000));
	follow(&holds, policy, SETUP_WAY_LINK, 5000);
	ck_assert(holds_is_gone(&holds, 0, false));
	ck_assert(holds_take_expired(&holds, 0, false));
	ck_assert(!holds_take_expired(&holds, 0, false));

	/* Failed probes leave nothing to wait for. */
	follow(&holds, policy, SETUP_WAY_ITSELF, 6000);
	follow(&holds, policy, SETUP_WAY_PROBES, 7000);
	ck_assert(holds_is_gone(&holds, 0, false));

	/* The daemon starts again while the link is lost. */
	holds_load(&holds, policy, &health);
	follow(&holds, policy, SETUP_WAY_LINK, 8000);
	ck_assert_uint_eq(holds_next_ms(&holds), 9000);
	policy_free(policy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("setup_reconcile");
	TCase *tcase = tcase_create("reconcile");

	tcase_add_loop_test(tcase, backoff, 0, ROWS(backoffs));
	tcase_add_test(tcase, recovery);
	tcase_add_test(tcase, many);
	tcase_add_test(tcase, lines);
	tcase_add_loop_test(tcase, failover, 0, ROWS(failovers));
	tcase_add_test(tcase, hold);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
