/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_worker_exception.c - each way in which a worker gives up, forced by
 * small limits, with each action. */
#include <stdio.h>

#include "engine/worker/worker.h"
#include "packets.h"
#include "unit.h"

/* Main is path 0x3f, drop 0x3e; settled is the mask's top bit. */
#define UPLINKS "uplink a { dev a mark 1 }\nuplink b { dev b mark 2 }\n" \
		"uplink m { dev m mark 3 masquerade }\n" \
		"uplink s { dev s mark 4 strict }\n"
#define SETTLED 0x40000000u
#define A 0x01000000u
#define B 0x02000000u
#define M 0x03000000u
#define S 0x04000000u
#define MAIN 0x3f000000u
#define DROP 0x3e000000u

#define HALF_HELLO DATA("\x16\3\1\2\0\1\0\1\xfc\3\3")
#define REST DATA("abcdefghijklmnop")
#define HTTP DATA("GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n")
#define PACKETS 12

static struct worker *worker_for(const char *text, struct policy **ret_policy)
{
	static const struct worker_options options = {
		.flows = 8, .streams = 1,
	};
	struct worker *worker;
	char all[1024];

	snprintf(all, sizeof(all), UPLINKS "%s", text);
	*ret_policy = packets_policy(all);
	worker = worker_new(*ret_policy, &options);
	ck_assert_ptr_nonnull(worker);
	return worker;
}

static struct verdict send_one(struct worker *worker,
			       const struct test_packet *spec)
{
	uint8_t bytes[TEST_PACKET_MAX];
	struct packet pkt = packets_make(spec, bytes);
	struct verdict verdict;

	worker_classify(worker, &pkt, NULL, 1, false, &verdict);
	return verdict;
}

/* ---- the budget ---- */

#define HOST "route host www.example.com via b\n"

static const struct {
	const char *policy;
	struct test_packet last;
	uint32_t mark;
	unsigned int spent;
} budget[] = {
	{ HOST "default via a", { REST }, A | SETTLED, 1 },
	{ HOST "default via a\non budget-spent pass", { REST }, A | SETTLED,
	  1 },
	{ HOST "default via a\non budget-spent drop", { REST }, DROP | SETTLED,
	  1 },
	{ HOST "default via a\non budget-spent main", { REST }, MAIN | SETTLED,
	  1 },
	/* Other causes do not matter. */
	{ HOST "default via a\non stream-reclaimed drop\non flow-evicted drop",
	  { REST }, A | SETTLED, 1 },
	/* What NAT has fixed stays, as it does for late flows. */
	{ HOST "default via m\non budget-spent main", { REST }, M | SETTLED,
	  1 },
	/* A strict uplink keeps what is its own. */
	{ HOST "default via s\non budget-spent main", { REST }, S | SETTLED,
	  1 },
	{ HOST "default via s\non budget-spent drop", { REST }, DROP | SETTLED,
	  1 },
	/* The last packet that the budget allows decides. */
	{ HOST "default via a\non budget-spent drop", { HTTP }, B | SETTLED,
	  0 },
	/* Nothing that is unknown matters. */
	{ "route app http via b\nroute host www.example.com app ssh via a\n"
	  "default via a\non budget-spent drop", { HTTP }, B | SETTLED, 0 },
	{ "route app http via b\ndefault via a\non budget-spent drop",
	  { DATA("GET / HTTP/1.1\r\nHo") }, B | SETTLED, 0 },
	/* Balanced: no member keeps it. */
	{ HOST "default via { a, b }\non budget-spent drop", { REST },
	  DROP | SETTLED, 1 },
};

/* Two packets of payload, of which the first shows nothing. */
START_TEST(budget_spent)
{
	struct test_packet last = budget[_i].last;
	struct policy *policy;
	struct worker *worker;
	struct verdict verdict;
	uint32_t mark;
	char text[512];

	snprintf(text, sizeof(text), "inspect packets 2\n%s",
		 budget[_i].policy);
	worker = worker_for(text, &policy);
	mark = send_one(worker, &(struct test_packet){ .flags = TCP_SYN }).mark;
	ck_assert_uint_eq(mark & SETTLED, 0);
	send_one(worker, &(struct test_packet){ .flags = TCP_ACK, .seq = 1,
						.mark = mark, .back = true,
						DATA("?") });
	last.flags = TCP_ACK;
	last.seq = 1;
	last.mark = mark;
	verdict = send_one(worker, &last);
	ck_assert_msg(verdict.mark == budget[_i].mark, "%s: mark %#x",
		      budget[_i].policy, verdict.mark);
	ck_assert_uint_eq(worker_counters(worker)->budget_spent,
			  budget[_i].spent);
	ck_assert_uint_eq(worker_counters(worker)->payload_lost, 0);
	worker_free(worker);
	policy_free(policy);
}
END_TEST

/* The bytes of one direction are spent, and nothing else. */
START_TEST(bytes_spent)
{
	/* A ClientHello that is longer than the budget. */
	static const char junk[1400] = "\x16\3\1\x3f\xfc\1\0\x3f\xf8\3\3";
	struct policy *policy;
	struct worker *worker = worker_for("inspect bytes 1k\n" HOST
					   "default via a\n"
					   "on budget-spent drop", &policy);
	struct test_packet data = { .flags = TCP_ACK, .seq = 1, .mark = A,
				    .data = junk, .len = sizeof(junk) };

	send_one(worker, &(struct test_packet){ .flags = TCP_SYN });
	send_one(worker, &data);
	data.back = true;
	send_one(worker, &(struct test_packet){ .flags = TCP_SYN | TCP_ACK,
						.back = true, .mark = A });
	data.seq = 1;
	ck_assert_uint_eq(send_one(worker, &data).mark, DROP | SETTLED);
	ck_assert_uint_eq(worker_counters(worker)->budget_spent, 1);
	worker_free(worker);
	policy_free(policy);
}
END_TEST

/* ---- streams ---- */

static const struct {
	const char *policy;
	uint32_t mark;
} streams[] = {
	{ "", A | SETTLED },
	{ "on stream-reclaimed pass", A | SETTLED },
	{ "on stream-reclaimed drop", DROP | SETTLED },
	{ "on stream-reclaimed main", MAIN | SETTLED },
	{ "on budget-spent drop", A | SETTLED },
};

/* Another client takes the only stream from a flow with half a ClientHello. */
START_TEST(stream_reclaimed)
{
	struct test_packet half = { .flags = TCP_ACK, .seq = 1, .mark = A,
				    HALF_HELLO };
	struct test_packet rest = { .flags = TCP_ACK, .seq = 12, .mark = A,
				    REST };
	struct policy *policy;
	struct worker *worker;
	struct verdict verdict;
	char text[512];

	snprintf(text, sizeof(text), "inspect packets 4\n" HOST
		 "default via a\n%s", streams[_i].policy);
	worker = worker_for(text, &policy);
	send_one(worker, &(struct test_packet){ .flags = TCP_SYN });
	send_one(worker, &half);
	half.src = "192.168.1.66";
	send_one(worker, &(struct test_packet){ .flags = TCP_SYN,
						.src = half.src });
	send_one(worker, &half);
	ck_assert_uint_eq(worker_counters(worker)->streams_reclaimed, 1);
	for (int i = 0; i < PACKETS; i++) {
		verdict = send_one(worker, &rest);
		if (verdict.is_settled)
			break;
		rest.seq += (uint32_t)rest.len;
	}
	ck_assert_msg(verdict.mark == streams[_i].mark, "%s: mark %#x",
		      streams[_i].policy, verdict.mark);
	ck_assert_uint_eq(worker_counters(worker)->payload_lost, 1);
	ck_assert_uint_eq(worker_counters(worker)->budget_spent, 0);
	worker_free(worker);
	policy_free(policy);
}
END_TEST

/* ---- flows ---- */

static const struct {
	const char *policy;
	uint32_t before, after;
} evicted[] = {
	{ "default via a", A, A | SETTLED },
	{ "default via a\non flow-evicted pass", A, A | SETTLED },
	{ "default via a\non flow-evicted drop", A, DROP | SETTLED },
	{ "default via a\non flow-evicted main", A, MAIN | SETTLED },
	{ "default via a\non budget-spent drop\non undecoded drop", A,
	  A | SETTLED },
	{ "default via m\non flow-evicted main", M, M | SETTLED },
	{ "default via s\non flow-evicted main", S, S | SETTLED },
	{ "default via s\non flow-evicted drop", S, DROP | SETTLED },
	{ "default drop\non flow-evicted main", DROP, DROP | SETTLED },
};

/* More flows of another client than the table has room for. */
START_TEST(flow_evicted)
{
	struct test_packet ack = { .flags = TCP_ACK, .seq = 1, REST };
	struct policy *policy;
	struct worker *worker;
	struct verdict verdict;
	char text[512];

	snprintf(text, sizeof(text), HOST "%s", evicted[_i].policy);
	worker = worker_for(text, &policy);
	ack.mark = send_one(worker, &(struct test_packet){ .flags = TCP_SYN,
							   .ms = 0 }).mark;
	ck_assert_uint_eq(ack.mark, evicted[_i].before);
	for (uint16_t port = 1; port <= 16; port++) {
		char src[32];

		snprintf(src, sizeof(src), "192.168.2.%u", port);
		send_one(worker, &(struct test_packet){ .flags = TCP_SYN,
							.src = src,
							.sport = port });
	}
	ck_assert_uint_eq(worker_counters(worker)->flows_evicted, 9);
	verdict = send_one(worker, &ack);
	ck_assert_msg(verdict.mark == evicted[_i].after, "%s: mark %#x",
		      evicted[_i].policy, verdict.mark);
	ck_assert(verdict.is_settled && !verdict.drop);
	ck_assert_uint_eq(worker_counters(worker)->flows_lost, 1);
	worker_free(worker);
	policy_free(policy);
}
END_TEST

/* ---- packets that are not decoded ---- */

static const struct {
	const char *policy;
	uint32_t before, after;
	bool drop;
} undecoded[] = {
	{ "default via a", 0x42, 0x42, false },
	{ "default via a\non undecoded pass", 0x42, 0x42, false },
	{ "default via a\non undecoded drop", 0x42, 0x42, true },
	{ "default via a\non undecoded main", 0x42, MAIN | SETTLED | 0x42,
	  false },
	{ "default via a\non flow-evicted drop", 0x42, 0x42, false },
	/* A provisional path stays. */
	{ "default via a\non undecoded main", A, A, false },
	/* A strict uplink may claim it: without a mark it is not routed. */
	{ HOST "default via s\non undecoded main", 0x42, 0x42, false },
	{ "route app ssh via s\non undecoded main", 0x42, 0x42, false },
};

START_TEST(not_decoded)
{
	static const uint8_t cut[10] = "\x45\0\0\x28\0\0\0\0\x40\x06";
	struct packet pkt = { .data = cut, .len = sizeof(cut),
			      .mark = undecoded[_i].before };
	struct policy *policy;
	struct worker *worker = worker_for(undecoded[_i].policy, &policy);
	struct verdict verdict;

	worker_classify(worker, &pkt, NULL, 1, false, &verdict);
	ck_assert_msg(verdict.mark == undecoded[_i].after &&
			      verdict.drop == undecoded[_i].drop,
		      "%s: mark %#x", undecoded[_i].policy, verdict.mark);
	ck_assert_uint_eq(worker_counters(worker)->undecoded, 1);
	ck_assert_uint_eq(worker_counters(worker)->dropped,
			  undecoded[_i].drop);
	worker_free(worker);
	policy_free(policy);
}
END_TEST

/* ---- queues, which the kernel handles ---- */

static const struct {
	const char *policy;
	bool fail_closed;
	enum unanswered unanswered;
} queues[] = {
	{ "default via a", false, UNANSWERED_MAIN },
	{ "default via a\non queue-overflow pass", false, UNANSWERED_MAIN },
	{ "default via a\non queue-overflow main", false, UNANSWERED_MAIN },
	{ "default via a\non queue-overflow drop", true, UNANSWERED_MAIN },
	{ HOST "default via s\non queue-overflow main", false,
	  UNANSWERED_DEFAULT },
	{ "route app ssh via s\non queue-overflow main", false,
	  UNANSWERED_DROP },
};

START_TEST(queue_overflow)
{
	struct policy *policy;
	struct queues got;
	char all[512];

	snprintf(all, sizeof(all), UPLINKS "%s", queues[_i].policy);
	policy = packets_policy(all);
	got = policy_queues(policy);
	ck_assert_msg(got.fail_closed == queues[_i].fail_closed &&
			      got.unanswered == queues[_i].unanswered,
		      "%s: %d", queues[_i].policy, got.unanswered);
	policy_free(policy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("worker_exception");
	TCase *tcase = tcase_create("exceptions");

	tcase_add_loop_test(tcase, budget_spent, 0, ROWS(budget));
	tcase_add_test(tcase, bytes_spent);
	tcase_add_loop_test(tcase, stream_reclaimed, 0, ROWS(streams));
	tcase_add_loop_test(tcase, flow_evicted, 0, ROWS(evicted));
	tcase_add_loop_test(tcase, not_decoded, 0, ROWS(undecoded));
	tcase_add_loop_test(tcase, queue_overflow, 0, ROWS(queues));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
