/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_web_check.c - Which names and origins the page answers. */
#include "tools/web_check.h"
#include "unit.h"

static const struct {
	const char *header;
	bool want;
} hosts[] = {
	{ "localhost", true }, { "localhost:8119", true },
	{ "LOCALHOST:8119", true }, { "127.0.0.1:8119", true },
	{ "[::1]:8119", true }, { "[::1]", true },
	{ "router.example", true }, { "Router.Example:443", true },
	{ "[2001:db8::1]:80", true }, { "192.0.2.1", true },
	{ NULL, false }, { "", false }, { ":8119", false },
	{ "evil.example", false }, { "localhost.evil.example", false },
	{ "evil.example:8119", false }, { "127.0.0.1.evil.example", false },
	{ "localhos", false }, { "localhostx", false },
	{ "localhost:80x", false }, { "localhost@evil.example", false },
	{ "localhost:80:80", false }, { "localhost ", false },
	{ "[::1", false }, { "[::1]x", false }, { "[::2]", false },
	{ "[localhost]", false }, { "::1", false },
	{ "localhost/", false }, { "127.0.0.2", false },
};

START_TEST(host)
{
	struct web_hosts own = { .count = 0 };

	ck_assert(web_hosts_add(&own, "router.example"));
	ck_assert(web_hosts_add(&own, "2001:db8::1"));
	ck_assert(web_hosts_add(&own, "192.0.2.1"));
	ck_assert_msg(web_check_host(&own, hosts[_i].header) == hosts[_i].want,
		      "%s", hosts[_i].header);
}
END_TEST

static const struct {
	const char *origin, *host, *site;
	bool want;
} origins[] = {
	{ NULL, "localhost:8119", NULL, true },
	{ NULL, "localhost:8119", "none", true },
	{ NULL, "localhost:8119", "same-origin", true },
	{ "http://localhost:8119", "localhost:8119", "same-origin", true },
	{ "https://router.example", "router.example", NULL, true },
	{ NULL, "localhost:8119", "cross-site", false },
	{ NULL, "localhost:8119", "same-site", false },
	{ "http://evil.example", "localhost:8119", NULL, false },
	{ "http://localhost:80", "localhost:8119", NULL, false },
	{ "http://localhost:8119.evil.example", "localhost:8119", NULL, false },
	{ "null", "localhost:8119", NULL, false },
	{ "", "localhost:8119", NULL, false },
	{ "http://localhost:8119", NULL, NULL, false },
};

START_TEST(origin)
{
	ck_assert_int_eq(web_check_origin(origins[_i].origin, origins[_i].host,
					  origins[_i].site), origins[_i].want);
}
END_TEST

START_TEST(names)
{
	struct web_hosts own = { .count = 0 };

	ck_assert(!web_hosts_add(&own, ""));
	ck_assert(!web_hosts_add(&own, "a b"));
	ck_assert(!web_hosts_add(&own, "http://router.example"));
	ck_assert(!web_hosts_add(&own, "router.example:80"));
	for (int i = 0; i < WEB_HOSTS_MAX; i++)
		ck_assert(web_hosts_add(&own, "router.example"));
	ck_assert(!web_hosts_add(&own, "router.example"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("web_check");
	TCase *tests = tcase_create("web_check");

	tcase_add_loop_test(tests, host, 0, ROWS(hosts));
	tcase_add_loop_test(tests, origin, 0, ROWS(origins));
	tcase_add_test(tests, names);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
