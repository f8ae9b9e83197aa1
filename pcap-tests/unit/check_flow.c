/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_flow.c - one flow for both directions, and which flows are evicted. */
#include <stdlib.h>

#include "engine/flow/client.h"
#include "engine/flow/flow.h"
#include "unit.h"

static size_t released;

static void release(void *ctx, struct flow *flow)
{
	(void)ctx;
	(void)flow;
	released++;
}

static struct address v4(uint32_t host)
{
	uint8_t b[4] = { (uint8_t)(host >> 24), (uint8_t)(host >> 16),
			 (uint8_t)(host >> 8), (uint8_t)host };
	uint32_t be;

	memcpy(&be, b, 4);
	return address_from_v4(be);
}

static struct packet packet_of(uint8_t proto, uint32_t src, uint16_t sport,
			       uint32_t dst, uint16_t dport)
{
	return (struct packet){
		.proto = proto, .has_ports = true, .ip_len = 60,
		.src = v4(src), .sport = sport,
		.dst = v4(dst), .dport = dport,
	};
}

static struct packet reply_to(const struct packet *pkt)
{
	struct packet reply = *pkt;

	reply.src = pkt->dst;
	reply.dst = pkt->src;
	reply.sport = pkt->dport;
	reply.dport = pkt->sport;
	return reply;
}

static struct flow *start(struct flow_table *table, const struct packet *pkt)
{
	return flow_start(table, pkt, 0, flow_hash(table, pkt, 0), NULL);
}

static struct flow *find(struct flow_table *table, const struct packet *pkt,
			 bool *ret_from_server)
{
	return flow_find(table, pkt, 0, flow_hash(table, pkt, 0),
			 ret_from_server);
}

static const struct {
	const char *name;
	struct packet pkt;
} tuples[] = {
	{ "tcp", { .proto = 6, .sport = 40000, .dport = 25,
		   .src.bytes = { 1 }, .dst.bytes = { 2 } } },
	{ "downward", { .proto = 17, .sport = 53, .dport = 1053,
			.src.bytes = { 9 }, .dst.bytes = { 2 } } },
	{ "equal ports", { .proto = 17, .sport = 123, .dport = 123,
			   .src.bytes = { 1 }, .dst.bytes = { 2 } } },
	{ "one host", { .proto = 17, .sport = 2, .dport = 1,
			.src.bytes = { 1 }, .dst.bytes = { 1 } } },
	{ "low halves differ", { .proto = 1, .sport = 7, .dport = 7,
				 .src.bytes = { [15] = 1 },
				 .dst.bytes = { [15] = 2 } } },
};

START_TEST(both_directions)
{
	struct flow_table *table = flow_table_new(64, false, NULL, NULL);
	struct packet there = tuples[_i].pkt;
	struct packet back = reply_to(&there);
	struct flow *flow;
	bool from_server = true;

	ck_assert_uint_eq(flow_hash(table, &there, 3),
			  flow_hash(table, &back, 3));
	ck_assert_ptr_null(find(table, &there, &from_server));
	flow = start(table, &there);
	ck_assert_ptr_eq(find(table, &there, &from_server), flow);
	ck_assert_msg(!from_server, "%s", tuples[_i].name);
	ck_assert_ptr_eq(find(table, &back, &from_server), flow);
	ck_assert_msg(from_server, "%s", tuples[_i].name);
	flow_table_free(table);
}
END_TEST

/* A difference in any part of the tuple is another flow. */
static const struct {
	const char *name;
	uint8_t proto;
	uint32_t src;
	uint16_t sport;
	uint32_t dst;
	uint16_t dport;
	uint32_t zone;
} others[] = {
	{ "protocol", 17, 1, 1000, 2, 25, 0 },
	{ "client", 6, 3, 1000, 2, 25, 0 },
	{ "server", 6, 1, 1000, 3, 25, 0 },
	{ "client port", 6, 1, 1001, 2, 25, 0 },
	{ "server port", 6, 1, 1000, 2, 26, 0 },
	{ "ports swapped", 6, 1, 25, 2, 1000, 0 },
	{ "zone", 6, 1, 1000, 2, 25, 7 },
};

START_TEST(another_flow)
{
	struct flow_table *table = flow_table_new(8, false, NULL, NULL);
	struct packet first = packet_of(6, 1, 1000, 2, 25);
	struct packet other = packet_of(others[_i].proto, others[_i].src,
					others[_i].sport, others[_i].dst,
					others[_i].dport);
	uint64_t hash = flow_hash(table, &other, others[_i].zone);
	bool from_server;

	start(table, &first);
	ck_assert_msg(flow_hash(table, &first, 0) != hash, "%s",
		      others[_i].name);
	/* Even if the hashes are equal by chance. */
	ck_assert_msg(flow_find(table, &other, others[_i].zone,
				flow_hash(table, &first, 0),
				&from_server) == NULL, "%s", others[_i].name);
	flow_table_free(table);
}
END_TEST

START_TEST(facts_of_first_packet)
{
	struct flow_table *table = flow_table_new(8, false, NULL, NULL);
	struct packet pkt = packet_of(6, 1, 1000, 2, 25);
	struct flow *flow;

	pkt.tos = 0x10;
	pkt.ip_len = 70000;
	pkt.time_ns = 42;
	flow = start(table, &pkt);
	ck_assert_uint_eq(flow->facts.tos, 0x10);
	ck_assert_uint_eq(flow->facts.length, 65535);
	ck_assert_uint_eq(flow->facts.sport, 1000);
	ck_assert(flow->facts.has_ports);
	ck_assert_uint_eq(flow->first_ns, 42);
	ck_assert_uint_eq(flow->last_ns, 42);
	ck_assert_int_eq(flow->state, FLOW_NEW);
	ck_assert_int_eq(flow->hint, -1);
	ck_assert_str_eq(flow_host(table, flow), "");
	flow_table_free(table);
}
END_TEST

START_TEST(syn_ack_comes_from_the_server)
{
	struct flow_table *table = flow_table_new(8, false, NULL, NULL);
	struct packet pkt = packet_of(6, 2, 25, 1, 1000);
	struct flow *flow;
	bool from_server;

	pkt.tcp_flags = TCP_SYN | TCP_ACK;
	flow = start(table, &pkt);
	ck_assert_uint_eq(flow->facts.sport, 1000);
	ck_assert_uint_eq(flow->facts.dport, 25);
	ck_assert_ptr_eq(find(table, &pkt, &from_server), flow);
	ck_assert(from_server);
	flow_table_free(table);
}
END_TEST

/* One bucket, so that all flows compete: 1 to 8, port 1000 + n. */
static struct flow_table *full_bucket(void)
{
	struct flow_table *table = flow_table_new(8, false, release, NULL);

	for (uint16_t n = 1; n <= 8; n++) {
		struct packet pkt = packet_of(6, 1, 1000 + n, 2, 25);

		pkt.time_ns = n;
		start(table, &pkt)->state = FLOW_INSPECTED;
	}
	released = 0;
	return table;
}

static const struct {
	const char *name;
	uint16_t settled;	/* bit n: flow n + 1 */
	uint16_t busy;		/* likewise: seen again recently */
	uint16_t victim;
} evictions[] = {
	{ "the longest idle", 0, 0, 1 },
	{ "the longest idle of those not recently seen", 0, 0x03, 3 },
	{ "settled before unsettled", 0x20, 0, 6 },
	{ "the longest idle settled", 0x28, 0, 4 },
	{ "a recent settled before an idle unsettled", 0x40, 0x40, 7 },
};

START_TEST(eviction)
{
	struct flow_table *table = full_bucket();
	struct packet next = packet_of(6, 1, 2000, 2, 25);
	bool from_server;

	for (uint16_t n = 1; n <= 8; n++) {
		struct packet pkt = packet_of(6, 1, 1000 + n, 2, 25);
		struct flow *flow = find(table, &pkt, &from_server);

		if (evictions[_i].settled >> (n - 1) & 1)
			flow_settle(table, flow);
		if (evictions[_i].busy >> (n - 1) & 1)
			flow_touch(table, flow, flow_hash(table, &pkt, 0), 100);
	}
	start(table, &next);
	ck_assert_uint_eq(released, 1);
	ck_assert_uint_eq(flow_table_evicted(table),
			  evictions[_i].settled == 0);
	for (uint16_t n = 1; n <= 8; n++) {
		struct packet pkt = packet_of(6, 1, 1000 + n, 2, 25);
		bool is_there = find(table, &pkt, &from_server) != NULL;

		ck_assert_msg(is_there == (n != evictions[_i].victim),
			      "%s: flow %d", evictions[_i].name, n);
	}
	flow_table_free(table);
}
END_TEST

/* Model: one of the eight flows in a bucket. */
struct seat {
	uint16_t sport;
	uint64_t last_ns;
	bool is_settled;
};

static size_t who_makes_way(const struct seat *seats)
{
	size_t who = 0;

	for (size_t i = 1; i < 8; i++)
		if (seats[i].is_settled != seats[who].is_settled
			    ? seats[i].is_settled
			    : seats[i].last_ns < seats[who].last_ns)
			who = i;
	return who;
}

/* Packets, decisions and new flows in any order. */
START_TEST(eviction_by_chance)
{
	struct flow_table *table = full_bucket();
	struct seat seats[8];
	unsigned int seed = 1;
	bool from_server;

	for (uint16_t n = 0; n < 8; n++)
		seats[n] = (struct seat){ 1001 + n, n + 1u, false };
	for (uint64_t now = 9; now < 20000; now++) {
		struct seat *seat = &seats[rand_r(&seed) % 8];
		struct packet pkt = packet_of(6, 1, seat->sport, 2, 25);
		uint64_t hash = flow_hash(table, &pkt, 0);
		struct flow *flow = find(table, &pkt, &from_server);

		ck_assert_msg(flow != NULL, "at %ju: flow %d is gone",
			      (uintmax_t)now, seat->sport);
		switch (rand_r(&seed) % 4) {
		case 0:
			flow_settle(table, flow);
			seat->is_settled = true;
			break;
		case 1:
			seat = &seats[who_makes_way(seats)];
			*seat = (struct seat){ (uint16_t)now, now, false };
			pkt = packet_of(6, 1, seat->sport, 2, 25);
			pkt.time_ns = now;
			flow_prefetch_match(table, flow_hash(table, &pkt, 0));
			start(table, &pkt)->state = FLOW_INSPECTED;
			break;
		default:
			flow_touch(table, flow, hash, now);
			seat->last_ns = now;
		}
	}
	flow_table_free(table);
}
END_TEST

static const struct {
	const char *name;
	uint8_t flags;
	uint16_t sport, dport;
	const char *payload;
	bool from_server;
} beginnings[] = {
	{ "SYN", TCP_SYN, 40000, 443, "", false },
	{ "SYN from a service's port", TCP_SYN, 443, 40000, "", false },
	{ "SYN-ACK", TCP_SYN | TCP_ACK, 40000, 40001, "", true },
	{ "data to a service", TCP_ACK, 40000, 443, "x", false },
	{ "data from a service", TCP_ACK, 25, 40000, "220 x\r\n", true },
	{ "ACK from a service", TCP_ACK, 22, 40000, "", true },
	{ "between two ports of a service", TCP_ACK, 25, 25, "x", false },
	{ "data to an unknown port", TCP_ACK, 27017, 9443, "x", false },
	{ "HTTP response", TCP_ACK, 40000, 40001, "HTTP/1.1 200", true },
	{ "HTTP request", TCP_ACK, 40000, 40001, "GET / HTTP/1.1", false },
	{ "ServerHello", TCP_ACK, 40000, 40001, "\x16\3\3\1\1\2", true },
	{ "ClientHello", TCP_ACK, 40000, 40001, "\x16\3\1\1\1\1", false },
	{ "unknown", TCP_ACK, 40000, 40001, "x", false },
};

START_TEST(begins_with_server)
{
	struct packet pkt = packet_of(6, 1, beginnings[_i].sport, 2,
				      beginnings[_i].dport);

	pkt.tcp_flags = beginnings[_i].flags;
	pkt.payload = (const uint8_t *)beginnings[_i].payload;
	pkt.payload_len = (uint32_t)strlen(beginnings[_i].payload);
	ck_assert_msg(flow_begins_with_server(&pkt) ==
		      beginnings[_i].from_server, "%s", beginnings[_i].name);
}
END_TEST

/* A flood of one client's flows evicts its own, not those of others. */
START_TEST(fair_shares)
{
	struct flow_table *table = flow_table_new(64, true, release, NULL);
	struct packet victim, flood;
	bool from_server;
	unsigned int kept = 0;

	ck_assert_ptr_nonnull(table);
	for (uint16_t i = 0; i < 8; i++) {
		victim = packet_of(IPPROTO_TCP, 0x0a000001u + i, 1000,
				   0xc6336407, 443);
		start(table, &victim);
	}
	for (uint32_t i = 0; i < 10000; i++) {
		flood = packet_of(IPPROTO_TCP, 0x0a0000ff, (uint16_t)i,
				  0xc6336400 + i / 60000, 80);
		flood.time_ns = 1 + i;
		start(table, &flood);
	}
	for (uint16_t i = 0; i < 8; i++) {
		victim = packet_of(IPPROTO_TCP, 0x0a000001u + i, 1000,
				   0xc6336407, 443);
		kept += find(table, &victim, &from_server) != NULL;
	}
	ck_assert_uint_eq(kept, 8);
	flow_table_free(table);
}
END_TEST

/* Bytes give the same answer as whole clients; 0 is no client of any. */
START_TEST(heaviest_by_bytes)
{
	static const struct {
		uint8_t clients[CLIENTS_MAX];
		unsigned int want;
	} known[] = {
		{ { 1, 2, 3, 4, 5, 6, 7, 8 }, 0xff },
		{ { 1, 2, 3, 4, 255, 6, 7, 255 }, 0x90 },
		{ { 9, 9, 9, 4, 5, 6, 7, 8 }, 0x07 },
		{ { 0, 0, 0, 0, 0, 0, 0, 0 }, 0xff },
		{ { 0, 0, 0, 0, 0, 0, 8, 8 }, 0xc0 },
		{ { 128, 128, 128, 128, 128, 128, 128, 128 }, 0xff },
		{ { 1, 2, 1, 2, 1, 2, 0, 128 }, 0x3f },
	};
	uint64_t clients[CLIENTS_MAX];
	uint8_t bytes[CLIENTS_MAX];
	uint32_t state = 1;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		ck_assert_uint_eq(client_heaviest_bytes(known[i].clients),
				  known[i].want);
	for (int round = 0; round < 20000; round++) {
		for (size_t i = 0; i < CLIENTS_MAX; i++) {
			state = state * 1664525u + 1013904223u;
			bytes[i] = (uint8_t)((state >> 24) % (2 + round % 7) *
					     (round % 2 ? 1 : 51));
			clients[i] = bytes[i];
		}
		ck_assert_uint_eq(client_heaviest_bytes(bytes),
				  client_heaviest(clients, CLIENTS_MAX));
	}
}
END_TEST

START_TEST(again_in_place)
{
	struct flow_table *table = full_bucket();
	struct packet pkt = packet_of(6, 1, 1003, 2, 25);
	struct packet back = reply_to(&pkt);
	struct flow *flow, *renewed;
	bool from_server;

	flow = find(table, &pkt, &from_server);
	strcpy(flow_names(table, flow)->host, "old.example");
	flow->has_host = true;
	renewed = flow_start(table, &back, 0, flow_hash(table, &back, 0), flow);
	ck_assert_ptr_eq(renewed, flow);
	ck_assert_uint_eq(released, 1);
	ck_assert_uint_eq(flow_table_evicted(table), 0);
	ck_assert_str_eq(flow_host(table, flow), "");
	ck_assert_uint_eq(flow->facts.sport, 1003);
	ck_assert_ptr_eq(find(table, &pkt, &from_server), flow);
	ck_assert(!from_server);
	flow_table_free(table);
}
END_TEST

START_TEST(flood)
{
	struct flow_table *table = flow_table_new(4096, false, release, NULL);
	size_t bytes = flow_table_bytes(table);
	unsigned seed = 1;
	size_t found = 0;
	bool from_server;

	released = 0;
	for (size_t i = 0; i < 1000000; i++) {
		struct packet pkt = packet_of(17, (uint32_t)rand_r(&seed),
					      (uint16_t)rand_r(&seed), 2, 53);

		pkt.time_ns = i;
		start(table, &pkt)->state = FLOW_INSPECTED;
		ck_assert_ptr_nonnull(find(table, &pkt, &from_server));
	}
	ck_assert_uint_eq(flow_table_bytes(table), bytes);
	ck_assert_uint_eq(flow_table_evicted(table), released);
	ck_assert_uint_ge(released, 1000000 - 4096);
	/* The latest flows are still there, except for full buckets. */
	seed = 1;
	for (size_t i = 0; i < 1000000; i++) {
		struct packet pkt = packet_of(17, (uint32_t)rand_r(&seed),
					      (uint16_t)rand_r(&seed), 2, 53);

		if (i >= 1000000 - 1000)
			found += find(table, &pkt, &from_server) != NULL;
	}
	ck_assert_uint_ge(found, 990);
	flow_table_free(table);
}
END_TEST

/* Each part has its own places, and no flow is in two parts. */
START_TEST(parts)
{
	enum { PARTS = 4, PLACES = 256 };
	struct flow_table *table = flow_table_new(PLACES, true, NULL, NULL);
	struct flow_table *part[PARTS];
	unsigned seed = 1;
	bool from_server;

	released = 0;
	for (size_t i = 0; i < PARTS; i++)
		part[i] = flow_table_part(table, i, PARTS, release, NULL);
	for (size_t i = 0; i < 100 * PLACES; i++) {
		struct packet pkt = packet_of(17, (uint32_t)rand_r(&seed),
					      (uint16_t)rand_r(&seed), 2, 53);
		size_t n = flow_part_of(flow_hash(table, &pkt, 0), PARTS);

		ck_assert_uint_lt(n, PARTS);
		start(part[n], &pkt)->state = FLOW_INSPECTED;
		for (size_t k = 0; k < PARTS; k++)
			ck_assert((find(part[k], &pkt, &from_server) != NULL) ==
				  (k == n));
	}
	ck_assert_uint_eq(released, 100 * PLACES - PLACES);
	ck_assert_uint_eq(flow_table_places(table), PLACES);
	for (size_t i = 0; i < PLACES; i++)
		ck_assert_int_eq(flow_table_at(table, i)->state,
				 FLOW_INSPECTED);
	for (size_t i = 0; i < PARTS; i++)
		flow_table_free(part[i]);
	flow_table_free(table);
}
END_TEST

/* Consecutive addresses, as in a scan, spread over all buckets. */
START_TEST(spread)
{
	struct flow_table *table = flow_table_new(65536, false, release, NULL);

	released = 0;
	for (uint32_t i = 0; i < 16384; i++) {
		struct packet pkt = packet_of(6, 0x0a000001, 40000,
					      0x0a010000 + i, 80);

		start(table, &pkt);
	}
	/* 8,192 buckets with 2 flows each on average: about 2 in 10,000 of them
	 * get more than 8. */
	ck_assert_uint_lt(released, 50);
	flow_table_free(table);
}
END_TEST

START_TEST(keys_differ)
{
	struct flow_table *a = flow_table_new(8, false, NULL, NULL);
	struct flow_table *b = flow_table_new(8, false, NULL, NULL);
	struct flow_table *c = flow_table_new(8, true, NULL, NULL);
	struct flow_table *d = flow_table_new(8, true, NULL, NULL);
	struct packet pkt = packet_of(6, 1, 1000, 2, 25);

	ck_assert_uint_ne(flow_hash(a, &pkt, 0), flow_hash(b, &pkt, 0));
	ck_assert_uint_eq(flow_hash(c, &pkt, 0), flow_hash(d, &pkt, 0));
	flow_table_free(a);
	flow_table_free(b);
	flow_table_free(c);
	flow_table_free(d);
	flow_table_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("flow");
	TCase *tcase = tcase_create("flow");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, both_directions, 0, ROWS(tuples));
	tcase_add_loop_test(tcase, another_flow, 0, ROWS(others));
	tcase_add_test(tcase, facts_of_first_packet);
	tcase_add_test(tcase, syn_ack_comes_from_the_server);
	tcase_add_loop_test(tcase, eviction, 0, ROWS(evictions));
	tcase_add_test(tcase, eviction_by_chance);
	tcase_add_loop_test(tcase, begins_with_server, 0, ROWS(beginnings));
	tcase_add_test(tcase, again_in_place);
	tcase_add_test(tcase, fair_shares);
	tcase_add_test(tcase, heaviest_by_bytes);
	tcase_add_test(tcase, flood);
	tcase_add_test(tcase, parts);
	tcase_add_test(tcase, spread);
	tcase_add_test(tcase, keys_differ);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
