/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_records.c - the object of a flow that has ended: NAT, directions, the
 * interface of its uplink, why it ended. */
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <netinet/in.h>
#include <string.h>

#include "tools/records_json.h"
#include "unit.h"

#define MARK_OUT 0x100
#define MARK_ARRIVED 0x200

static struct address address_of(const char *text)
{
	struct address address;

	ck_assert_int_eq(address_parse(text, strlen(text), &address), 0);
	return address;
}

/* A port forwarding, and masquerade. */
static struct records_end end_of(uint32_t mark)
{
	struct records_end end = {
		.kernel = {
			.original = {
				.src = address_of("192.0.2.9"), .sport = 4000,
				.dst = address_of("198.51.100.7"),
				.dport = 80, .proto = IPPROTO_TCP,
			},
			.reply = {
				.src = address_of("198.51.100.8"),
				.sport = 8080,
				.dst = address_of("203.0.113.2"),
				.dport = 5000, .proto = IPPROTO_TCP,
			},
			.mark = mark, .is_counted = true,
			.bytes = 1000, .packets = 10,
			.reply_bytes = 700, .reply_packets = 6,
			.start_ns = 1500000000, .stop_ns = 2750000000,
		},
	};

	end.entry = (struct flows_entry){
		.client = end.kernel.original.src, .sport = 4000,
		.server = end.kernel.reply.src, .dport = 8080,
		.proto = IPPROTO_TCP,
	};
	return end;
}

static json_t *object_of(const struct records_end *end)
{
	static const struct records_flow flow = {
		.app = "http", .host = "video.example",
	};
	json_t *marks = json_pack(
		"{s:{s:i, s:i, s:{s:i}, s:{s:i}, s:{s:s}}}", "marks",
		"settled", 1, "path_mask", 0xff00,
		"uplinks", "wan", MARK_OUT, "arrivals", "wan", MARK_ARRIVED,
		"devices", "wan", "eth1");
	struct flows_marks read;
	json_t *object;

	flows_marks_read(marks, &read);
	object = records_json(end, &read, &flow);
	json_decref(marks);
	return object;
}

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "(null)";
}

static int number_at(const json_t *object, const char *key)
{
	return (int)json_integer_value(json_object_get(object, key));
}

START_TEST(before_and_after_nat)
{
	struct records_end end = end_of(MARK_OUT);
	json_t *object = object_of(&end);

	ck_assert_str_eq(text_at(object, "src"), "192.0.2.9");
	ck_assert_str_eq(text_at(object, "nat_src"), "203.0.113.2");
	ck_assert_int_eq(number_at(object, "nat_sport"), 5000);
	ck_assert_str_eq(text_at(object, "orig_dst"), "198.51.100.7");
	ck_assert_int_eq(number_at(object, "orig_dport"), 80);
	ck_assert_str_eq(text_at(object, "dst"), "198.51.100.8");
	ck_assert_int_eq(number_at(object, "dport"), 8080);
	json_decref(object);
}
END_TEST

START_TEST(directions)
{
	struct records_end end = end_of(MARK_OUT);
	json_t *object = object_of(&end);

	ck_assert_int_eq(number_at(object, "bytes"), 1000);
	ck_assert_int_eq(number_at(object, "bytes_sent"), 300);
	ck_assert_int_eq(number_at(object, "bytes_received"), 700);
	ck_assert_int_eq(number_at(object, "packets_sent"), 4);
	ck_assert_int_eq(number_at(object, "packets_received"), 6);
	ck_assert(json_real_value(json_object_get(object, "start")) == 1.5);
	ck_assert(json_real_value(json_object_get(object, "end")) == 2.75);
	json_decref(object);
	end.kernel.is_counted = false;
	object = object_of(&end);
	ck_assert(json_is_null(json_object_get(object, "bytes_sent")));
	json_decref(object);
}
END_TEST

static const struct {
	uint32_t mark;
	const char *uplink, *in, *out;
} marks[] = {
	{ MARK_OUT, "wan", "(null)", "eth1" },
	{ MARK_OUT | 1, "wan", "(null)", "eth1" },
	{ MARK_ARRIVED, "wan", "eth1", "(null)" },
	{ 0x300, "(null)", "(null)", "(null)" },
};

START_TEST(interface_of_uplink)
{
	struct records_end end = end_of(marks[_i].mark);
	json_t *object = object_of(&end);

	ck_assert_str_eq(text_at(object, "uplink"), marks[_i].uplink);
	ck_assert_str_eq(text_at(object, "in"), marks[_i].in);
	ck_assert_str_eq(text_at(object, "out"), marks[_i].out);
	json_decref(object);
}
END_TEST

static const struct {
	bool has_state;
	uint8_t state;
	uint32_t timeout_s;
	const char *want;
} ends[] = {
	{ true, TCP_CONNTRACK_TIME_WAIT, 0, "closed" },
	{ true, TCP_CONNTRACK_TIME_WAIT, 100, "closed" },
	{ true, TCP_CONNTRACK_CLOSE, 0, "closed" },
	{ true, TCP_CONNTRACK_ESTABLISHED, 0, "idle" },
	{ true, TCP_CONNTRACK_ESTABLISHED, 9, "deleted" },
	{ false, TCP_CONNTRACK_CLOSE, 0, "idle" },
	{ false, 0, 9, "deleted" },
};

START_TEST(reason)
{
	struct records_end end = end_of(MARK_OUT);
	json_t *object;

	end.kernel.has_tcp_state = ends[_i].has_state;
	end.kernel.tcp_state = ends[_i].state;
	end.kernel.timeout_s = ends[_i].timeout_s;
	object = object_of(&end);
	ck_assert_str_eq(text_at(object, "end_reason"), ends[_i].want);
	json_decref(object);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("records");
	TCase *tests = tcase_create("records");

	tcase_add_test(tests, before_and_after_nat);
	tcase_add_test(tests, directions);
	tcase_add_loop_test(tests, interface_of_uplink, 0, ROWS(marks));
	tcase_add_loop_test(tests, reason, 0, ROWS(ends));
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
