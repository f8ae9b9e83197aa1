/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_flows_names.c - names of clients from hosts and lease files. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/flows_names.h"
#include "unit.h"

/* One file each; "ADDRESS=NAME" is expected, "-" for none. */
static const struct {
	const char *label, *text, *want;
} rows[] = {
	{ "hosts", "192.0.2.9 laptop.lan laptop\n", "192.0.2.9=laptop.lan" },
	{ "hosts: IPv6, comment", "# 2001:db8::1 no\n2001:db8::1\tnas # x\n",
	  "2001:db8::1=nas" },
	{ "hosts: the later line", "192.0.2.9 a\n192.0.2.9 b\n",
	  "192.0.2.9=b" },
	{ "hosts: no name", "192.0.2.9\n", "192.0.2.9=-" },
	{ "dnsmasq", "1790000000 02:00:00:00:00:01 192.0.2.9 phone 01:02\n",
	  "192.0.2.9=phone" },
	{ "dnsmasq: IPv6", "duid 00:01\n1790000000 77 2001:db8::7 tv 00:02\n",
	  "2001:db8::7=tv" },
	{ "dnsmasq: nameless", "1790000000 02:00:00:00:00:01 192.0.2.9 * *\n",
	  "192.0.2.9=-" },
	{ "odhcpd", "# br-lan 0001 1 phone 1790000000 0 1 2001:db8::5/128\n"
	  "2001:db8::5 phone\n", "2001:db8::5=phone" },
	{ "ISC", "lease 192.0.2.9 {\n  starts 4 2026/11/26 10:00:00;\n"
	  "  hardware ethernet 02:00:00:00:00:01;\n"
	  "  client-hostname \"printer\";\n}\n", "192.0.2.9=printer" },
	{ "ISC: the later lease", "lease 192.0.2.9 {\n"
	  "  client-hostname \"old\";\n}\nlease 192.0.2.9 {\n"
	  "  client-hostname \"new\";\n}\n", "192.0.2.9=new" },
	{ "ISC: a host is not a lease", "host x {\n  fixed-address 192.0.2.9;\n"
	  "  client-hostname \"old\";\n}\n", "192.0.2.9=-" },
	{ "Kea", "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,"
	  "fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id\n"
	  "192.0.2.9,02:00:00:00:00:01,,3600,1790000000,1,0,0,cam.lan,0,,0\n",
	  "192.0.2.9=cam" },
	{ "Kea: no name", "address,hwaddr,hostname,state\n"
	  "192.0.2.9,02:00:00:00:00:01,,0\n", "192.0.2.9=-" },
	{ "Kea: a short line", "address,hwaddr,hostname\n192.0.2.9,x\n",
	  "192.0.2.9=-" },
	{ "escape sequences", "192.0.2.9 a\033[31m\n", "192.0.2.9=-" },
	{ "empty", "", "192.0.2.9=-" },
};

static void read_text(struct flows_names *names, const char *text)
{
	char path[] = "/tmp/waymark-names.XXXXXX";
	int fd = mkstemp(path);
	ssize_t len = (ssize_t)strlen(text);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, (size_t)len), len);
	close(fd);
	ck_assert_int_eq(flows_names_read(names, path), 0);
	unlink(path);
}

START_TEST(finds)
{
	const char *equals = strchr(rows[_i].want, '=');
	struct flows_names names = { 0 };
	struct address address;
	const char *found;

	read_text(&names, rows[_i].text);
	ck_assert_int_eq(address_parse(rows[_i].want,
				       (size_t)(equals - rows[_i].want),
				       &address), 0);
	found = flows_names_find(&names, &address);
	ck_assert_msg(strcmp(found != NULL ? found : "-", equals + 1) == 0,
		      "%s: got %s", rows[_i].label, found);
	flows_names_fini(&names);
}
END_TEST

/* A later file replaces names of an earlier one, and adds others. */
START_TEST(joins_files)
{
	struct flows_names names = { 0 };
	struct address a, b;

	address_parse("192.0.2.1", 9, &a);
	address_parse("192.0.2.2", 9, &b);
	read_text(&names, "192.0.2.2 two\n192.0.2.1 one\n");
	ck_assert_str_eq(flows_names_find(&names, &a), "one");
	read_text(&names, "192.0.2.1 uno\n");
	ck_assert_str_eq(flows_names_find(&names, &a), "uno");
	ck_assert_str_eq(flows_names_find(&names, &b), "two");
	ck_assert(flows_names_has(&names, "UNO"));
	ck_assert(!flows_names_has(&names, "three"));
	flows_names_fini(&names);
}
END_TEST

START_TEST(no_file)
{
	struct flows_names names = { 0 };

	ck_assert_int_lt(flows_names_read(&names, "/nonexistent/leases"), 0);
	flows_names_fini(&names);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("flows_names");
	TCase *tcase = tcase_create("flows_names");

	tcase_add_loop_test(tcase, finds, 0, ROWS(rows));
	tcase_add_test(tcase, joins_files);
	tcase_add_test(tcase, no_file);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
