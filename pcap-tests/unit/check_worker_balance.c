/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_worker_balance.c - balanced flows while uplinks go down and up. */
#include <string.h>

#include "engine/worker/worker.h"
#include "packets.h"
#include "unit.h"

#define SETTLED 0x40000000u
#define A 0x01000000u
#define B 0x02000000u
#define PATHS 0x3f000000u
/* Nearly all flows are a's, as long as it lives. */
#define POLICY "uplink a { dev a }\nuplink b { dev b }\n" \
	       "uplink c { dev c fallback b }\n" \
	       "route app ssh via { a 255, b 1 }\n" \
	       "route app smtp via c\ndefault via { a 255, b 1 }\n"

static struct policy *policy;
static struct worker *worker;

static void set_up(void)
{
	static const struct worker_options options = {
		.flows = 64, .streams = 8,
	};

	policy = packets_policy(POLICY);
	worker = worker_new(policy, &options);
	ck_assert_ptr_nonnull(worker);
}

static void tear_down(void)
{
	worker_free(worker);
	policy_free(policy);
}

static struct verdict ask(const struct test_packet *test_packet)
{
	uint8_t bytes[TEST_PACKET_MAX];
	struct packet pkt = packets_make(test_packet, bytes);
	struct verdict verdict;

	worker_classify(worker, &pkt, NULL, 1, false, &verdict);
	return verdict;
}

static const struct test_packet syn = { .flags = TCP_SYN, .seq = 99 };

/* The second packet, with `mark` restored from conntrack, identifies SSH. */
static struct verdict go_on(uint32_t mark)
{
	const struct test_packet ssh = {
		.flags = TCP_ACK, .seq = 100, .mark = mark,
		DATA("SSH-2.0-OpenSSH_9.2\r\n"),
	};

	return ask(&ssh);
}

/* Payload does not change the hash. */
START_TEST(same_member)
{
	struct verdict last;

	ck_assert_uint_eq(ask(&syn).mark, A);
	last = go_on(A);
	ck_assert_uint_eq(last.mark, A | SETTLED);
	ck_assert_uint_eq(last.flow->late, FLOW_ON_TIME);
}
END_TEST

/* Conntrack has forgotten the flow: it leaves via the uplink that is up. */
START_TEST(forgotten)
{
	struct verdict last;

	ck_assert_uint_eq(ask(&syn).mark, A);
	policy_set_down(policy, 0, false, true);
	last = go_on(0);
	ck_assert_uint_eq(last.mark, B | SETTLED);
	ck_assert_uint_eq(last.flow->late, FLOW_ON_TIME);
}
END_TEST

/* The flow's own uplink is up: nothing moves. */
START_TEST(remembered)
{
	ck_assert_uint_eq(ask(&syn).mark, A);
	policy_set_down(policy, 1, false, true);
	policy_set_down(policy, 0, true, true);
	ck_assert_uint_eq(go_on(0).mark, A | SETTLED);
}
END_TEST

/* A flow that began on the fallback stays there when the first is up again. */
START_TEST(came_back)
{
	struct verdict last;

	policy_set_down(policy, 0, false, true);
	ck_assert_uint_eq(ask(&syn).mark, B);
	policy_set_down(policy, 0, false, false);
	last = go_on(B);
	ck_assert_uint_eq(last.mark, B | SETTLED);
	ck_assert_uint_eq(last.flow->late, FLOW_ON_TIME);
}
END_TEST

/* All are down: the flow's own uplink. */
START_TEST(all_down)
{
	policy_set_down(policy, 0, false, true);
	policy_set_down(policy, 1, false, true);
	ck_assert_uint_eq(ask(&syn).mark, A);
	ck_assert_uint_eq(go_on(0).mark, A | SETTLED);
}
END_TEST

/* The same for a settled flow that conntrack has forgotten. */
START_TEST(settled)
{
	ask(&syn);
	ck_assert_uint_eq(go_on(A).mark, A | SETTLED);
	policy_set_down(policy, 0, false, true);
	ck_assert_uint_eq(go_on(0).mark & PATHS, B);
}
END_TEST

/* After a reload, the path is kept while it is a member of the balance. */
START_TEST(reloaded)
{
	struct policy *next = packets_policy(
		"uplink a { dev a }\nuplink b { dev b }\n"
		"route app ssh via { a 1, b 255 }\n"
		"default via { a 1, b 255 }\n");

	ck_assert_uint_eq(ask(&syn).mark, A);
	ck_assert_int_eq(worker_prepare(worker, next), 0);
	worker_publish(worker);
	worker_pass(worker);
	ck_assert(worker_has_passed(worker));
	ck_assert_uint_eq(go_on(A).mark, A | SETTLED);
	policy_free(policy);
	policy = next;
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("worker_balance");
	TCase *tcase = tcase_create("worker_balance");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, same_member);
	tcase_add_test(tcase, forgotten);
	tcase_add_test(tcase, remembered);
	tcase_add_test(tcase, came_back);
	tcase_add_test(tcase, all_down);
	tcase_add_test(tcase, settled);
	tcase_add_test(tcase, reloaded);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
