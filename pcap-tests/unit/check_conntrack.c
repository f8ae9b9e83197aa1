/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_conntrack.c - connection states for scripts of packets. */
#include <stdlib.h>
#include <string.h>

#include "engine/replay/conntrack.h"
#include "engine/packet/decode.h"
#include "packets.h"
#include "unit.h"

#define STEPS 8
#define S(n) .ms = (n) * 1000
#define SYN .flags = TCP_SYN
#define SYNACK .flags = TCP_SYN | TCP_ACK, .back = true
#define ACK .flags = TCP_ACK
#define FIN .flags = TCP_FIN | TCP_ACK
#define RST .flags = TCP_RST
#define UDP .proto = IPPROTO_UDP
#define PING .proto = IPPROTO_ICMP, .flags = 8

/* States: New, Known, Invalid; r(elated) and i(nvalid) are ICMP errors that
 * quote the packet. Connections are numbered from 1. */
static const struct row {
	const char *name;
	struct {
		struct test_packet packet;
		char state;		/* 0: the end */
		size_t life;
	} steps[STEPS];
} rows[] = {
	{ "handshake", {
		{ { SYN }, 'N', 1 }, { { SYNACK }, 'K', 1 },
		{ { ACK }, 'K', 1 }, { { ACK, .back = true }, 'K', 1 } } },
	{ "a retransmitted SYN", {
		{ { SYN }, 'N', 1 }, { { SYN, S(3) }, 'K', 1 } } },
	{ "SYN sent: 120 s", {
		{ { SYN }, 'N', 1 }, { { SYN, S(121) }, 'N', 2 } } },
	{ "established: five days", {
		{ { SYN }, 'N', 1 }, { { SYNACK }, 'K', 1 },
		{ { ACK }, 'K', 1 }, { { ACK, S(400000) }, 'K', 1 } } },
	{ "picked up in midstream", {
		{ { ACK, .back = true }, 'N', 1 }, { { ACK }, 'K', 1 } } },
	{ "SYN+ACK without SYN", { { { SYNACK }, 'I', 1 } } },
	{ "FIN without connection",
	  { { { FIN }, 'I', 1 }, { { FIN }, 'I', 1 } } },
	{ "RST without connection", { { { RST }, 'I', 1 } } },
	{ "no flags", { { { .proto = IPPROTO_TCP }, 'I', 1 } } },
	{ "all flags", {
		{ { .flags = TCP_SYN | TCP_FIN | TCP_RST }, 'I', 1 } } },
	{ "SYN+ACK without SYN, then data: one flow", {
		{ { SYNACK }, 'I', 1 }, { { ACK }, 'N', 1 },
		{ { ACK, .back = true }, 'K', 1 } } },
	{ "answer without request", {
		{ { SYN }, 'N', 1 }, { { ACK }, 'I', 1 },
		{ { FIN }, 'I', 1 } } },
	{ "SYN from the server", {
		{ { SYN }, 'N', 1 }, { { SYNACK }, 'K', 1 },
		{ { ACK }, 'K', 1 }, { { SYN, .back = true }, 'I', 1 } } },
	{ "SYN within a connection", {
		{ { SYN }, 'N', 1 }, { { SYNACK }, 'K', 1 },
		{ { ACK }, 'K', 1 }, { { SYN, .seq = 9 }, 'K', 1 } } },
	{ "reopened after both FINs", {
		{ { SYN }, 'N', 1 }, { { SYNACK }, 'K', 1 },
		{ { ACK }, 'K', 1 }, { { FIN }, 'K', 1 },
		{ { FIN, .back = true }, 'K', 1 }, { { ACK }, 'K', 1 },
		{ { SYN, .seq = 9 }, 'N', 2 } } },
	{ "reopened by the server", {
		{ { SYN }, 'N', 1 }, { { SYNACK }, 'K', 1 },
		{ { ACK }, 'K', 1 }, { { FIN }, 'K', 1 },
		{ { FIN, .back = true }, 'K', 1 }, { { ACK }, 'K', 1 },
		{ { SYN, .back = true }, 'N', 2 } } },
	{ "one FIN is not the end", {
		{ { SYN }, 'N', 1 }, { { SYNACK }, 'K', 1 },
		{ { ACK }, 'K', 1 }, { { FIN }, 'K', 1 },
		{ { ACK, .back = true }, 'K', 1 },
		{ { SYN, .seq = 9 }, 'K', 1 } } },
	{ "reopened after RST", {
		{ { SYN }, 'N', 1 }, { { SYNACK }, 'K', 1 },
		{ { RST }, 'K', 1 }, { { SYN, .seq = 9 }, 'N', 2 } } },
	{ "after RST: 10 s", {
		{ { SYN }, 'N', 1 }, { { RST, .back = true }, 'K', 1 },
		{ { ACK, S(9) }, 'K', 1 }, { { ACK, S(20) }, 'N', 2 } } },
	{ "refused: not reopened by the server", {
		{ { SYN }, 'N', 1 }, { { RST, .back = true }, 'K', 1 },
		{ { SYN, .back = true }, 'I', 1 } } },
	{ "UDP: 30 s", {
		{ { UDP }, 'N', 1 }, { { UDP, S(30) }, 'K', 1 },
		{ { UDP, S(61) }, 'N', 2 } } },
	{ "UDP, answered at once: 30 s", {
		{ { UDP }, 'N', 1 }, { { UDP, .back = true, S(1) }, 'K', 1 },
		{ { UDP, S(32) }, 'N', 2 } } },
	{ "UDP, a stream: 120 s", {
		{ { UDP }, 'N', 1 }, { { UDP, .back = true, S(3) }, 'K', 1 },
		{ { UDP, S(123) }, 'K', 1 }, { { UDP, S(244) }, 'N', 2 } } },
	{ "UDP: either side may begin", {
		{ { UDP, .back = true }, 'N', 1 }, { { UDP }, 'K', 1 } } },
	{ "ping", {
		{ { PING, .sport = 7 }, 'N', 1 },
		{ { .proto = IPPROTO_ICMP, .back = true, .sport = 7 }, 'K', 1 },
		{ { PING, .sport = 7, S(31) }, 'N', 2 },
		{ { PING, .sport = 8, S(31) }, 'N', 3 } } },
	{ "echo reply without request", {
		{ { .proto = IPPROTO_ICMP, .sport = 7 }, 'I', 1 } } },
	{ "ICMP error", {
		{ { SYN }, 'N', 1 }, { { SYN }, 'r', 1 } } },
	{ "ICMP error without connection", {
		{ { SYN }, 'i', 1 }, { { SYN }, 'N', 2 } } },
	{ "ICMP error after the timeout", {
		{ { UDP }, 'N', 1 }, { { UDP, S(31) }, 'i', 2 } } },
	{ "other ports are another flow", {
		{ { SYN }, 'N', 1 }, { { SYN, .sport = 9 }, 'N', 2 },
		{ { SYN, .dport = 9 }, 'N', 3 }, { { UDP }, 'N', 4 } } },
	{ "other protocols: 600 s", {
		{ { .proto = IPPROTO_ESP }, 'N', 1 },
		{ { .proto = IPPROTO_ESP, .back = true, S(600) }, 'K', 1 },
		{ { .proto = IPPROTO_ESP, S(1201) }, 'N', 2 } } },
};

static char letter(enum conntrack_state state, bool is_error)
{
	return (is_error ? "nkriu" : "NKRIU")[state];
}

/* Many tuples collide. */
static uint64_t hash_of(const struct packet *pkt)
{
	return ((uint64_t)pkt->sport + pkt->dport) / 3;
}

/* Track a packet, or an ICMP error by the packet it quotes. */
static enum conntrack_state take(struct conntrack *conntrack,
				 const struct packet *pkt,
				 struct conntrack_entry **ret_entry,
				 bool *ret_from_server)
{
	enum conntrack_state state;
	struct packet quoted;

	if (pkt->quoted != NULL) {
		decode_quoted(pkt, &quoted);
		*ret_entry = conntrack_related(conntrack, &quoted, 0,
					       hash_of(&quoted),
					       pkt->time_ns, ret_from_server);
		if (*ret_entry != NULL)
			return CONNTRACK_RELATED;
	}
	ck_assert_int_eq(conntrack_track(conntrack, pkt, 0, hash_of(pkt),
					 ret_entry, &state, ret_from_server),
			 0);
	return state;
}

START_TEST(script)
{
	struct conntrack *conntrack = conntrack_new(100000, NULL, NULL);
	size_t entries = 0;

	for (size_t i = 0; i < STEPS && rows[_i].steps[i].state != 0; i++) {
		const struct test_packet *spec = &rows[_i].steps[i].packet;
		struct conntrack_entry *entry;
		enum conntrack_state state;
		uint8_t bytes[TEST_PACKET_MAX];
		struct packet pkt = packets_make(spec, bytes);
		bool is_error = rows[_i].steps[i].state >= 'a';
		bool from_server;

		if (is_error)
			pkt.len = (uint32_t)packets_error(spec, bytes);
		decode_ip(&pkt);
		state = take(conntrack, &pkt, &entry, &from_server);
		if (entry->owner == CONNTRACK_NO_OWNER)
			entry->owner = ++entries;
		ck_assert_msg(letter(state, is_error) ==
				      rows[_i].steps[i].state &&
				      entry->owner == rows[_i].steps[i].life,
			      "%s: packet %zu: %c, life %zu", rows[_i].name,
			      i + 1, letter(state, is_error), entry->owner);
	}
	conntrack_free(conntrack);
}
END_TEST

static enum conntrack_state track(struct conntrack *conntrack,
				  const struct test_packet *spec,
				  struct conntrack_entry **ret_entry,
				  bool *ret_from_server)
{
	uint8_t bytes[TEST_PACKET_MAX];
	struct packet pkt = packets_make(spec, bytes);
	enum conntrack_state state;

	decode_ip(&pkt);
	state = take(conntrack, &pkt, ret_entry, ret_from_server);
	if ((*ret_entry)->owner == CONNTRACK_NO_OWNER)
		(*ret_entry)->owner = 1;
	return state;
}

START_TEST(directions)
{
	struct conntrack *conntrack = conntrack_new(100000, NULL, NULL);
	struct conntrack_entry *entry;
	bool from_server;

	track(conntrack, &(struct test_packet){ SYNACK }, &entry, &from_server);
	ck_assert(from_server);
	ck_assert_uint_eq(entry->sport, 40000);
	/* The first sender counts as the client, as in the kernel. */
	track(conntrack, &(struct test_packet){ ACK, .back = true }, &entry,
	      &from_server);
	ck_assert(!from_server);
	ck_assert_uint_eq(entry->sport, 80);
	track(conntrack, &(struct test_packet){ ACK }, &entry, &from_server);
	ck_assert(from_server);
	conntrack_free(conntrack);
}
END_TEST

START_TEST(marks)
{
	struct conntrack *conntrack = conntrack_new(100000, NULL, NULL);
	struct conntrack_entry *entry, *again;
	bool from_server;

	track(conntrack, &(struct test_packet){ UDP }, &entry, &from_server);
	entry->mark = 42;
	track(conntrack, &(struct test_packet){ UDP, .back = true }, &again,
	      &from_server);
	ck_assert_ptr_eq(entry, again);
	ck_assert_uint_eq(again->mark, 42);
	track(conntrack, &(struct test_packet){ UDP, S(200) }, &again,
	      &from_server);
	ck_assert_uint_eq(again->mark, 0);
	conntrack_free(conntrack);
}
END_TEST

START_TEST(dropped)
{
	struct conntrack *conntrack = conntrack_new(100000, NULL, NULL);
	struct conntrack_entry *entry;
	bool from_server;

	track(conntrack, &(struct test_packet){ SYN }, &entry, &from_server);
	entry->mark = 42;
	conntrack_drop(entry);
	ck_assert_uint_eq(entry->mark, 0);
	ck_assert_int_eq(track(conntrack, &(struct test_packet){ SYN, S(1) },
			       &entry, &from_server), CONNTRACK_NEW);
	ck_assert_uint_eq(entry->owner, 1);
	conntrack_free(conntrack);
}
END_TEST

/* Entries are still found after the table has grown. */
START_TEST(many)
{
	struct conntrack *conntrack = conntrack_new(100000, NULL, NULL);
	struct conntrack_entry *entry;
	bool from_server;

	for (uint16_t port = 1; port < 5000; port++)
		ck_assert_int_eq(track(conntrack,
				       &(struct test_packet){ UDP,
							      .sport = port },
				       &entry, &from_server), CONNTRACK_NEW);
	for (uint16_t port = 1; port < 5000; port++) {
		ck_assert_int_eq(track(conntrack, &(struct test_packet){ UDP,
				       .sport = port, .back = true },
				       &entry, &from_server), CONNTRACK_KNOWN);
		ck_assert(from_server);
	}
	conntrack_free(conntrack);
	conntrack_free(NULL);
}
END_TEST

#define FEW 2048
#define FLOWS 60000

static bool ended[FLOWS + 1];

static void note_end(void *ctx, uintptr_t owner)
{
	(void)ctx;
	ck_assert_uint_ge(owner, 1);
	ck_assert(!ended[owner]);
	ended[owner] = true;
}

/* That many one-packet flows, `step_ms` apart; returns how many have ended. */
static size_t count_ended(size_t max, size_t flows, uint32_t step_ms)
{
	struct conntrack *conntrack = conntrack_new(max, note_end, NULL);
	size_t count = 0;

	for (size_t i = 1; i <= flows; i++) {
		const struct test_packet spec = {
			.proto = IPPROTO_UDP, .sport = (uint16_t)i,
			.ms = (uint32_t)i * step_ms,
		};
		uint8_t bytes[TEST_PACKET_MAX];
		struct packet pkt = packets_make(&spec, bytes);
		struct conntrack_entry *entry;
		enum conntrack_state state;
		bool from_server;

		decode_ip(&pkt);
		state = take(conntrack, &pkt, &entry, &from_server);
		ck_assert_int_eq(state, CONNTRACK_NEW);
		ck_assert_uint_eq(entry->owner, CONNTRACK_NO_OWNER);
		entry->owner = i;
	}
	conntrack_free(conntrack);
	for (size_t i = 1; i <= flows; i++)
		count += ended[i];
	return count;
}

/* All are active: only as many as necessary are evicted. */
START_TEST(full)
{
	size_t late = 0;

	ck_assert_uint_eq(count_ended(FEW, 10 * FEW, 1), 9 * FEW);
	for (size_t i = 0; i < FEW / 4; i++)
		late += ended[10 * FEW - i];
	ck_assert_uint_lt(late, FEW / 40);
}
END_TEST

/* Expired entries are removed before the table is full. */
START_TEST(swept)
{
	ck_assert_uint_ge(count_ended(10 * FLOWS, FLOWS, 1000), FLOWS - FEW);
	for (size_t i = FLOWS - 30; i <= FLOWS; i++)
		ck_assert(!ended[i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conntrack");
	TCase *tcase = tcase_create("conntrack");

	tcase_add_loop_test(tcase, script, 0, ROWS(rows));
	tcase_add_test(tcase, directions);
	tcase_add_test(tcase, marks);
	tcase_add_test(tcase, dropped);
	tcase_add_test(tcase, many);
	tcase_add_test(tcase, full);
	tcase_add_test(tcase, swept);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
