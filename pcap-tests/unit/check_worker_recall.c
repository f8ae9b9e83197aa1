/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_worker_recall.c - flows that conntrack lost keep their path. */
#include <netinet/in.h>

#include "engine/worker/worker.h"
#include "packets.h"
#include "unit.h"

#define SETTLED 0x40000000u
#define PATH_A 0x01000000u
#define PATH_B 0x02000000u
#define POLICY "uplink a { dev a mark 1 }\nuplink b { dev b mark 2 }\n" \
	       "default via b\n"

static const struct {
	const char *name;
	struct test_packet packet;
	uint8_t known;		/* the path that is recalled */
	uint32_t mark;
	unsigned int asked;
} rows[] = {
	{ "in midstream", { .flags = TCP_ACK, DATA("hello") }, 1,
	  PATH_A | SETTLED, 1 },
	{ "in midstream, unknown", { .flags = TCP_ACK, DATA("hello") }, 0,
	  PATH_B | SETTLED, 1 },
	{ "a new connection", { .flags = TCP_SYN }, 1, PATH_B | SETTLED, 0 },
	{ "with a path", { .flags = TCP_ACK, .mark = PATH_B, DATA("hello") },
	  1, PATH_B | SETTLED, 0 },
	{ "udp", { .proto = IPPROTO_UDP, DATA("hello") }, 1, PATH_B | SETTLED,
	  0 },
};

static unsigned int asked;

static uint8_t recall(void *ctx, const struct packet *pkt)
{
	(void)pkt;
	asked++;
	return *(const uint8_t *)ctx;
}

START_TEST(test_recall)
{
	uint8_t known = rows[_i].known, bytes[TEST_PACKET_MAX];
	const struct worker_options options = {
		.flows = 64, .streams = 8,
		.recall = recall, .recall_ctx = &known,
	};
	struct policy *policy = packets_policy(POLICY);
	struct worker *worker = worker_new(policy, &options);
	struct packet pkt = packets_make(&rows[_i].packet, bytes);
	struct verdict verdict;

	asked = 0;
	pkt.ifindex = 2;
	worker_classify(worker, &pkt, NULL, 1, false, &verdict);
	ck_assert_msg(verdict.mark == rows[_i].mark, "%s: %08x",
		      rows[_i].name, verdict.mark);
	ck_assert_msg(asked == rows[_i].asked, "%s: %u", rows[_i].name, asked);
	worker_free(worker);
	policy_free(policy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("worker_recall");
	TCase *tcase = tcase_create("worker_recall");

	tcase_add_loop_test(tcase, test_recall, 0, ROWS(rows));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
