/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_ipfix.c - lines of records as the exporter of IPFIX reads them, its
 * queue, numbers of applications and interfaces. */
#include <netinet/in.h>
#include <string.h>

#include "engine/hints/hint.h"
#include "tools/ipfix/ipfix_names.h"
#include "tools/ipfix/ipfix_record.h"
#include "unit.h"

static const char line[] =
	"{\"start\":1.5,\"end\":2.75,\"proto\":\"tcp\",\"src\":\"192.0.2.9\","
	"\"sport\":4000,\"dst\":\"198.51.100.8\",\"dport\":8080,"
	"\"nat_src\":\"203.0.113.2\",\"nat_sport\":5000,"
	"\"orig_dst\":\"198.51.100.7\",\"orig_dport\":80,"
	"\"host\":\"video.example\",\"app\":\"http\",\"class\":null,"
	"\"uplink\":\"wan\",\"in\":null,\"out\":\"lo\","
	"\"bytes_sent\":300,\"packets_sent\":4,\"bytes_received\":700,"
	"\"packets_received\":6,\"end_reason\":\"closed\"}";

static bool is_address(const struct address *address, const char *text)
{
	struct address want;

	ck_assert_int_eq(address_parse(text, strlen(text), &want), 0);
	return address_equal(address, &want);
}

START_TEST(whole_line)
{
	struct ipfix_record record;

	ck_assert(ipfix_record_parse(line, strlen(line), &record));
	ck_assert_uint_eq(record.start_ms, 1500);
	ck_assert_uint_eq(record.end_ms, 2750);
	ck_assert_uint_eq(record.proto, IPPROTO_TCP);
	ck_assert(is_address(&record.src, "192.0.2.9"));
	ck_assert(is_address(&record.nat_src, "203.0.113.2"));
	ck_assert(is_address(&record.dst, "198.51.100.7"));
	ck_assert(is_address(&record.nat_dst, "198.51.100.8"));
	ck_assert_uint_eq(record.sport, 4000);
	ck_assert_uint_eq(record.nat_sport, 5000);
	ck_assert_uint_eq(record.dport, 80);
	ck_assert_uint_eq(record.nat_dport, 8080);
	ck_assert(record.is_counted);
	ck_assert_uint_eq(record.octets, 300);
	ck_assert_uint_eq(record.packets, 4);
	ck_assert_uint_eq(record.reverse_octets, 700);
	ck_assert_uint_eq(record.reverse_packets, 6);
	ck_assert_uint_eq(record.end_reason, IPFIX_END_DETECTED);
	ck_assert_str_eq(record.host, "video.example");
	ck_assert_str_eq(record.app, "http");
	ck_assert_str_eq(record.uplink, "wan");
	ck_assert_str_eq(record.ingress, "");
	ck_assert_str_eq(record.egress, "lo");
}
END_TEST

static const struct {
	const char *name, *text;
	bool want;
} lines[] = {
	{ "nothing", "", false },
	{ "no JSON", "waymark", false },
	{ "cut", "{\"src\":\"192.0.2.9\"", false },
	{ "no addresses", "{\"proto\":\"tcp\"}", false },
	{ "not an address", "{\"src\":\"a\",\"dst\":\"192.0.2.1\",\"nat_src\":"
	  "\"192.0.2.1\",\"orig_dst\":\"192.0.2.1\"}", false },
	{ "addresses alone", "{\"src\":\"::1\",\"dst\":\"::2\",\"nat_src\":"
	  "\"::3\",\"orig_dst\":\"::4\",\"proto\":\"253\"}", true },
};

START_TEST(other_lines)
{
	struct ipfix_record record;

	ck_assert_msg(ipfix_record_parse(lines[_i].text,
					 strlen(lines[_i].text), &record) ==
		      lines[_i].want, "%s", lines[_i].name);
	if (!lines[_i].want)
		return;
	ck_assert_uint_eq(record.proto, 253);
	ck_assert_uint_eq(record.start_ms, 0);
	ck_assert_uint_eq(record.end_reason, 0);
	ck_assert(!record.is_counted);
}
END_TEST

/* First in, first out, around the end of its memory; full is full. */
START_TEST(queue)
{
	struct ipfix_queue *items = ipfix_queue_new(3);
	struct ipfix_record record = { .sport = 0 };

	ck_assert_ptr_null(ipfix_queue_first(items));
	for (uint16_t i = 0; i < 10; i++) {
		record.sport = i;
		ck_assert(ipfix_queue_add(items, &record));
		if (i < 2)
			continue;
		ck_assert(!ipfix_queue_add(items, &record));
		ck_assert_uint_eq(ipfix_queue_first(items)->sport, i - 2u);
		ipfix_queue_remove_first(items);
		ck_assert_uint_eq(ipfix_queue_count(items), 2);
	}
	ipfix_queue_free(items);
}
END_TEST

/* A collector shows an application by the name that it received last. */
START_TEST(application_ids_differ)
{
	static uint8_t ids[2048][IPFIX_APPLICATION_LEN];
	size_t count = 0;

	for (uint16_t app = 0; app < 2048; app++) {
		const char *name = hints_app_name(app);

		if (name == NULL)
			continue;
		ipfix_application_id(name, ids[count]);
		ck_assert_uint_eq(ids[count][0], 6);
		for (size_t i = 0; i < count; i++)
			ck_assert_msg(memcmp(ids[i], ids[count],
					     sizeof(ids[i])) != 0 ||
				      hints_app_find(name) != app, "%s", name);
		count++;
	}
	ck_assert_uint_gt(count, 100);
}
END_TEST

START_TEST(names_are_announced_once)
{
	static struct ipfix_names names;
	struct ipfix_application *http = ipfix_names_application(&names,
								 "http");

	ck_assert_ptr_nonnull(http);
	ck_assert_ptr_eq(ipfix_names_application(&names, "http"), http);
	http->is_known = true;
	ck_assert_ptr_null(ipfix_names_application(&names, "http"));
	ck_assert_ptr_nonnull(ipfix_names_application(&names, "tls"));
	ipfix_names_forget(&names);
	ck_assert_ptr_eq(ipfix_names_application(&names, "http"), http);
}
END_TEST

START_TEST(interfaces)
{
	static struct ipfix_names names;
	struct ipfix_interface *lo = ipfix_names_interface(&names, "lo", "wan",
							   1);

	ck_assert_ptr_null(ipfix_names_interface(&names, "", "wan", 1));
	ck_assert_uint_eq(lo->index, if_nametoindex("lo"));
	ck_assert_uint_eq(ipfix_names_interface(&names, "none", "", 1)->index,
			  0);
	lo->is_known = true;
	/* Its number is looked up again, and announced if it has changed. */
	lo->index = 4000;
	ck_assert_ptr_eq(ipfix_names_interface(&names, "lo", "wan", 2), lo);
	ck_assert(lo->is_known);
	ipfix_names_interface(&names, "lo", "wan", 9000);
	ck_assert(!lo->is_known);
	ck_assert_uint_eq(lo->index, if_nametoindex("lo"));
}
END_TEST

/* More names than there is room for replace others. */
START_TEST(many_interfaces)
{
	static struct ipfix_names names;
	char name[IF_NAMESIZE];

	for (int i = 0; i < 3 * IPFIX_INTERFACES; i++) {
		snprintf(name, sizeof(name), "eth%d", i);
		ck_assert_str_eq(ipfix_names_interface(&names, name, "",
						       1)->name, name);
	}
	ck_assert_uint_eq(names.interface_count, IPFIX_INTERFACES);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ipfix");
	TCase *tests = tcase_create("ipfix");

	tcase_add_test(tests, whole_line);
	tcase_add_loop_test(tests, other_lines, 0, ROWS(lines));
	tcase_add_test(tests, queue);
	tcase_add_test(tests, application_ids_differ);
	tcase_add_test(tests, names_are_announced_once);
	tcase_add_test(tests, interfaces);
	tcase_add_test(tests, many_interfaces);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
