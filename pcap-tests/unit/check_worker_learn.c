/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_worker_learn.c - what a worker learns from DNS answers, and how long it
 * keeps questions open. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "engine/worker/worker.h"
#include "packets.h"
#include "unit.h"

/* Paths 1, 2, 3; main is 0x3f, drop 0x3e; settled is the mask's top bit. */
#define UPLINKS "uplink a { dev a mark 1 }\nuplink b { dev b mark 2 }\n" \
		"uplink m { dev m mark 3 masquerade }\n"
#define ROUTE "route host v.example via a\n"
#define SETTLED 0x40000000u
#define A 0x01000000u
#define MAIN 0x3f000000u

/* v.example is at 198.51.100.9, w.example at .10. A question has a host, too:
 * the one for v.example takes its path. */
#define ASK(name) "\0\7\1\0\0\1\0\0\0\0\0\0\1" name "\7example\0\0\1\0\1"
#define REPLY(name, host) "\0\7\x81\x80\0\1\0\1\0\0\0\0\1" name \
	"\7example\0\0\1\0\1\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc6\x33\x64" host
#define NO_SUCH "\0\7\x81\x83\0\1\0\0\0\0\0\0\1w\7example\0\0\1\0\1"
#define REPLY_REST_V "\x81\x80\0\1\0\1\0\0\0\0\1v" \
	"\7example\0\0\1\0\1\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc6\x33\x64\x09"
#define REPLY_V REPLY("v", "\x09")
#define ASK6 "\0\7\1\0\0\1\0\0\0\0\0\0\1v\7example\0\0\x1c\0\1"
#define REPLY_V6 "\0\7\x81\x80\0\1\0\1\0\0\0\0\1v\7example\0\0\x1c\0\1" \
	"\xc0\x0c\0\x1c\0\1\0\0\0\x3c\0\x10" \
	"\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x09"
#define ASK_LEN "\0\x1b"
#define REPLY_LEN "\0\x2b"

#define RESOLVER "198.51.100.53"
#define ROUTER "192.168.1.1"
#define OTHER "192.168.1.10"
#define V "198.51.100.9"
#define W "198.51.100.10"

#define CLIENT6 "2001:db8:1::9"
#define V6 "2001:db8::9"
#define RESOLVER6 "2001:db8::53"

#define UDP(where, bytes) \
	.proto = IPPROTO_UDP, .sport = 5000, .dport = 53, .dst = where, \
	DATA(bytes)
#define TCP(where) .sport = 5000, .dport = 53, .dst = where, \
	.flags = TCP_ACK
#define QUESTION { UDP(RESOLVER, ASK("v")) }
#define ANSWER { UDP(RESOLVER, REPLY_V), .back = true }
#define SYN_TO(where) { .flags = TCP_SYN, .dport = 443, .dst = where }
/* From the machine `who`; via IPv6. */
#define QUESTION_OF(who) { UDP(RESOLVER, ASK6), .hwaddr = who }
#define ANSWER_FOR_V6 { UDP(RESOLVER, REPLY_V6), .back = true, .hwaddr = 99 }
#define SYN_FROM(who) { .flags = TCP_SYN, .dport = 443, .hwaddr = who }
#define SYN6_FROM(who) { .flags = TCP_SYN, .dport = 443, .src = CLIENT6, \
	.dst = V6, .hwaddr = who }
#define QUESTION6_OF(who) { UDP(RESOLVER6, ASK("v")), .src = CLIENT6, \
	.hwaddr = who }
#define ANSWER6 { UDP(RESOLVER6, REPLY_V), .src = CLIENT6, .back = true, \
	.hwaddr = 99 }
/* Of the router's own resolver: the questions are not queued. */
#define LOCAL_UDP { UDP(ROUTER, REPLY_V), .back = true }
#define LOCAL_TCP(number, bytes) \
	{ TCP(ROUTER), .seq = number, DATA(bytes), .back = true }
#define LOCAL_START { .sport = 5000, .dport = 53, .dst = ROUTER, .seq = 99, \
	.flags = TCP_SYN | TCP_ACK, .back = true }

#define TCP_OPEN { .sport = 5000, .dport = 53, .dst = RESOLVER, \
	.flags = TCP_SYN, .seq = 9 }
#define TCP_OPENED { .sport = 5000, .dport = 53, .dst = RESOLVER, .seq = 99, \
	.flags = TCP_SYN | TCP_ACK, .back = true }

#define STEPS 8

static const struct row {
	const char *name;
	const char *policy;
	struct {
		struct test_packet packet;
		uint32_t mark;
		bool is_local;	/* no interface: from the router */
	} steps[STEPS];
	unsigned int answers;		/* that were learned from */
} rows[] = {
	{ "open until it is answered", "",
	  { { QUESTION, A, 0 }, { ANSWER, A, 0 },
	    { SYN_TO(V), A, 0 } }, 1 },
	{ "two questions from one socket, two answers", "",
	  { { QUESTION, A, 0 }, { { UDP(RESOLVER, ASK("w")) }, A, 0 },
	    { ANSWER, A, 0 },
	    { { UDP(RESOLVER, REPLY("w", "\x0a")), .back = true }, A, 0 },
	    { SYN_TO(V), A, 0 } }, 2 },
	{ "a repeated question is answered once", "",
	  { { QUESTION, A, 0 }, { QUESTION, A, 0 },
	    { ANSWER, A, 0 }, { ANSWER, A, 0 },
	    { SYN_TO(V), A, 0 } }, 1 },
	{ "an answer with another ID", "",
	  { { QUESTION, A, 0 },
	    { { UDP(RESOLVER, "\0\x8" REPLY_REST_V), .back = true }, A, 0 },
	    { SYN_TO(V), MAIN, 0 } }, 0 },
	{ "an answer to another name", "",
	  { { { UDP(RESOLVER, ASK("w")) }, MAIN, 0 }, { ANSWER, MAIN, 0 },
	    { SYN_TO(V), MAIN, 0 } }, 0 },
	{ "an answer of another type", "",
	  { { QUESTION, A, 0 },
	    { { UDP(RESOLVER, REPLY_V6), .back = true }, A, 0 },
	    { { .flags = TCP_SYN, .dport = 443, .src = CLIENT6, .dst = V6 },
	      MAIN, 0 } }, 0 },
	{ "a second answer, after the first one", "",
	  { { QUESTION, A, 0 }, { ANSWER, A, 0 },
	    { { UDP(RESOLVER, REPLY("v", "\x0a")), .back = true }, A, 0 },
	    { SYN_TO(W), MAIN, 0 } }, 1 },
	{ "an answer that is too late", "inspect seconds 60\n",
	  { { QUESTION, A, 0 },
	    { { UDP(RESOLVER, REPLY_V), .back = true, .ms = 15001,
		.mark = A }, A, 0 },
	    { SYN_TO(V), MAIN, 0 } }, 0 },
	{ "an answer by another resolver", "",
	  { { QUESTION, A, 0 },
	    { { UDP(ROUTER, REPLY_V), .back = true }, A | SETTLED, 0 },
	    { SYN_TO(V), MAIN, 0 } }, 0 },
	{ "an answer to another port", "",
	  { { QUESTION, A, 0 },
	    { { .proto = IPPROTO_UDP, .sport = 5001, .dport = 53,
		.dst = RESOLVER, .back = true, DATA(REPLY_V) },
	      A | SETTLED, 0 },
	    { SYN_TO(V), MAIN, 0 } }, 0 },
	{ "open no longer than the budget of packets",
	  "inspect packets 3\n",
	  { { QUESTION, A, 0 }, { QUESTION, A, 0 },
	    { QUESTION, A | SETTLED, 0 }, { SYN_TO(V), MAIN, 0 } }, 0 },
	{ "the budget of seconds does not end a socket's questions",
	  "inspect seconds 5\n",
	  { { QUESTION, A, 0 },
	    { { UDP(RESOLVER, ASK("v")), .ms = 4999, .mark = A }, A, 0 },
	    { { UDP(RESOLVER, ASK("v")), .ms = 5000, .mark = A }, A, 0 } },
	  0 },
	{ "a socket is reused", "",
	  { { { UDP(RESOLVER, ASK("w")) }, MAIN, 0 },
	    { { UDP(RESOLVER, REPLY("w", "\x0a")), .back = true }, MAIN, 0 },
	    { QUESTION, MAIN, 0 }, { ANSWER, MAIN, 0 },
	    { SYN_TO(V), A, 0 } }, 2 },
	{ "reused again and again, whatever the answer", "inspect packets 3\n",
	  { { { UDP(RESOLVER, ASK("w")) }, MAIN, 0 },
	    { { UDP(RESOLVER, NO_SUCH), .back = true }, MAIN, 0 },
	    { { UDP(RESOLVER, ASK("w")) }, MAIN, 0 },
	    { { UDP(RESOLVER, NO_SUCH), .back = true }, MAIN, 0 },
	    { QUESTION, MAIN, 0 }, { ANSWER, MAIN, 0 },
	    { SYN_TO(V), A, 0 } }, 1 },
	{ "a tunnel on port 53 is settled", "inspect packets 4\n",
	  { { { UDP(RESOLVER, "\4\0\0\0hello") }, MAIN, 0 },
	    { { UDP(RESOLVER, "\4\0\x80\0hello"), .back = true }, MAIN, 0 },
	    { { UDP(RESOLVER, "\4\0\x80\0hello"), .back = true }, MAIN, 0 },
	    { { UDP(RESOLVER, "\4\0\x80\0hello"), .back = true },
	      MAIN | SETTLED, 0 } }, 0 },
	{ "not open without a route by host", "learn dns off\n",
	  { { QUESTION, A | SETTLED, 0 }, { ANSWER, A | SETTLED, 0 },
	    { SYN_TO(V), MAIN, 0 } }, 0 },
	{ "headers decide, and it stays open",
	  "route dport 53 via b\n",
	  { { QUESTION, 0x02000000u, 0 }, { ANSWER, 0x02000000u, 0 },
	    { SYN_TO(V), A, 0 } }, 1 },
	{ "dropped: nothing stays open", "route dport 53 drop\n",
	  { { QUESTION, 0x3e000000u | SETTLED, 0 }, { SYN_TO(V), MAIN, 0 } },
	  0 },
	{ "from a listed resolver", "learn from " RESOLVER "\n",
	  { { QUESTION, A, 0 }, { ANSWER, A, 0 },
	    { SYN_TO(V), A, 0 } }, 1 },
	{ "from another resolver: neither open nor observed",
	  "learn from 198.51.100.54\n",
	  { { QUESTION, A | SETTLED, 0 }, { ANSWER, A | SETTLED, 0 },
	    { SYN_TO(V), MAIN, 0 } }, 0 },
	{ "an unsolicited answer: its sender is the client", "",
	  { { ANSWER, A | SETTLED, 0 }, { SYN_TO(V), MAIN, 0 } }, 0 },
	{ "only for the client that asked", "",
	  { { QUESTION, A, 0 }, { ANSWER, A, 0 },
	    { { .src = OTHER, .flags = TCP_SYN, .dport = 443, .dst = V },
	      MAIN, 0 } }, 1 },
	{ "asked via IPv4, then IPv6 from the same machine", "",
	  { { QUESTION_OF(1), A, 0 }, { ANSWER_FOR_V6, A, 0 },
	    { SYN6_FROM(1), A, 0 } }, 1 },
	{ "asked via IPv4, then IPv6 from another machine", "",
	  { { QUESTION_OF(1), A, 0 }, { ANSWER_FOR_V6, A, 0 },
	    { SYN6_FROM(2), MAIN, 0 } }, 1 },
	{ "asked via IPv4, then IPv6 from an unknown machine", "",
	  { { QUESTION_OF(1), A, 0 }, { ANSWER_FOR_V6, A, 0 },
	    { SYN6_FROM(0), MAIN, 0 } }, 1 },
	{ "a machine with several addresses: perhaps a router", "",
	  { { { .src = OTHER, .flags = TCP_SYN, .dport = 443, .hwaddr = 1 },
	      MAIN, 0 },
	    { QUESTION_OF(1), A, 0 }, { ANSWER_FOR_V6, A, 0 },
	    { SYN6_FROM(1), MAIN, 0 } }, 1 },
	{ "asked via IPv6, then IPv4 from the same machine", "",
	  { { SYN_FROM(1), MAIN, 0 }, { QUESTION6_OF(1), A, 0 },
	    { ANSWER6, A, 0 }, { SYN_TO(V), A, 0 } }, 1 },
	{ "multicast DNS", "",
	  { { { .proto = IPPROTO_UDP, .sport = 5353, .dport = 5353,
		.dst = "224.0.0.251", DATA(ASK("v")) }, A | SETTLED, 0 },
	    { { .proto = IPPROTO_UDP, .sport = 5353, .dport = 5353,
		.dst = "224.0.0.251", .src = OTHER, DATA(REPLY_V) },
	      A | SETTLED, 0 },
	    { SYN_TO(V), MAIN, 0 } }, 0 },
	{ "multicast DNS, unicast answer", "",
	  { { { .proto = IPPROTO_UDP, .dport = 5353, DATA(ASK("v")) },
	      A | SETTLED, 0 },
	    { { .proto = IPPROTO_UDP, .dport = 5353, .back = true,
		DATA(REPLY_V) }, A | SETTLED, 0 },
	    { SYN_TO(V), MAIN, 0 } }, 0 },
	{ "LLMNR", "",
	  { { { .proto = IPPROTO_UDP, .dport = 5355, DATA(ASK("v")) },
	      A | SETTLED, 0 },
	    { { .proto = IPPROTO_UDP, .dport = 5355, .back = true,
		DATA(REPLY_V) }, A | SETTLED, 0 },
	    { SYN_TO(V), MAIN, 0 } }, 0 },
	{ "TCP: one question, one answer", "",
	  { { { .sport = 5000, .dport = 53, .dst = RESOLVER,
		.flags = TCP_SYN, .seq = 9 }, MAIN, 0 },
	    { { .sport = 5000, .dport = 53, .dst = RESOLVER, .seq = 99,
		.flags = TCP_SYN | TCP_ACK, .back = true }, MAIN, 0 },
	    { { TCP(RESOLVER), .seq = 10, .ack = 100, DATA(ASK_LEN ASK("v")) },
	      A, 0 },
	    { { TCP(RESOLVER), .seq = 100, DATA(REPLY_LEN REPLY_V),
		.back = true }, A | SETTLED, 0 },
	    { SYN_TO(V), A, 0 } }, 1 },
	{ "TCP: two questions, the answers one by one", "",
	  { { { .sport = 5000, .dport = 53, .dst = RESOLVER,
		.flags = TCP_SYN, .seq = 9 }, MAIN, 0 },
	    { { .sport = 5000, .dport = 53, .dst = RESOLVER, .seq = 99,
		.flags = TCP_SYN | TCP_ACK, .back = true }, MAIN, 0 },
	    { { TCP(RESOLVER), .seq = 10, .ack = 100,
		DATA(ASK_LEN ASK("w") ASK_LEN ASK("v")) }, MAIN, 0 },
	    { { TCP(RESOLVER), .seq = 100,
		DATA(REPLY_LEN REPLY("w", "\x0a")), .back = true }, MAIN, 0 },
	    { { TCP(RESOLVER), .seq = 145, DATA(REPLY_LEN REPLY_V),
		.back = true }, MAIN | SETTLED, 0 },
	    { SYN_TO(V), A, 0 }, { SYN_TO(W), MAIN, 0 } }, 2 },
	{ "TCP: a segment with the length only, the rest out of order", "",
	  { { { .sport = 5000, .dport = 53, .dst = RESOLVER,
		.flags = TCP_SYN, .seq = 9 }, MAIN, 0 },
	    { { .sport = 5000, .dport = 53, .dst = RESOLVER, .seq = 99,
		.flags = TCP_SYN | TCP_ACK, .back = true }, MAIN, 0 },
	    { { TCP(RESOLVER), .seq = 10, .ack = 100, DATA(ASK_LEN ASK("v")) },
	      A, 0 },
	    { { TCP(RESOLVER), .seq = 102, DATA(REPLY_V), .back = true },
	      A, 0 },
	    { { TCP(RESOLVER), .seq = 100, DATA(REPLY_LEN), .back = true },
	      A | SETTLED, 0 },
	    { SYN_TO(V), A, 0 } }, 1 },
	{ "TCP: an answer before the question", "",
	  { { TCP_OPEN, MAIN, 0 }, { TCP_OPENED, MAIN, 0 },
	    { { TCP(RESOLVER), .seq = 100, DATA(REPLY_LEN REPLY_V),
		.back = true }, A, 0 },
	    { { TCP(RESOLVER), .seq = 10, .ack = 145,
		DATA(ASK_LEN ASK("v")) }, A, 0 },
	    { SYN_TO(V), MAIN, 0 } }, 0 },
	{ "TCP: a question that does not acknowledge the server's SYN", "",
	  { { TCP_OPEN, MAIN, 0 }, { TCP_OPENED, MAIN, 0 },
	    { { TCP(RESOLVER), .seq = 10, .ack = 99,
		DATA(ASK_LEN ASK("v")) }, A, 0 },
	    { { TCP(RESOLVER), .seq = 100, DATA(REPLY_LEN REPLY_V),
		.back = true }, A, 0 },
	    { SYN_TO(V), MAIN, 0 } }, 0 },
	{ "TCP: an answer to another question", "",
	  { { TCP_OPEN, MAIN, 0 }, { TCP_OPENED, MAIN, 0 },
	    { { TCP(RESOLVER), .seq = 10, .ack = 100,
		DATA(ASK_LEN ASK("w")) }, MAIN, 0 },
	    { { TCP(RESOLVER), .seq = 100, DATA(REPLY_LEN REPLY_V),
		.back = true }, MAIN, 0 },
	    { SYN_TO(V), MAIN, 0 } }, 0 },
	{ "TCP: another application on port 53, matched by its banner",
	  "route app ssh via b\n",
	  { { { .dport = 53, .flags = TCP_SYN, .seq = 9 }, MAIN, 0 },
	    { { .dport = 53, .flags = TCP_SYN | TCP_ACK, .seq = 99,
		.back = true }, MAIN, 0 },
	    { { .dport = 53, .flags = TCP_ACK, .seq = 100, .back = true,
		DATA("SSH-2.0-OpenSSH_9.2\r\n") }, 0x02000000u, 0 } }, 0 },
	{ "the router's own resolver", "",
	  { { LOCAL_UDP, 0, 1 }, { SYN_TO(V), A, 0 } }, 1 },
	{ "the same from outside is a client's flow", "",
	  { { LOCAL_UDP, A | SETTLED, 0 }, { SYN_TO(V), MAIN, 0 } }, 0 },
	{ "the router's own resolver, another port", "",
	  { { { .proto = IPPROTO_UDP, .sport = 5000, .dport = 54,
		.dst = ROUTER, .back = true, DATA(REPLY_V) },
	      A | SETTLED, 1 }, { SYN_TO(V), MAIN, 0 } }, 0 },
	{ "the router's own resolver, not in the list",
	  "learn from 198.51.100.54\n",
	  { { LOCAL_UDP, 0, 1 }, { LOCAL_START, 0, 1 },
	    { LOCAL_TCP(100, REPLY_LEN REPLY_V), 0, 1 },
	    { SYN_TO(V), MAIN, 0 } },
	  0 },
	{ "the router's own resolver via TCP", "",
	  { { LOCAL_START, 0, 1 }, { LOCAL_TCP(100, REPLY_LEN REPLY_V), 0, 1 },
	    { SYN_TO(V), A, 0 } }, 1 },
	{ "the router's own resolver via TCP, in pieces", "",
	  { { LOCAL_START, 0, 1 }, { LOCAL_TCP(100, REPLY_LEN), 0, 1 },
	    { LOCAL_TCP(102, "\0\7\x81\x80"), 0, 1 },
	    { LOCAL_TCP(106, "\0\1\0\1\0\0\0\0\1v\7example\0\0\1\0\1\xc0\x0c\0"
		      "\1\0\1\0\0\0\x3c\0\4\xc6\x33\x64\x09"), 0, 1 },
	    { SYN_TO(V), A, 0 } }, 1 },
	{ "the router's own resolver via TCP, several answers", "",
	  { { LOCAL_START, 0, 1 },
	    { LOCAL_TCP(100, REPLY_LEN REPLY("w", "\x0a")), 0, 1 },
	    { LOCAL_TCP(145, REPLY_LEN REPLY("w", "\x0a") REPLY_LEN), 0, 1 },
	    { LOCAL_TCP(192, REPLY_V), 0, 1 },
	    { { .sport = 5000, .dport = 53, .dst = ROUTER, .seq = 235,
		.flags = TCP_ACK | TCP_FIN, .back = true }, 0, 1 },
	    { SYN_TO(V), A, 0 } }, 3 },
	{ "the router's own resolver via TCP, midstream", "",
	  { { LOCAL_TCP(100, REPLY_LEN REPLY_V), 0, 1 },
	    { SYN_TO(V), MAIN, 0 } }, 0 },
	{ "the router's own resolver via TCP, ports reused", "",
	  { { LOCAL_START, 0, 1 },
	    { LOCAL_TCP(100, REPLY_LEN REPLY("w", "\x0a")), 0, 1 },
	    { { .sport = 5000, .dport = 53, .dst = ROUTER, .seq = 999,
		.flags = TCP_SYN | TCP_ACK, .back = true, .ms = 9000 }, 0, 1 },
	    { LOCAL_TCP(1000, REPLY_LEN REPLY_V), 0, 1 },
	    { SYN_TO(V), A, 0 } }, 2 },
};

static size_t steps_of(const struct row *row)
{
	size_t count = 0;

	while (count < STEPS && (row->steps[count].packet.flags != 0 ||
				 row->steps[count].packet.proto != 0))
		count++;
	return count;
}

static struct worker *worker_for(const struct policy *policy,
				 struct learned *learned)
{
	const struct worker_options options = {
		.flows = 64, .streams = 8, .learned = learned,
		.has_own_resolver = true, .trusts_hwaddr = true,
	};
	struct worker *worker = worker_new(policy, &options);

	ck_assert_ptr_nonnull(learned);
	ck_assert_ptr_nonnull(worker);
	return worker;
}

static struct policy *policy_for(const char *text)
{
	char all[1024];

	snprintf(all, sizeof(all), UPLINKS "%s" ROUTE, text);
	return packets_policy(all);
}

static uint32_t mark_of(struct worker *worker,
			const struct test_packet *test_packet, bool is_local)
{
	uint8_t bytes[TEST_PACKET_MAX];
	struct packet pkt = packets_make(test_packet, bytes);
	struct verdict verdict;

	pkt.ifindex = is_local ? 0 : 2;
	worker_classify(worker, &pkt, NULL, 1, false, &verdict);
	return verdict.mark;
}

START_TEST(script)
{
	const struct row *row = &rows[_i];
	struct policy *policy = policy_for(row->policy);
	struct learned *learned = learned_new(NULL);
	struct worker *worker = worker_for(policy, learned);

	for (size_t i = 0; i < steps_of(row); i++) {
		uint32_t mark = mark_of(worker, &row->steps[i].packet,
					row->steps[i].is_local);

		ck_assert_msg(mark == row->steps[i].mark,
			      "%s: packet %zu: mark %#x", row->name, i + 1,
			      mark);
	}
	ck_assert_msg(worker_counters(worker)->dns_answers == row->answers,
		      "%s: answers", row->name);
	worker_free(worker);
	learned_free(learned);
	policy_free(policy);
}
END_TEST

/* A settled flow that stays open for questions keeps its uplink, under the new
 * path number. */
START_TEST(reload)
{
	static const struct test_packet question = QUESTION, answer = ANSWER;
	struct policy *policy = policy_for(""), *next;
	struct learned *learned = learned_new(NULL);
	struct worker *worker = worker_for(policy, learned);

	next = packets_policy("uplink b { dev b mark 1 }\n"
			      "uplink a { dev a mark 2 }\n"
			      "route host other.example via b\n");
	ck_assert_uint_eq(mark_of(worker, &question, false), A);
	ck_assert_uint_eq(mark_of(worker, &answer, false), A);
	ck_assert_int_eq(worker_prepare(worker, next), 0);
	worker_publish(worker);
	worker_pass(worker);
	ck_assert(worker_has_passed(worker));
	ck_assert_uint_eq(mark_of(worker, &question, false), 0x02000000u);
	ck_assert_uint_eq(worker_counters(worker)->settled, 1);
	worker_free(worker);
	learned_free(learned);
	policy_free(policy);
	policy_free(next);
}
END_TEST

static struct address address_of(const char *text)
{
	struct address address;
	uint32_t v4;

	ck_assert_int_eq(inet_pton(AF_INET, text, &v4), 1);
	address = address_from_v4(v4);
	return address;
}

/* The client's DNS answer has precedence over a server without a name. */
START_TEST(own_answer_first)
{
	struct policy *policy = policy_for("");
	struct learned *learned = learned_new(NULL);
	struct worker *worker = worker_for(policy, learned);
	struct address server = address_of(V);
	struct address client = address_of("192.168.1.9");
	static const struct test_packet question = QUESTION, answer = ANSWER,
					syn = SYN_TO(V);

	for (int i = 0; i < 4; i++)
		learned_add_server(learned, &client, &server, IPPROTO_TCP, 443,
				   1, "", 1000000);
	ck_assert_uint_eq(mark_of(worker, &question, false), A);
	ck_assert_uint_eq(mark_of(worker, &answer, false), A);
	ck_assert_uint_eq(mark_of(worker, &syn, false), A);
	worker_free(worker);
	learned_free(learned);
	policy_free(policy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("worker_learn");
	TCase *tcase = tcase_create("worker_learn");

	tcase_add_loop_test(tcase, script, 0, ROWS(rows));
	tcase_add_test(tcase, reload);
	tcase_add_test(tcase, own_answer_first);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
