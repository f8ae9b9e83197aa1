/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_replay.c - replay small captures and check flows and marks. */
#include <string.h>
#include <unistd.h>

#include "replays.h"
#include "unit.h"

#define STEPS 8

/*
 * Flows in the format of replays.h. Packets: the path of each, upper case when
 * settled, '-' unmarked, '!' dropped.
 */
static const struct row {
	const char *name;
	const char *policy;
	struct test_packet packets[STEPS];
	const char *flows;
	const char *marks;
	bool is_error;			/* the last packet is an ICMP error */
	const char *interface;
} rows[] = {
	{ "settled by headers, still named",
	  "class web = tcp dport 80\nroute web via a",
	  { { SYN }, { SYNACK }, { HTTP } },
	  "40000>80 http example.com web 4 1>1 0 3 1 0\n", "AAA", false, NULL },
	{ "queued for the engine", "kernel-routes off\n"
	  "class web = tcp dport 80\nroute web via a",
	  { { SYN }, { SYNACK }, { HTTP } },
	  "40000>80 http example.com web 5 1>1 0 3 1 1\n", "AAA", false, NULL },
	{ "an earlier route may still match",
	  "route app ssh via m\nroute tcp via a", { { SYN }, { SYNACK } },
	  "40000>80 - - - 4 1>1 0 2 0 1\n", "aa", false, NULL },
	{ "per packet, settled flow",
	  "route per packet dscp ef via m\nroute tcp via a",
	  { { SYN, .tos = 0xb8 }, { SYNACK, .tos = 0xb8 }, { ACK, .seq = 1 },
	    { ACK, .seq = 1, .tos = 0xb8 } },
	  "40000>80 - - - 4 1>1 0 4 1 0\n", "BAAB", false, NULL },
	{ "per packet, flow under inspection",
	  "route per packet dscp ef via m\nroute app ssh via a",
	  { { SYN, .tos = 0xb8 }, { SYNACK }, { SSH }, { ACK, .tos = 0xb8 } },
	  "40000>80 ssh - - 4 63>1 2 4 3 2\n", "bxAB", false, NULL },
	{ "per packet, dropped", "route per packet dscp ef drop\n"
	  "route tcp via m except 192.168.1.9\nroute tcp via a",
	  { { SYN }, { SYNACK }, { ACK, .tos = 0xb8 }, { ACK } },
	  "40000>80 - - - 5 1>1 0 4 1 0\n", "AA!A", false, NULL },
	{ "per packet, exempt flow", "exempt from 192.168.1.9\n"
	  "route per packet tcp via m",
	  { { SYN }, { SYNACK } },
	  "40000>80 - - - -1 0>0 0 2 0 0 exempt\n", "--", false, NULL },
	{ "late move", "route app ssh via a",
	  { { SYN }, { SYNACK }, { ACK, .seq = 1 }, { SSH }, { HTTP } },
	  "40000>80 ssh - - 3 63>1 2 5 4 2\n", "xxxAA", false, NULL },
	{ "late keep", "route app ssh via m",
	  { { SYN }, { SYNACK }, { SSH }, { ACK, .seq = 1 } },
	  "40000>80 ssh - - 3 63>63 1 4 3 2\n", "xxXX", false, NULL },
	{ "never identified", "route app ssh via a",
	  { { SYN }, { SYNACK } },
	  "40000>80 - - - 0 63>63 0 2 0 1\n", "xx", false, NULL },
	{ "identified in time", "class names = app dns\nroute names via a",
	  { { DNS }, { DNS, .back = true } },
	  "40000>53 dns example.com names 4 1>1 0 2 1 1\n", "AA", false,
	  NULL },
	{ "exempt, still named", "exempt from 192.168.1.9",
	  { { SYN }, { SYNACK }, { HTTP } },
	  "40000>80 http example.com - -1 0>0 0 3 0 0 exempt\n", "---", false,
	  NULL },
	{ "exempt with a strict uplink: only main's mark",
	  "uplink s { dev eth9 strict }\nexempt from 192.168.1.9",
	  { { SYN }, { SYNACK }, { HTTP } },
	  "40000>80 http example.com - -1 0>0 0 3 0 0 exempt\n", "xxx", false,
	  NULL },
	{ "multicast", "route udp via a",
	  { { UDP, .dst = "224.0.0.251", .sport = 5353, .dport = 5353,
	      DATA("x") } },
	  "5353>5353 - - - -1 0>0 0 1 0 0\n", "-", false, NULL },
	{ "broadcast", "route udp via a",
	  { { UDP, .dst = "255.255.255.255", DATA("x") } },
	  "40000>80 - - - -1 0>0 0 1 0 0\n", "-", false, NULL },
	{ "never valid", "",
	  { { .flags = TCP_FIN | TCP_ACK }, { .flags = TCP_RST } },
	  "40000>80 - - - -1 0>0 0 2 0 0\n", "--", false, NULL },
	{ "invalid, then picked up", "route tcp dport 80 via a",
	  { { SYNACK }, { ACK, .seq = 1 }, { HTTP } },
	  "40000>80 http example.com - 3 1>1 0 3 2 0\n", "-AA", false, NULL },
	{ "dropped by headers", "route tcp dport 80 drop",
	  { { SYN }, { SYN, .ms = 1000 }, { SYN, .ms = 9000 } },
	  "40000>80 - - - 3 62>62 0 3 1 0 drop\n", "!!!", false, NULL },
	{ "dropped late", "route app ssh drop",
	  { { SYN }, { SYNACK }, { SSH }, { ACK, .seq = 1 } },
	  "40000>80 ssh - - 3 63>62 2 4 3 2 drop\n", "xx!!", false, NULL },
	{ "port reused after a reset", "route app ssh via a",
	  { { SYN }, { .flags = TCP_RST, .back = true },
	    { SYN, .seq = 50, .ms = 100 } },
	  "40000>80 - - - 0 63>63 0 2 0 1\n"
	  "40000>80 - - - 0 63>63 0 1 0 1\n", "xxx", false, NULL },
	{ "UDP flow times out", "",
	  { { UDP, DATA("x") }, { UDP, .back = true, DATA("x"), .ms = 40000 } },
	  "40000>80 - - - 0 63>63 0 1 1 0\n"
	  "80>40000 - - - 0 63>63 0 1 1 0\n", "XX", false, NULL },
	{ "ICMP error belongs to its flow", "route app ssh via a",
	  { { SYN }, { SYN } },
	  "40000>80 - - - 0 63>63 0 2 0 2\n", "xx", true, NULL },
	{ "ICMP error of a settled flow", "route tcp via a",
	  { { SYN }, { SYN } },
	  "40000>80 - - - 3 1>1 0 2 1 0\n", "AA", true, NULL },
	{ "ICMP error without flow", "",
	  { { SYN } }, "0>0 - - - -1 0>0 0 1 0 0\n", "-", true, NULL },
	{ "interface matches", "route in eth0 via a", { { SYN } },
	  "40000>80 - - - 3 1>1 0 1 1 0\n", "A", false, "eth0" },
	{ "other interface", "route in eth0 via a", { { SYN } },
	  "40000>80 - - - 0 63>63 0 1 1 0\n", "X", false, "eth1" },
	{ "unknown interface", "route in eth0 via a", { { SYN } },
	  "40000>80 - - - 0 63>63 0 1 1 0\n", "X", false, NULL },
	{ "two flows, the first first", "",
	  { { SYN, .sport = 2 }, { SYN, .sport = 1 }, { SYNACK, .sport = 2 } },
	  "2>80 - - - 0 63>63 0 2 1 0\n1>80 - - - 0 63>63 0 1 1 0\n", "XXX",
	  false, NULL },
};

struct seen {
	const struct policy *policy;
	char marks[64];
	size_t count;
};

static void each_packet(void *ctx, const struct replay_packet *packet)
{
	struct seen *seen = ctx;
	const struct marks *marks = policy_marks(seen->policy);
	uint8_t path = marks_path(marks, packet->mark);
	char c = path == marks->path_main ? 'x'
	       : path == 0 ? '-' : (char)('a' + path - 1);

	if (packet->is_settled && c != '-')
		c -= 'a' - 'A';
	ck_assert_uint_lt(seen->count, sizeof(seen->marks) - 1);
	seen->marks[seen->count++] = packet->dropped ? '!' : c;
}

static bool is_step(const struct test_packet *spec)
{
	return spec->flags != 0 || spec->proto != 0;
}

static void write_row(struct capture *capture, const struct row *row)
{
	uint8_t bytes[TEST_PACKET_MAX];

	replays_open(capture);
	for (size_t i = 0; i < STEPS && is_step(&row->packets[i]); i++) {
		const struct test_packet *spec = &row->packets[i];
		bool is_last = i + 1 == STEPS || !is_step(spec + 1);
		size_t len = row->is_error && is_last
				     ? packets_error(spec, bytes)
				     : packets_bytes(spec, bytes);

		replays_add(capture, spec->ms, bytes, len);
	}
	replays_close(capture);
}

START_TEST(script)
{
	const struct row *row = &rows[_i];
	char error[SOURCE_ERROR_MAX];
	struct capture capture;
	struct seen seen = { .policy = replays_policy(row->policy) };
	const struct replay_options options = {
		.each_packet = each_packet,
		.ctx = &seen,
		.interface = row->interface,
	};
	struct replay *replay = replay_new(seen.policy, &options);

	write_row(&capture, row);
	ck_assert_int_eq(replay_file(replay, capture.path, error), 0);
	replays_assert_flows(replay, seen.policy, row->flows, row->name);
	ck_assert_msg(strcmp(seen.marks, row->marks) == 0, "%s: marks %s",
		      row->name, seen.marks);
	unlink(capture.path);
	replay_free(replay);
	policy_free((struct policy *)seen.policy);
}
END_TEST

/* Add the datagram of `spec` in pieces of 24 bytes, the last one first. */
static void add_fragments(struct capture *capture,
			  const struct test_packet *spec)
{
	uint8_t whole[TEST_PACKET_MAX], piece[TEST_PACKET_MAX];
	size_t len = packets_bytes(spec, whole) - 20;
	size_t count = (len + 23) / 24;

	for (size_t i = count; i-- > 0;) {
		size_t part = i + 1 < count ? 24 : len - i * 24;

		memcpy(piece, whole, 20);
		memcpy(piece + 20, whole + 20 + i * 24, part);
		piece[2] = 0;
		piece[3] = (uint8_t)(20 + part);
		piece[4] = 0x12;
		piece[6] = i + 1 < count ? 0x20 : 0;
		piece[7] = (uint8_t)(i * 3);
		replays_add(capture, spec->ms, piece, 20 + part);
	}
}

START_TEST(fragments)
{
	char error[SOURCE_ERROR_MAX];
	struct policy *policy = replays_policy("route app dns via a");
	struct replay *replay = replay_new(policy, NULL);
	struct test_packet dns = { DNS };
	struct capture capture;
	uint8_t bytes[TEST_PACKET_MAX];

	replays_open(&capture);
	/* 37 bytes of UDP: two fragments */
	add_fragments(&capture, &dns);
	dns.back = true;
	replays_add(&capture, 1, bytes, packets_bytes(&dns, bytes));
	replays_close(&capture);
	ck_assert_int_eq(replay_file(replay, capture.path, error), 0);
	replays_assert_flows(replay, policy,
			     "40000>53 dns example.com - 3 1>1 0 3 2 1\n",
			     "fragments");
	ck_assert_uint_eq(replay_flow(replay, 0)->bytes,
			  (20 + 24) + (20 + 13) + (20 + 37));
	ck_assert_uint_eq(replay_totals(replay).packets, 3);
	unlink(capture.path);
	replay_free(replay);
	policy_free(policy);
}
END_TEST

/* The second file is older; its flows continue those of the first. */
START_TEST(several_files)
{
	char error[SOURCE_ERROR_MAX];
	struct policy *policy = replays_policy("route app ssh via a");
	struct replay *replay = replay_new(policy, NULL);
	static const struct row files[] = {
		{ .packets = { { SYN, .ms = 50000 },
			       { SYNACK, .ms = 50001 } } },
		{ .packets = { { SSH, .ms = 10 } } },
	};

	for (size_t i = 0; i < 2; i++) {
		struct capture capture;

		write_row(&capture, &files[i]);
		ck_assert_int_eq(replay_file(replay, capture.path, error), 0);
		unlink(capture.path);
	}
	replays_assert_flows(replay, policy,
			     "40000>80 ssh - - 3 63>1 2 3 3 2\n", "two files");
	ck_assert_uint_eq(replay_totals(replay).frames, 3);
	replay_free(replay);
	policy_free(policy);
}
END_TEST

struct asker {
	struct replay *replay;
	struct replay_position last;
};

static void ask_position(void *ctx, const struct replay_packet *packet)
{
	struct asker *asker = ctx;

	(void)packet;
	asker->last = replay_position(asker->replay);
}

/* With one thread, the first batch is processed before the second is read. */
START_TEST(position)
{
	enum { FRAMES = 300, RECORD = 16 + 28 };
	char error[SOURCE_ERROR_MAX];
	struct policy *policy = replays_policy("");
	struct asker asker = { .replay = NULL };
	const struct replay_options options = {
		.threads = 1, .each_packet = ask_position, .ctx = &asker,
	};
	const struct test_packet udp = { UDP };
	struct capture capture;
	uint8_t bytes[TEST_PACKET_MAX];

	asker.replay = replay_new(policy, &options);
	ck_assert_uint_eq(replay_position(asker.replay).size, 0);
	replays_open(&capture);
	for (uint32_t i = 0; i < FRAMES; i++)
		replays_add(&capture, i, bytes, packets_bytes(&udp, bytes));
	replays_close(&capture);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(replay_file(asker.replay, capture.path, error),
				 0);
		ck_assert_uint_eq(asker.last.frame, 256);
		ck_assert_uint_eq(asker.last.size, 24 + FRAMES * RECORD);
		ck_assert_uint_eq(asker.last.done, asker.last.size);
		asker.last = replay_position(asker.replay);
		ck_assert_uint_eq(asker.last.frame, 0);
		ck_assert_uint_eq(asker.last.done, 0);
		ck_assert_uint_eq(asker.last.size, 0);
	}
	unlink(capture.path);
	replay_free(asker.replay);
	policy_free(policy);
}
END_TEST

START_TEST(strange_frames)
{
	char error[SOURCE_ERROR_MAX];
	struct policy *policy = replays_policy("");
	struct seen seen = { .policy = policy };
	const struct replay_options options = {
		.each_packet = each_packet, .ctx = &seen,
	};
	struct replay *replay = replay_new(policy, &options);
	struct replay_totals totals;
	struct capture capture;

	replays_open(&capture);
	replays_add(&capture, 0, (const uint8_t *)"\x45\0\0\x28", 4);
	replays_add(&capture, 0, (const uint8_t *)"\xff\0\0\x28", 4);
	replays_close(&capture);
	ck_assert_int_eq(replay_file(replay, capture.path, error), 0);
	totals = replay_totals(replay);
	ck_assert_uint_eq(totals.frames, 2);
	ck_assert_uint_eq(totals.packets, 0);
	ck_assert_uint_eq(totals.undecoded[DECODE_TRUNCATED], 1);
	ck_assert_uint_eq(totals.undecoded[DECODE_MALFORMED] +
				  totals.undecoded[DECODE_NOT_IP], 1);
	ck_assert_uint_eq(totals.flows, 0);
	ck_assert_str_eq(seen.marks, "--");
	ck_assert_int_lt(replay_file(replay, "/nonexistent", error), 0);
	unlink(capture.path);
	replay_free(replay);
	replay_free(NULL);
	policy_free(policy);
}
END_TEST


int main(void)
{
	Suite *suite = suite_create("replay");
	TCase *tcase = tcase_create("replay");

	tcase_add_loop_test(tcase, script, 0, ROWS(rows));
	tcase_add_test(tcase, fragments);
	tcase_add_test(tcase, several_files);
	tcase_add_test(tcase, position);
	tcase_add_test(tcase, strange_frames);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
