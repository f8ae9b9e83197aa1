/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_reload.c - a worker gets another policy, between packets and within
 * flows. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/worker/worker.h"
#include "packets.h"
#include "unit.h"

#define UPLINKS "uplink a { dev a mark 1 }\nuplink b { dev b mark 2 }\n" \
		"uplink m { dev m mark 3 masquerade }\n"
#define SETTLED 0x40000000u
#define A 0x01000000u
#define B 0x02000000u
#define M 0x03000000u
#define MAIN 0x3f000000u

#define SYN .flags = TCP_SYN
#define ACK .flags = TCP_ACK
#define SSH DATA("SSH-2.0-OpenSSH_9.2\r\n")
#define HTTP DATA("GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n")
#define HALF DATA("GET / HTTP/1.1\r\nAccept: a\r\n")
#define HALF_LEN (sizeof("GET / HTTP/1.1\r\nAccept: a\r\n") - 1)
#define REST DATA("Host: www.example.com\r\n\r\n")

/* Two packets of a flow under one policy, two under the next. */
static const struct row {
	const char *name;
	const char *prev, *after;
	struct {
		struct test_packet packet;
		uint32_t mark;
	} steps[4];
	unsigned late;
} rows[] = {
	{ "settled: the decision stays",
	  "route tcp dport 25 via a", "route tcp dport 25 via b",
	  { { { SYN, .dport = 25 }, A | SETTLED },
	    { { ACK, .seq = 1, .dport = 25 }, A | SETTLED },
	    { { ACK, .seq = 1, .dport = 25, .mark = A }, A | SETTLED },
	    { { ACK, .seq = 1, .dport = 25, .mark = A }, A | SETTLED } }, 0 },
	{ "in progress: headers decide under the new policy",
	  "route app ssh via a", "route tcp dport 80 via b",
	  { { { SYN }, MAIN }, { { ACK, .seq = 1, .mark = MAIN }, MAIN },
	    { { ACK, .seq = 1, .mark = MAIN }, B | SETTLED },
	    { { ACK, .seq = 1, .mark = B }, B | SETTLED } }, 1 },
	{ "late under the new policy: kept",
	  "route app ssh via a", "route tcp dport 80 via m",
	  { { { SYN }, MAIN }, { { ACK, .seq = 1, .mark = MAIN }, MAIN },
	    { { ACK, .seq = 1, .mark = MAIN }, MAIN | SETTLED },
	    { { ACK, .seq = 1, .mark = MAIN }, MAIN | SETTLED } }, 1 },
	{ "in progress: payload decides under the new policy",
	  "route app ssh via a", "route app ssh via b",
	  { { { SYN }, MAIN }, { { ACK, .seq = 1, .mark = MAIN }, MAIN },
	    { { ACK, .seq = 1, .mark = MAIN }, MAIN },
	    { { ACK, .seq = 1, .mark = MAIN, SSH }, B | SETTLED } }, 1 },
	{ "a known host is looked up again",
	  "route payload /zzz/ via a", "route host example.com via b",
	  { { { SYN }, MAIN },
	    { { ACK, .seq = 1, .mark = MAIN, HTTP }, MAIN },
	    { { ACK, .seq = 99, .mark = MAIN }, B | SETTLED },
	    { { ACK, .seq = 99, .mark = B }, B | SETTLED } }, 1 },
	{ "half a request is kept",
	  "route host example.com via a", "route host example.com via b",
	  { { { SYN }, MAIN },
	    { { ACK, .seq = 1, .mark = MAIN, HALF }, MAIN },
	    { { ACK, .seq = 1 + HALF_LEN, .mark = MAIN, REST }, B | SETTLED },
	    { { ACK, .seq = 99, .mark = B }, B | SETTLED } }, 1 },
	{ "half a request is kept with a smaller budget",
	  "route host example.com via a",
	  "inspect bytes 1k\nroute host example.com via b",
	  { { { SYN }, MAIN },
	    { { ACK, .seq = 1, .mark = MAIN, HALF }, MAIN },
	    { { ACK, .seq = 1 + HALF_LEN, .mark = MAIN, REST }, B | SETTLED },
	    { { ACK, .seq = 99, .mark = B }, B | SETTLED } }, 1 },
	{ "half a request is lost with a larger budget",
	  "route host example.com via a",
	  "inspect bytes 32k packets 3\nroute host example.com via b",
	  { { { SYN }, MAIN },
	    { { ACK, .seq = 1, .mark = MAIN, HALF }, MAIN },
	    { { ACK, .seq = 1 + HALF_LEN, .mark = MAIN, REST }, MAIN },
	    { { ACK, .seq = 99, .mark = MAIN, REST }, MAIN | SETTLED } }, 0 },
	{ "patterns are searched in the kept payload",
	  "route host example.com via a",
	  "route payload client /Accept: a.*com/ via b",
	  { { { SYN }, MAIN },
	    { { ACK, .seq = 1, .mark = MAIN, HALF }, MAIN },
	    { { ACK, .seq = 1 + HALF_LEN, .mark = MAIN, REST }, B | SETTLED },
	    { { ACK, .seq = 99, .mark = B }, B | SETTLED } }, 1 },
	{ "a match of an old pattern is discarded",
	  "route payload /GET/ host example.org via a",
	  "route payload /PUT/ via b\nroute app ssh via a",
	  { { { SYN }, MAIN },
	    { { ACK, .seq = 1, .mark = MAIN, HALF }, MAIN },
	    { { ACK, .seq = 1 + HALF_LEN, .mark = MAIN }, MAIN },
	    { { ACK, .seq = 1 + HALF_LEN, .mark = MAIN, REST }, MAIN } }, 0 },
	{ "the budget of the new policy",
	  "route app ssh via a", "inspect packets 2\nroute app ssh via b",
	  { { { SYN }, MAIN },
	    { { ACK, .seq = 1, .mark = MAIN, .data = "S", .len = 1 }, MAIN },
	    { { ACK, .seq = 1, .mark = MAIN, .data = "S", .len = 1 },
	      MAIN | SETTLED },
	    { { ACK, .seq = 1, .mark = MAIN, SSH }, MAIN | SETTLED } }, 0 },
};

static struct policy *policy_for(const char *uplinks, const char *text)
{
	char all[1024];

	snprintf(all, sizeof(all), "%s%s", uplinks, text);
	return packets_policy(all);
}

static uint32_t mark_of(struct worker *worker,
			const struct test_packet *test_packet)
{
	uint8_t bytes[TEST_PACKET_MAX];
	struct packet pkt = packets_make(test_packet, bytes);
	struct verdict verdict;

	worker_pass(worker);
	worker_classify(worker, &pkt, NULL, 1, false, &verdict);
	return verdict.mark;
}

static void go_over(struct worker *worker, const struct policy *policy)
{
	ck_assert_int_eq(worker_prepare(worker, policy), 0);
	worker_publish(worker);
	ck_assert(!worker_has_passed(worker));
}

START_TEST(script)
{
	const struct row *row = &rows[_i];
	struct policy *prev = policy_for(UPLINKS, row->prev);
	struct policy *after = policy_for(UPLINKS, row->after);
	struct worker *worker = packets_worker(prev);
	const struct stats_live *counters = worker_counters(worker);

	for (int i = 0; i < 4; i++) {
		uint32_t mark;

		if (i == 2)
			go_over(worker, after);
		mark = mark_of(worker, &row->steps[i].packet);
		ck_assert_msg(mark == row->steps[i].mark,
			      "%s: packet %d: mark %#x", row->name, i + 1,
			      mark);
		if (i == 2) {
			ck_assert(worker_has_passed(worker));
			policy_free(prev);
		}
	}
	ck_assert_uint_eq(counters->late_kept + counters->late_moved,
			  row->late);
	worker_free(worker);
	policy_free(after);
}
END_TEST

/* Path numbers differ between policies: the flow stays on its uplink. */
START_TEST(renumbered)
{
	static const char open[] = "route app ssh via m\nroute tcp via b";
	struct policy *policies[] = {
		policy_for(UPLINKS, open),
		policy_for("uplink b { dev b mark 7 }\n"
			   "uplink m { dev m mark 2 }\n", open),
		policy_for("uplink m { dev m mark 7 }\n"
			   "uplink b { dev b mark 9 }\n", open),
		policy_for("uplink m { dev m mark 9 }\n"
			   "uplink c { dev c mark 5 }\n",
			   "route app ssh via m\nroute tcp via c"),
	};
	static const uint32_t want[] = { B, 0, 0x09000000, 0x05000000 };
	struct worker *worker = packets_worker(policies[0]);
	struct test_packet syn = { SYN }, ack = { ACK, .seq = 1 };

	ck_assert_uint_eq(mark_of(worker, &syn), B);
	for (int i = 1; i < 4; i++) {
		go_over(worker, policies[i]);
		worker_pass(worker);
		ck_assert(worker_has_passed(worker));
		policy_free(policies[i - 1]);
		ack.mark = want[i];
		if (want[i] != 0)
			ck_assert_uint_eq(mark_of(worker, &ack), want[i]);
	}
	worker_free(worker);
	policy_free(policies[3]);
}
END_TEST

/* Counters of routes continue wherever their line is now. */
START_TEST(tallies)
{
	struct policy *prev = policy_for(UPLINKS,
		"class mail = tcp dport 25\nclass web = tcp dport 80\n"
		"route mail via a\nroute web via b\nroute app ssh via m");
	struct policy *after = policy_for(UPLINKS,
		"class web = tcp dport 80\nclass fresh = udp\n"
		"route fresh via m\nroute web via b\nroute tcp via a");
	struct worker *worker = packets_worker(prev);
	struct test_packet mail = { SYN, .dport = 25 };
	struct test_packet web = { SYN, .sport = 9 };

	mark_of(worker, &mail);
	mark_of(worker, &web);
	ck_assert_uint_eq(worker_routes(worker)->items[1].settled, 1);
	ck_assert_uint_eq(worker_classes(worker)->items[0].settled, 1);
	go_over(worker, after);
	web.sport = 10;
	mark_of(worker, &web);
	ck_assert(worker_has_passed(worker));
	ck_assert_uint_eq(worker_routes(worker)->items[0].settled, 0);
	ck_assert_uint_eq(worker_routes(worker)->items[1].settled, 2);
	ck_assert_uint_eq(worker_routes(worker)->items[2].settled, 0);
	ck_assert_uint_eq(worker_classes(worker)->items[0].settled, 2);
	ck_assert_uint_eq(worker_classes(worker)->items[1].settled, 0);
	ck_assert_uint_eq(worker_counters(worker)->settled, 3);
	worker_free(worker);
	policy_free(prev);
	policy_free(after);
}
END_TEST

START_TEST(late_by_route)
{
	struct policy *policy = policy_for(UPLINKS,
		"class shell = app ssh\nclass all = tcp\n"
		"route shell via a\nroute all via b");
	struct worker *worker = packets_worker(policy);
	struct test_packet syn = { SYN };
	struct test_packet ssh = { ACK, .seq = 1, .mark = B, SSH };

	ck_assert_uint_eq(mark_of(worker, &syn), B);
	ck_assert_uint_eq(mark_of(worker, &ssh), A | SETTLED);
	ck_assert_uint_eq(worker_routes(worker)->items[0].late_moved, 1);
	ck_assert_uint_eq(worker_routes(worker)->items[1].late_moved, 0);
	ck_assert_uint_eq(worker_classes(worker)->items[0].late_moved, 1);
	ck_assert_uint_eq(worker_classes(worker)->items[0].late_kept, 0);
	worker_free(worker);
	policy_free(policy);
}
END_TEST

/* A second policy has to wait; a prepared one can be withdrawn. */
START_TEST(one_at_a_time)
{
	struct policy *a = policy_for(UPLINKS, "route tcp via a");
	struct policy *b = policy_for(UPLINKS, "route tcp via b");
	struct worker *worker = packets_worker(a);
	struct test_packet syn = { SYN };

	ck_assert_int_eq(worker_prepare(worker, b), 0);
	ck_assert_int_eq(worker_prepare(worker, NULL), 0);
	ck_assert_uint_eq(mark_of(worker, &syn), A | SETTLED);
	go_over(worker, b);
	ck_assert_int_eq(worker_prepare(worker, a), -EBUSY);
	worker_pass(worker);
	ck_assert_int_eq(worker_prepare(worker, a), 0);
	worker_free(worker);
	policy_free(a);
	policy_free(b);
}
END_TEST

START_TEST(views)
{
	struct policy *policy = policy_for(UPLINKS,
					   "route host example.com payload "
					   "/zzz/ via a\nroute tcp via b");
	struct worker *worker = packets_worker(policy);
	struct test_packet syn = { SYN };
	struct test_packet http = { ACK, .seq = 1, .mark = B, HTTP };
	struct test_packet other = { SYN, .sport = 2, .dport = 25 };
	struct flow_query query = { 0 };

	mark_of(worker, &syn);
	mark_of(worker, &http);
	mark_of(worker, &other);
	worker_ask(worker, &query);
	ck_assert(!worker_has_answered(worker));
	worker_pass(worker);
	ck_assert(worker_has_answered(worker));
	ck_assert(query.is_complete);
	ck_assert_uint_eq(query.count, 2);
	for (int i = 0; i < 2; i++) {
		const struct flow_view *view = &query.views[i];
		bool is_http = view->dport == 80;

		ck_assert_str_eq(view->host, is_http ? "www.example.com" : "");
		ck_assert_uint_eq(view->packets, is_http ? 2 : 1);
		ck_assert_uint_eq(view->path, 2);
		ck_assert_int_eq(view->route, 1);
		ck_assert_uint_eq(view->needs, is_http ? FACT_PAYLOAD :
				  FACT_PAYLOAD | FACT_HOST);
	}
	worker_free(worker);
	policy_free(policy);
}
END_TEST

static void list_settled(struct worker *worker, struct flow_query *query)
{
	*query = (struct flow_query){ .with_settled = true };
	worker_ask(worker, query);
	worker_pass(worker);
	ck_assert(query->is_complete);
}

START_TEST(reports_settled)
{
	struct policy *policy = policy_for(UPLINKS, "route tcp dport 25 via b");
	struct worker *worker = packets_worker(policy);
	struct settled_ring *ring = calloc(1, sizeof(*ring));
	struct test_packet mail = { SYN, .dport = 25 };
	struct flow_view flow;

	ck_assert_ptr_nonnull(ring);
	mark_of(worker, &mail);			/* no follower */
	worker_report_settled(worker, ring);
	for (uint16_t i = 0; i < SETTLED_RING + 3; i++) {
		mail.sport = (uint16_t)(1000 + i);
		mark_of(worker, &mail);
	}
	for (uint16_t i = 0; i < SETTLED_RING; i++) {
		ck_assert(worker_take_settled(ring, &flow));
		ck_assert_uint_eq(flow.sport, 1000 + i);
		ck_assert(flow.is_settled);
		ck_assert_int_eq(flow.route, 0);
	}
	ck_assert(!worker_take_settled(ring, &flow));
	ck_assert_uint_eq(stats_read(&ring->lost), 3);
	worker_report_settled(worker, NULL);
	mail.sport = 9;
	mark_of(worker, &mail);
	ck_assert(!worker_take_settled(ring, &flow));
	worker_free(worker);
	policy_free(policy);
	free(ring);
}
END_TEST

/* What a settled flow was identified as outlives the policy that decided. */
START_TEST(settled_views)
{
	struct policy *old = policy_for(UPLINKS,
					"class web = host example.com\n"
					"route tcp dport 25 via b\n"
					"route web via b");
	struct policy *new = policy_for(UPLINKS, "route tcp dport 99 via a");
	struct worker *worker = packets_worker(old);
	struct test_packet syn = { SYN };
	struct test_packet http = { ACK, .seq = 1, .mark = A, HTTP };
	struct flow_query query;

	mark_of(worker, &syn);
	mark_of(worker, &http);
	for (int reloads = 0; reloads < 2; reloads++) {
		list_settled(worker, &query);
		ck_assert_uint_eq(query.count, 1);
		ck_assert(query.views[0].is_settled);
		ck_assert_str_eq(query.views[0].host, "www.example.com");
		ck_assert_uint_eq(query.views[0].source, FLOW_SOURCE_PAYLOAD);
		ck_assert_int_eq(query.views[0].route, 1);
		ck_assert_int_eq(query.views[0].class, 0);
		ck_assert_uint_eq(query.views[0].generation, 0);
		if (reloads > 0)
			break;
		ck_assert_int_eq(worker_prepare(worker, new), 0);
		worker_publish(worker);
		worker_pass(worker);
		/* Its next packet gives the path its new number only. */
		mark_of(worker, &(struct test_packet){ ACK, .seq = 99 });
	}
	mark_of(worker, &(struct test_packet){ SYN, .dport = 99, .sport = 7 });
	list_settled(worker, &query);
	ck_assert_uint_eq(query.count, 2);
	for (size_t i = 0; i < query.count; i++)
		ck_assert_uint_eq(query.views[i].generation,
				  query.views[i].dport == 99);
	worker_free(worker);
	policy_free(old);
	policy_free(new);
}
END_TEST

/* ---- under load ---- */

struct traffic {
	struct worker *worker;
	atomic_bool stopping;
	unsigned wrong;
	unsigned packets;
};

/* Open flows and send on them, so that some are in inspection at each
 * reload. */
static void *speak(void *arg)
{
	struct traffic *traffic = arg;
	uint8_t bytes[TEST_PACKET_MAX];

	for (uint32_t i = 0; !atomic_load(&traffic->stopping); i++) {
		uint16_t sport = (uint16_t)(1 + i % 97);
		struct test_packet test_packet = { SYN, .sport = sport };
		struct packet pkt;
		struct verdict verdict;
		uint32_t path;

		if (i / 97 % 3 != 0)
			test_packet = (struct test_packet){
				ACK, .sport = test_packet.sport,
				.mark = MAIN, .seq = i / 97 % 3,
				.data = i / 97 % 3 == 1 ? "SSH" : "-2.0-x\r\n",
			};
		pkt = packets_make(&test_packet, bytes);
		pkt.time_ns = (uint64_t)i * 1000;
		worker_pass(traffic->worker);
		worker_classify(traffic->worker, &pkt, NULL, 1, false,
				&verdict);
		path = verdict.mark & 0x3f000000;
		traffic->wrong += path != A && path != B && path != MAIN;
		traffic->packets++;
	}
	return NULL;
}

#define RELOADS 200

START_TEST(under_traffic)
{
	struct policy *policies[] = {
		policy_for(UPLINKS, "route app ssh via a"),
		policy_for(UPLINKS, "route payload /SSH-2/ via b"),
		policy_for(UPLINKS, "inspect bytes 1k\nroute app ssh via a"),
	};
	struct traffic traffic = { .worker = packets_worker(policies[0]) };
	struct flow_query *query = calloc(1, sizeof(*query));
	pthread_t thread;

	ck_assert_ptr_nonnull(query);
	ck_assert_int_eq(pthread_create(&thread, NULL, speak, &traffic), 0);
	for (int i = 1; i <= RELOADS; i++) {
		ck_assert_int_eq(worker_prepare(traffic.worker,
						policies[i % 3]), 0);
		worker_publish(traffic.worker);
		query->next = 0;
		worker_ask(traffic.worker, query);
		while (!worker_has_passed(traffic.worker) ||
		       !worker_has_answered(traffic.worker))
			sched_yield();
		ck_assert_uint_le(query->count, 64);
		ck_assert_uint_le(worker_routes(traffic.worker)
				  ->items[0].late_kept, UINT32_MAX);
	}
	atomic_store(&traffic.stopping, true);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(traffic.wrong, 0);
	ck_assert_uint_gt(traffic.packets, RELOADS);
	worker_free(traffic.worker);
	for (int i = 0; i < 3; i++)
		policy_free(policies[i]);
	free(query);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reload");
	TCase *tcase = tcase_create("reload");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, script, 0, ROWS(rows));
	tcase_add_test(tcase, renumbered);
	tcase_add_test(tcase, tallies);
	tcase_add_test(tcase, late_by_route);
	tcase_add_test(tcase, one_at_a_time);
	tcase_add_test(tcase, views);
	tcase_add_test(tcase, settled_views);
	tcase_add_test(tcase, reports_settled);
	tcase_add_test(tcase, under_traffic);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
