/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_answer_filter.c - which addresses the DNS may give a name. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/hosts/answer_filter.h"
#include "unit.h"

static const char *const domains[] = { "example.net", "nas.example" };
static const char *const devs[] = { "wan0" };
static const struct name_limits limits = {
	.private_domains = domains, .private_count = 2,
	.uplink_devs = devs, .uplink_count = 1,
};

static struct address address(const char *text)
{
	struct address ret;

	ck_assert_int_eq(address_parse(text, strlen(text), &ret), 0);
	return ret;
}

static const char *const refused[] = {
	"0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.255", "169.254.0.1",
	"224.0.0.1", "239.255.255.255", "255.255.255.255", "::", "::1",
	"fe80::1", "febf::1", "ff02::1",
};
static const char *const accepted[] = {
	"1.0.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255",
	"169.255.0.0", "223.255.255.255", "10.0.0.1", "192.0.2.1",
	"2001:db8::1", "fe7f::1", "fec0::1", "fc00::1", "::2",
};

START_TEST(never)
{
	struct answer_filter *filter = answer_filter_new(&limits);
	struct address a = address(refused[_i]);

	ck_assert_ptr_nonnull(answer_filter_why_never(&a));
	/* Not even for local names. */
	ck_assert_ptr_nonnull(answer_filter_why(filter, "nas.example", &a));
	answer_filter_free(filter);
}
END_TEST

START_TEST(of_a_host)
{
	struct address a = address(accepted[_i]);

	ck_assert_ptr_null(answer_filter_why_never(&a));
}
END_TEST

/* Each row runs in a separate process, and namespace. */
static struct answer_filter *lab(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		return NULL;		/* needs root */
	ck_assert_int_eq(system(
		"ip link set lo up && ip link add lan0 type veth "
		"peer name wan0 && ip link set lan0 up && "
		"ip link set wan0 up && ip addr add 192.0.2.1/24 dev lan0 && "
		"ip addr add 2001:db8:1::1/64 dev lan0 nodad && "
		"ip addr add 203.0.113.2/28 dev wan0"), 0);
	return answer_filter_new(&limits);
}

static const struct {
	const char *name, *address, *why;	/* NULL: accepted */
} rows[] = {
	{ "evil.example", "192.0.2.9", "local network" },
	{ "evil.example", "192.0.2.1", "of this router" },
	{ "evil.example", "192.0.3.9", NULL },
	{ "evil.example", "2001:db8:1::9", "local network" },
	{ "evil.example", "2001:db8:1:1::9", NULL },
	{ "evil.example", "203.0.113.2", "of this router" },
	{ "evil.example", "203.0.113.5", NULL },
	{ "nas.example", "192.0.2.9", NULL },
	{ "a.nas.example", "192.0.2.1", NULL },
	{ "anas.example", "192.0.2.9", "local network" },
	{ "printer.example.net", "2001:db8:1::9", NULL },
	{ "net", "192.0.2.9", "local network" },
	{ "printer.lan", "192.0.2.9", NULL },
	{ "lan", "192.0.2.9", NULL },
	{ "a.home.arpa", "192.0.2.9", NULL },
	{ "lan.example", "192.0.2.9", "local network" },
	{ "nas.example", "127.0.0.1", "loopback" },
};

START_TEST(local)
{
	struct answer_filter *filter = lab();
	struct address a = address(rows[_i].address);
	const char *why;

	if (filter == NULL)
		return;
	why = answer_filter_why(filter, rows[_i].name, &a);
	if (rows[_i].why == NULL)
		ck_assert_msg(why == NULL, "%s", why);
	else
		ck_assert_ptr_nonnull(strstr(why, rows[_i].why));
	answer_filter_free(filter);
}
END_TEST

START_TEST(looks_again)
{
	struct answer_filter *filter = lab();
	struct address a = address("198.51.100.9");

	if (filter == NULL)
		return;
	ck_assert_ptr_null(answer_filter_why(filter, "a.example", &a));
	ck_assert_int_eq(system("ip addr add 198.51.100.1/24 dev lan0"), 0);
	answer_filter_look(filter);
	ck_assert_ptr_nonnull(answer_filter_why(filter, "a.example", &a));
	answer_filter_free(filter);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("answer_filter");
	TCase *tcase = tcase_create("answer_filter");

	tcase_add_loop_test(tcase, never, 0, ROWS(refused));
	tcase_add_loop_test(tcase, of_a_host, 0, ROWS(accepted));
	tcase_add_loop_test(tcase, local, 0, ROWS(rows));
	tcase_add_test(tcase, looks_again);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
