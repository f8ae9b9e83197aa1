/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_worker.c - scripts of packets, and the marks of their verdicts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/packet/decode.h"
#include "engine/hints/hint.h"
#include "engine/worker/worker.h"
#include "packets.h"
#include "unit.h"

/* Paths 1, 2, 3; main is 0x3f, drop 0x3e; settled is the mask's top bit. */
#define UPLINKS "uplink a { dev a mark 1 }\nuplink b { dev b mark 2 }\n" \
		"uplink m { dev m mark 3 masquerade }\n"
#define STRICT "uplink s { dev s mark 4 masquerade strict }\n"
#define SETTLED 0x40000000u
#define A 0x01000000u
#define B 0x02000000u
#define M 0x03000000u
#define S 0x04000000u
#define MAIN 0x3f000000u
#define DROP 0x3e000000u

#define SYN .flags = TCP_SYN
#define SYNACK .flags = TCP_SYN | TCP_ACK, .back = true
#define ACK .flags = TCP_ACK
#define SSH DATA("SSH-2.0-OpenSSH_9.2\r\n")
#define HTTP DATA("GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n")

#define STEPS 8

enum outcome { NONE, KEPT, MOVED, RESET };	/* late */

static const struct row {
	const char *name;
	const char *policy;
	struct {
		struct test_packet packet;
		uint32_t mark;
		bool drop;
	} steps[STEPS];
	enum outcome late;
	bool is_error;			/* the last step is an ICMP error */
} rows[] = {
	{ "headers decide the first packet", "route tcp dport 25 via a",
	  { { { SYN, .dport = 25 }, A | SETTLED, false },
	    { { SYNACK, .dport = 25 }, A | SETTLED, false } }, NONE, false },
	{ "the default route", "",
	  { { { SYN }, MAIN | SETTLED, false } }, NONE, false },
	{ "foreign bits are kept", "route tcp dport 25 via a",
	  { { { SYN, .dport = 25, .mark = 0x80000042 },
	      A | SETTLED | 0x80000042, false } }, NONE, false },
	{ "foreign bits are kept while provisional", "route app ssh via a",
	  { { { SYN, .mark = 0x80000042 }, MAIN | 0x80000042, false },
	    { { SYNACK, .mark = 0x42 }, MAIN | 0x42, false } }, NONE, false },
	{ "payload decides late, and moves", "route app ssh via a",
	  { { { SYN, .seq = 99 }, MAIN, false },
	    { { SYNACK, .seq = 499, .mark = MAIN }, MAIN, false },
	    { { ACK, .seq = 100, .mark = MAIN }, MAIN, false },
	    { { ACK, .back = true, .seq = 500, .mark = MAIN, SSH },
	      A | SETTLED, false } }, MOVED, false },
	{ "late, masqueraded: kept", "route app ssh via m",
	  { { { SYN }, MAIN, false },
	    { { ACK, .seq = 1, .mark = MAIN, SSH }, MAIN | SETTLED, false } },
	  KEPT, false },
	{ "late keep", "late keep\nroute app ssh via a",
	  { { { SYN }, MAIN, false },
	    { { ACK, .seq = 1, .mark = MAIN, SSH }, MAIN | SETTLED, false } },
	  KEPT, false },
	{ "late move", "late move\nroute app ssh via m",
	  { { { SYN }, MAIN, false },
	    { { ACK, .seq = 1, .mark = MAIN, SSH }, M | SETTLED, false } },
	  MOVED, false },
	{ "late for a strict uplink: it ends", STRICT "route app ssh via s",
	  { { { SYN }, MAIN, false },
	    { { ACK, .seq = 1, .mark = MAIN, SSH }, DROP | SETTLED, false } },
	  RESET, false },
	{ "late for a strict uplink, and kept by the policy",
	  STRICT "late keep\nroute app ssh via s",
	  { { { SYN }, MAIN, false },
	    { { ACK, .seq = 1, .mark = MAIN, SSH }, MAIN | SETTLED, false } },
	  KEPT, false },
	{ "late for a strict uplink without NAT",
	  "uplink s { dev s mark 4 strict }\nroute app ssh via s",
	  { { { SYN }, MAIN, false },
	    { { ACK, .seq = 1, .mark = MAIN, SSH }, S | SETTLED, false } },
	  MOVED, false },
	{ "strict first: it is the strict uplink's",
	  STRICT "strict first\nroute app ssh via s",
	  { { { SYN }, S, false },
	    { { ACK, .seq = 1, .mark = S, SSH }, S | SETTLED, false } },
	  NONE, false },
	{ "strict first: it is not",
	  STRICT "strict first\nroute app ssh via s",
	  { { { SYN }, S, false },
	    { { ACK, .seq = 1, .mark = S, HTTP }, S | SETTLED, false } },
	  KEPT, false },
	{ "strict first: it cannot be", STRICT "strict first\n"
	  "route tcp dport 22 app ssh via s\nroute app http via a",
	  { { { SYN, .dport = 80 }, MAIN, false } }, NONE, false },
	{ "strict first does not open a drop",
	  STRICT "strict first\nroute app ssh via s\nroute tcp drop",
	  { { { SYN }, DROP, true } }, NONE, false },
	{ "late, but the same path",
	  "route app ssh via a\nroute tcp via a",
	  { { { SYN }, A, false },
	    { { ACK, .seq = 1, .mark = A, SSH }, A | SETTLED, false } },
	  NONE, false },
	{ "the provisional path stays while a route is open",
	  "route host example.org via a\nroute app http via b",
	  { { { SYN }, MAIN, false },
	    { { ACK, .seq = 1, .mark = MAIN,
		DATA("GET / HTTP/1.1\r\nAccept: a\r\n") }, MAIN, false },
	    { { ACK, .seq = 28, .mark = MAIN,
		DATA("Host: example.com\r\n\r\n") }, B | SETTLED, false } },
	  MOVED, false },
	{ "payload on the first packet", "route app dns via a",
	  { { { .proto = IPPROTO_UDP, .dport = 53,
		DATA("\0\1\1\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1") },
	      A | SETTLED, false } }, NONE, false },
	{ "a host in a list", "route host example.com via a",
	  { { { SYN }, MAIN, false },
	    { { ACK, .seq = 1, .mark = MAIN, HTTP }, A | SETTLED, false } },
	  MOVED, false },
	{ "a host that is not in the list", "route host example.org via a",
	  { { { SYN }, MAIN, false },
	    { { ACK, .seq = 1, .mark = MAIN, HTTP }, MAIN | SETTLED, false } },
	  NONE, false },
	{ "dropped on its first packet", "route tcp dport 25 drop",
	  { { { SYN, .dport = 25 }, DROP | SETTLED, true },
	    { { SYN, .dport = 25, .ms = 1000 }, DROP | SETTLED, true } },
	  NONE, false },
	{ "dropped late: accepted, so that conntrack has it",
	  "route app ssh drop", { { { SYN }, MAIN, false },
	    { { ACK, .seq = 1, .mark = MAIN, SSH }, DROP | SETTLED, false } },
	  MOVED, false },
	{ "`late keep` does not apply to a drop",
	  "late keep\nroute app ssh drop", { { { SYN }, MAIN, false },
	    { { ACK, .seq = 1, .mark = MAIN, SSH }, DROP | SETTLED, false } },
	  MOVED, false },
	{ "a drop that is not certain drops",
	  "route app ssh via a\nroute tcp drop",
	  { { { SYN }, DROP, true },
	    { { SYN, .ms = 1000 }, DROP, true } },
	  NONE, false },
	{ "a drop that payload lifts",
	  "late keep\nroute app ssh via a\nroute tcp drop",
	  { { { SYN }, DROP, true },
	    { { ACK, .seq = 1, SSH }, A | SETTLED, false } },
	  MOVED, false },
	{ "the budget of packets", "inspect packets 2\nroute app ssh via a",
	  { { { SYN }, MAIN, false },
	    { { SYNACK, .mark = MAIN }, MAIN, false },
	    { { ACK, .seq = 1, .mark = MAIN, DATA("S") }, MAIN, false },
	    { { ACK, .seq = 2, .mark = MAIN, DATA("S") }, MAIN | SETTLED,
	      false } },
	  NONE, false },
	{ "the last packet of the budget is inspected",
	  "inspect packets 1\nroute app ssh via a",
	  { { { SYN }, MAIN, false },
	    { { ACK, .seq = 1, .mark = MAIN, SSH }, A | SETTLED, false } },
	  MOVED, false },
	{ "the budget of seconds", "inspect seconds 5\nroute app ssh via a",
	  { { { SYN }, MAIN, false },
	    { { ACK, .seq = 1, .mark = MAIN, DATA("S"), .ms = 6000 }, MAIN,
	      false },
	    { { ACK, .seq = 2, .mark = MAIN, .ms = 11000 }, MAIN | SETTLED,
	      false } }, NONE, false },
	{ "a flow unknown to the worker keeps its path",
	  "route tcp via a",
	  { { { ACK, .seq = 1, .mark = B }, B | SETTLED, false },
	    { { ACK, .back = true, .mark = B | 0x42 }, B | SETTLED | 0x42,
	      false } }, NONE, false },
	{ "forgotten by conntrack: another ISN", "route tcp dport 25 via a",
	  { { { SYN, .dport = 25, .seq = 10 }, A | SETTLED, false },
	    { { .flags = TCP_SYN, .sport = 25, .dport = 40000, .seq = 7,
		.src = "198.51.100.7", .dst = "192.168.1.9", .ms = 100 },
	      MAIN | SETTLED, false } }, NONE, false },
	{ "forgotten by conntrack: 2 s idle", "route udp dport 25 via a",
	  { { { .proto = IPPROTO_UDP, .dport = 25, DATA("x") }, A | SETTLED,
	      false },
	    { { .proto = IPPROTO_UDP, .dport = 25, .back = true, .ms = 2001,
		DATA("x") }, MAIN | SETTLED, false } }, NONE, false },
	{ "both directions at the same time", "route udp dport 25 via a",
	  { { { .proto = IPPROTO_UDP, .dport = 25, DATA("x") }, A | SETTLED,
	      false },
	    { { .proto = IPPROTO_UDP, .dport = 25, .back = true, .ms = 1999,
		DATA("x") }, A | SETTLED, false } }, NONE, false },
	{ "a retransmitted SYN is the same flow", "route app ssh via a",
	  { { { SYN, .seq = 10 }, MAIN, false },
	    { { SYN, .seq = 10, .ms = 1000 }, MAIN, false },
	    { { ACK, .seq = 11, .mark = MAIN, SSH, .ms = 1100 }, A | SETTLED,
	      false } }, MOVED, false },
	{ "no hint for this protocol", "route app ssh via a",
	  { { { .proto = IPPROTO_ICMP, .flags = 8, .sport = 7 },
	      MAIN | SETTLED, false } }, NONE, false },
	{ "SYN+ACK first: its receiver is the client",
	  "route tcp dport 80 via a",
	  { { { SYNACK }, A | SETTLED, false } }, NONE, false },
	{ "TOS of the first packet", "route tos minimize-delay via a",
	  { { { SYN, .tos = 0x10 }, A | SETTLED, false },
	    { { ACK, .seq = 1 }, A | SETTLED, false } }, NONE, false },
	{ "an ICMP error follows its flow", "route app ssh via a",
	  { { { SYN }, MAIN, false },
	    { { SYN, .mark = MAIN }, MAIN, false } }, NONE, true },
	{ "an ICMP error of a settled flow", "route tcp via a",
	  { { { SYN }, A | SETTLED, false },
	    { { SYN, .mark = 0x42 }, A | SETTLED | 0x42, false } }, NONE,
	  true },
	{ "an ICMP error of no flow", "route tcp via a",
	  { { { SYN, .mark = 0x42 }, 0x42, false } }, NONE, true },
};

static size_t steps_of(const struct row *row)
{
	size_t count = 0;

	while (count < STEPS && (row->steps[count].packet.flags != 0 ||
				 row->steps[count].packet.proto != 0))
		count++;
	return count;
}

static struct policy *policy_for(const char *text)
{
	char all[1024];

	snprintf(all, sizeof(all), UPLINKS "%s", text);
	return packets_policy(all);
}

static void assert_step(const struct row *row, size_t i,
			const struct verdict *verdict)
{
	ck_assert_msg(verdict->mark == row->steps[i].mark &&
			      verdict->drop == row->steps[i].drop,
		      "%s: packet %zu: mark %#x%s", row->name, i + 1,
		      verdict->mark, verdict->drop ? ", drop" : "");
}

static void assert_late(const struct row *row, const struct worker *worker)
{
	const struct stats_live *counters = worker_counters(worker);

	ck_assert_msg(counters->late_kept == (row->late == KEPT) &&
			      counters->late_moved == (row->late == MOVED) &&
			      counters->late_reset == (row->late == RESET),
		      "%s: late", row->name);
}

/* One by one, and all in one batch: the same. */
static void run(const struct row *row, bool batch)
{
	struct policy *policy = policy_for(row->policy);
	struct worker *worker = packets_worker(policy);
	struct packet packets[STEPS];
	struct verdict verdicts[STEPS];
	uint8_t bytes[STEPS][TEST_PACKET_MAX];
	size_t count = steps_of(row);

	for (size_t i = 0; i < count; i++) {
		const struct test_packet *test_packet = &row->steps[i].packet;

		packets[i] = packets_make(test_packet, bytes[i]);
		if (row->is_error && i == count - 1)
			packets[i].len = (uint32_t)packets_error(test_packet,
								 bytes[i]);
		if (!batch)
			worker_classify(worker, &packets[i], NULL, 1, false,
					&verdicts[i]);
	}
	if (batch)
		worker_classify(worker, packets, NULL, count, false, verdicts);
	for (size_t i = 0; i < count; i++)
		assert_step(row, i, &verdicts[i]);
	assert_late(row, worker);
	ck_assert_uint_eq(worker_counters(worker)->packets, count);
	worker_free(worker);
	policy_free(policy);
}

START_TEST(script)
{
	run(&rows[_i], false);
}
END_TEST

START_TEST(script_in_a_batch)
{
	run(&rows[_i], true);
}
END_TEST

/* Packets that cannot be decoded get no mark. */
static const struct {
	const char *name;
	size_t len;
	const char *bytes;
	enum decode_status status;
} strange[] = {
	{ "nothing", 0, "", DECODE_NOT_IP },
	{ "cut", 10, "\x45\0\0\x28\0\0\0\0\x40\x06", DECODE_TRUNCATED },
	{ "no IP", 4, "\x95\0\0\0", DECODE_NOT_IP },
	{ "a later fragment", 28, "\x45\0\0\x1c\0\1\0\x10\x40\x11\0\0"
	  "\xc0\0\2\1\xc0\0\2\2abcdefgh", DECODE_FRAGMENT },
};

START_TEST(unclassified)
{
	struct policy *policy = policy_for("default via a");
	struct worker *worker = packets_worker(policy);
	struct packet pkt = {
		.data = (const uint8_t *)strange[_i].bytes,
		.len = (uint32_t)strange[_i].len,
		.mark = 0x81234567,
	};
	struct verdict verdict;

	worker_classify(worker, &pkt, NULL, 1, false, &verdict);
	ck_assert_uint_eq(verdict.mark, 0x81234567);
	ck_assert(!verdict.drop);
	ck_assert(!verdict.is_settled);
	ck_assert_ptr_null(verdict.flow);
	ck_assert_msg(worker_counters(worker)->undecoded == 1, "%s",
		      strange[_i].name);
	worker_free(worker);
	policy_free(policy);
}
END_TEST

static bool name_of(void *ctx, uint32_t ifindex, char *buffer)
{
	unsigned *asked = ctx;

	(*asked)++;
	snprintf(buffer, IFNAMSIZ, "eth%u", ifindex);
	return ifindex != 9;
}

static uint32_t mark_from(struct worker *worker, uint32_t ifindex,
			  uint16_t sport)
{
	uint8_t bytes[TEST_PACKET_MAX];
	struct test_packet test_packet = { SYN, .sport = sport };
	struct packet pkt = packets_make(&test_packet, bytes);
	struct verdict verdict;

	pkt.ifindex = ifindex;
	worker_classify(worker, &pkt, NULL, 1, false, &verdict);
	return verdict.mark;
}

START_TEST(interfaces)
{
	struct policy *policy = policy_for("route in eth2 via a");
	struct worker *worker = packets_worker(policy);
	unsigned asked = 0;

	ck_assert_uint_eq(mark_from(worker, 2, 1), MAIN | SETTLED);
	worker_name_interfaces(worker, name_of, &asked);
	ck_assert_uint_eq(mark_from(worker, 2, 2), A | SETTLED);
	ck_assert_uint_eq(mark_from(worker, 2, 3), A | SETTLED);
	ck_assert_uint_eq(asked, 1);
	ck_assert_uint_eq(mark_from(worker, 3, 4), MAIN | SETTLED);
	ck_assert_uint_eq(mark_from(worker, 258, 5), MAIN | SETTLED);
	ck_assert_uint_eq(mark_from(worker, 9, 6), MAIN | SETTLED);
	ck_assert_uint_eq(mark_from(worker, 0, 7), MAIN | SETTLED);
	asked = 0;
	worker_forget_interfaces(worker);
	ck_assert_uint_eq(mark_from(worker, 2, 8), A | SETTLED);
	ck_assert_uint_eq(asked, 1);
	worker_free(worker);
	policy_free(policy);
}
END_TEST

/* Seven thousand flows, 64 places: memory and verdicts do not change. */
START_TEST(flood)
{
	struct policy *policy = policy_for("route app ssh via a");
	struct worker *worker = packets_worker(policy);
	size_t size = worker_bytes(worker);

	for (uint16_t port = 1; port < 7000; port++)
		ck_assert_uint_eq(mark_from(worker, 0, port), MAIN);
	ck_assert_uint_eq(worker_bytes(worker), size);
	ck_assert_uint_eq(worker_counters(worker)->flows_evicted, 6999 - 64);
	ck_assert_uint_eq(worker_counters(worker)->flows, 6999);
	worker_free(worker);
	policy_free(policy);
}
END_TEST

START_TEST(zones)
{
	struct policy *policy = policy_for("route app ssh via a");
	struct worker *worker = packets_worker(policy);
	uint8_t bytes[3][TEST_PACKET_MAX];
	struct test_packet syn = { SYN }, ssh = { ACK, .seq = 1, SSH };
	struct packet packets[] = {
		packets_make(&syn, bytes[0]), packets_make(&syn, bytes[1]),
		packets_make(&ssh, bytes[2]),
	};
	const uint32_t in[] = { 1, 2, 2 };
	struct verdict verdicts[3];

	worker_classify(worker, packets, in, 3, false, verdicts);
	ck_assert_uint_eq(worker_counters(worker)->flows, 2);
	ck_assert_ptr_ne(verdicts[0].flow, verdicts[1].flow);
	ck_assert_ptr_eq(verdicts[1].flow, verdicts[2].flow);
	ck_assert_uint_eq(verdicts[2].mark, A | SETTLED);
	worker_free(worker);
	policy_free(policy);
}
END_TEST

/* Names of flows that need none: marks stay, the name is known. In a part of
 * a table, one packet at a time. */
START_TEST(name_all)
{
	struct flow_table *table = flow_table_new(64, true, NULL, NULL);
	const struct worker_options options = {
		.table = table, .part = 1, .parts = 2, .streams = 8,
		.name_all = true,
	};
	struct policy *policy = policy_for("route tcp via a");
	struct worker *worker = worker_new(policy, &options);
	uint8_t bytes[2][TEST_PACKET_MAX];
	struct test_packet syn = { SYN }, http = { ACK, .seq = 1, HTTP };
	struct packet packets[] = {
		packets_make(&syn, bytes[0]), packets_make(&http, bytes[1]),
	};
	struct verdict verdict;
	struct flow *flow;
	bool from_server = true;
	uint64_t hash;

	decode_ip(&packets[0]);
	decode_ip(&packets[1]);
	hash = flow_hash(table, &packets[0], 0);
	ck_assert_uint_eq(flow_hash(table, &packets[1], 0), hash);
	worker_classify_one(worker, &packets[0], 0, hash, &verdict);
	ck_assert_uint_eq(verdict.mark, A | SETTLED);
	flow = worker_observe(worker, &packets[1], 0, hash, &from_server);
	ck_assert_ptr_nonnull(flow);
	ck_assert(!from_server);
	ck_assert_str_eq(hints_app_name(flow->facts.app), "http");
	ck_assert_str_eq(worker_flow_host(worker, flow), "www.example.com");
	worker_free(worker);
	flow_table_free(table);
	policy_free(policy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("worker");
	TCase *tcase = tcase_create("worker");

	tcase_add_loop_test(tcase, script, 0, ROWS(rows));
	tcase_add_loop_test(tcase, script_in_a_batch, 0, ROWS(rows));
	tcase_add_loop_test(tcase, unclassified, 0, ROWS(strange));
	tcase_add_test(tcase, interfaces);
	tcase_add_test(tcase, flood);
	tcase_add_test(tcase, zones);
	tcase_add_test(tcase, name_all);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
