/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_worker_servers.c - what a worker learns about servers from flows, and
 * which clients that is used for. */
#include <arpa/inet.h>
#include <stdio.h>

#include "engine/worker/worker.h"
#include "packets.h"
#include "unit.h"

#define A 0x01000000u
#define MAIN 0x3f000000u
#define V "198.51.100.9"
#define SYN_TO(where) { .flags = TCP_SYN, .dport = 443, .dst = where }
#define HELLO_MORE "\x16\x03\x01\x02\0\x01"	/* a ClientHello begins */

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

static struct policy *policy_for(const char *text)
{
	char all[1024];

	snprintf(all, sizeof(all), "uplink a { dev a mark 1 }\n%s"
		 "route host v.example via a\n", text);
	return packets_policy(all);
}

static struct worker *worker_for(const struct policy *policy,
				 struct learned *learned)
{
	const struct worker_options options = {
		.flows = 64, .streams = 8, .learned = learned,
	};
	struct worker *worker = worker_new(policy, &options);

	ck_assert_ptr_nonnull(learned);
	ck_assert_ptr_nonnull(worker);
	return worker;
}

static struct address address_of(const char *text)
{
	struct address address;
	uint32_t v4;

	ck_assert_int_eq(inet_pton(AF_INET, text, &v4), 1);
	address = address_from_v4(v4);
	return address;
}

static bool knows_server(const struct learned *learned, const char *client)
{
	struct address from = address_of(client), to = address_of(V);
	struct learned_look look = learned_look(learned, &from, &to,
						IPPROTO_TCP, 443);
	struct learned_found found;

	return learned_server(learned, &look, 1000000, &found);
}

/* The budget ends within a ClientHello: the flow does not show that the server
 * has no name. */
START_TEST(given_up)
{
	struct policy *policy = policy_for(_i == 0 ? "inspect packets 3\n" :
						     "inspect bytes 256\n");
	struct learned *learned = learned_new(NULL);
	struct worker *worker = worker_for(policy, learned);
	static const char more[] = HELLO_MORE "\0\x01\xfc\x03\x03";
	struct test_packet syn = { .dport = 443, .dst = V, .flags = TCP_SYN,
				   .seq = 9 };
	struct test_packet data = { .dport = 443, .dst = V, .flags = TCP_ACK,
				    .seq = 10, .data = more,
				    .len = sizeof(more) - 1 };

	mark_of(worker, &syn);
	for (int i = 0; i < 40; i++) {
		mark_of(worker, &data);
		data.seq += (uint32_t)data.len;
	}
	ck_assert_uint_eq(worker_counters(worker)->settled, 1);
	ck_assert(!knows_server(learned, "192.168.1.9"));
	worker_free(worker);
	learned_free(learned);
	policy_free(policy);
}
END_TEST

/* What one client's flows revealed does not choose another client's uplink;
 * three clients are enough, unless the decision concerns a strict uplink. */
static const struct {
	const char *name;
	const char *policy;
	unsigned int clients;
	uint32_t mark;
} others[] = {
	{ "one other client", "", 1, MAIN },
	{ "two other clients", "", 2, MAIN },
	{ "three other clients", "", 3, A },
	{ "away from a strict uplink", "default via s\n", 3, 0x04000000u },
	{ "to a strict uplink", "route host v.example via s\n", 3, MAIN },
};

START_TEST(other_clients)
{
	char text[512];
	struct policy *policy;
	struct learned *learned = learned_new(NULL);
	struct address server = address_of(V), client;
	static const struct test_packet syn = SYN_TO(V);
	struct worker *worker;

	snprintf(text, sizeof(text),
		 "uplink s { dev s mark 4 strict }\n%s", others[_i].policy);
	policy = policy_for(text);
	worker = worker_for(policy, learned);
	for (unsigned int i = 0; i < others[_i].clients; i++) {
		client = address_from_v4(htonl(0x0a000001 + i));
		for (int n = 0; n < 4; n++)
			learned_add_server(learned, &client, &server,
					   IPPROTO_TCP, 443, 1, "v.example",
					   1000000);
	}
	ck_assert_msg(mark_of(worker, &syn) == others[_i].mark, "%s",
		      others[_i].name);
	worker_free(worker);
	learned_free(learned);
	policy_free(policy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("worker_servers");
	TCase *tcase = tcase_create("worker_servers");

	tcase_add_loop_test(tcase, given_up, 0, 2);
	tcase_add_loop_test(tcase, other_clients, 0, ROWS(others));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
