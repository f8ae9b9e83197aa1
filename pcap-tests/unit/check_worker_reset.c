/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_worker_reset.c - which late flows are reset. */
#include "engine/worker/worker.h"
#include "packets.h"
#include "unit.h"

#define SETTLED 0x40000000u
#define MAIN 0x3f000000u
#define POLICY "uplink a { dev a mark 1 }\nlate reset\n" \
	       "route payload /SECRET/ via a\n"

static uint32_t mark_of(struct worker *worker,
			const struct test_packet *test_packet)
{
	uint8_t bytes[TEST_PACKET_MAX];
	struct packet pkt = packets_make(test_packet, bytes);
	struct verdict verdict;

	pkt.ifindex = 2;
	worker_classify(worker, &pkt, NULL, 1, false, &verdict);
	return verdict.mark;
}

/* Which late flows are reset: not those that are closing, nor those that have
 * carried more than a few packets of data. */
static const struct {
	const char *name;
	unsigned int lines;	/* of data before that */
	uint8_t flags;
	bool back;
	unsigned int resets;
} lates[] = {
	{ "decided by the client's data", 0, TCP_ACK, false, 1 },
	{ "decided by the server's data", 0, TCP_ACK, true, 1 },
	{ "little data before", 3, TCP_ACK, false, 1 },
	{ "more data before", 4, TCP_ACK, false, 0 },
	{ "the client closes", 0, TCP_ACK | TCP_FIN, false, 0 },
	{ "the server closes", 0, TCP_ACK | TCP_FIN, true, 0 },
};

static void count_reset(void *ctx, const struct packet *pkt, bool from_server)
{
	(void)pkt;
	(void)from_server;
	++*(unsigned int *)ctx;
}

START_TEST(reset)
{
	unsigned int resets = 0;
	struct learned *learned = learned_new(NULL);
	const struct worker_options options = {
		.flows = 64, .streams = 8, .learned = learned,
		.reset = count_reset, .reset_ctx = &resets,
	};
	struct policy *policy = packets_policy(POLICY);
	struct worker *worker = worker_new(policy, &options);
	struct test_packet test_packet = { .flags = TCP_SYN, .seq = 9 };

	ck_assert_uint_eq(mark_of(worker, &test_packet), MAIN);
	test_packet.mark = MAIN;
	for (unsigned int i = 0; i < lates[_i].lines; i++) {
		struct test_packet line = { .flags = TCP_ACK, .seq = 10 + 6 * i,
				     .mark = MAIN, DATA("hello\n") };

		ck_assert_uint_eq(mark_of(worker, &line), MAIN);
	}
	test_packet.flags = lates[_i].flags;
	test_packet.back = lates[_i].back;
	test_packet.seq = test_packet.back ? 500 : 10 + 6 * lates[_i].lines;
	test_packet.data = "SECRET";
	ck_assert_uint_eq(mark_of(worker, &test_packet), MAIN | SETTLED);
	ck_assert_msg(resets == lates[_i].resets &&
		      worker_counters(worker)->late_reset == resets &&
		      worker_counters(worker)->late_kept == 1 - resets,
		      "%s", lates[_i].name);
	worker_free(worker);
	learned_free(learned);
	policy_free(policy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("worker_reset");
	TCase *tcase = tcase_create("worker_reset");

	tcase_add_loop_test(tcase, reset, 0, ROWS(lates));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
