/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_inspect.c - what is known of a flow after a script of packets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/packet/decode.h"
#include "engine/hints/hint.h"
#include "engine/flow/inspect.h"
#include "packets.h"
#include "unit.h"

#define STEPS 16
#define ACK .flags = TCP_ACK
#define GET "GET / HTTP/1.1\r\n"		/* 16 bytes */
#define HOST "Host: Www.Example.COM\r\n"	/* 23 bytes */
#define END "\r\n"
#define X16 "xxxxxxxxxxxxxxxx"
#define X240 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16
#define JUNK "\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7"

static const struct row {
	const char *name;
	/* in addition to a host and an app route */
	const char *policy;
	struct test_packet steps[STEPS];
	const char *app;		/* after the last step; NULL: none */
	const char *host;
	uint8_t known;
	bool keeps_stream;
} rows[] = {
	{ "one packet", "",
	  { { .flags = TCP_SYN }, { ACK, .seq = 1, DATA(GET HOST END) } },
	  "http", "www.example.com", FACT_ALL, false },
	{ "no payload yet", "", { { .flags = TCP_SYN } }, NULL, "",
	  FACT_PAYLOAD, false },
	{ "cut in the middle of the method", "",
	  { { .flags = TCP_SYN }, { ACK, .seq = 1, DATA("GE") } },
	  NULL, "", FACT_PAYLOAD, true },
	{ "in two segments", "",
	  { { .flags = TCP_SYN }, { ACK, .seq = 1, DATA("GE") },
	    { ACK, .seq = 3, DATA("T / HTTP/1.1\r\n" HOST END) } },
	  "http", "www.example.com", FACT_ALL, false },
	{ "host header still to come", "",
	  { { .flags = TCP_SYN }, { ACK, .seq = 1, DATA(GET) } },
	  "http", "", FACT_PAYLOAD | FACT_APP, true },
	{ "the host is read", "",
	  { { .flags = TCP_SYN }, { ACK, .seq = 1, DATA(GET) },
	    { ACK, .seq = 17, DATA(HOST END) } },
	  "http", "www.example.com", FACT_ALL, false },
	{ "swapped", "",
	  { { .flags = TCP_SYN }, { ACK, .seq = 17, DATA(HOST END) },
	    { ACK, .seq = 1, DATA(GET) } },
	  "http", "www.example.com", FACT_ALL, false },
	{ "overlapping", "",
	  { { .flags = TCP_SYN }, { ACK, .seq = 1, DATA(GET) },
	    { ACK, .seq = 9, DATA("XXXXXXXX" HOST END) } },
	  "http", "www.example.com", FACT_ALL, false },
	{ "retransmitted", "",
	  { { .flags = TCP_SYN }, { ACK, .seq = 1, DATA(GET) },
	    { ACK, .seq = 1, DATA(GET) }, { ACK, .seq = 17, DATA(HOST END) } },
	  "http", "www.example.com", FACT_ALL, false },
	{ "sequence numbers wrap", "",
	  { { .flags = TCP_SYN, .seq = 0xfffffff7 },
	    { ACK, .seq = 0xfffffff8, DATA(GET) },
	    { ACK, .seq = 8, DATA(HOST END) } },
	  "http", "www.example.com", FACT_ALL, false },
	{ "a keep-alive in between", "",
	  { { .flags = TCP_SYN }, { ACK, .seq = 0, DATA("x") },
	    { ACK, .seq = 1, DATA(GET HOST END) } },
	  "http", "www.example.com", FACT_ALL, false },
	{ "padding before the first data", "",
	  { { .flags = TCP_SYN }, { ACK, .seq = 1, DATA("\0\0") },
	    { ACK, .seq = 1, DATA("\0\0\0\0\0\0") },
	    { ACK, .seq = 1, DATA(GET HOST END) } },
	  "http", "www.example.com", FACT_ALL, false },
	{ "padding in midstream", "",
	  { { ACK, .seq = 99, DATA("\0\0\0\0\0\0") },
	    { ACK, .seq = 99, DATA(GET HOST END) } },
	  "http", "www.example.com", FACT_ALL, false },
	{ "zero bytes as data", "",
	  { { .flags = TCP_SYN, .dport = 445 },
	    { ACK, .seq = 1, .dport = 445, DATA("\0\0\0") },
	    { ACK, .seq = 4, .dport = 445, DATA("\xf0\xfeSMB\x40\0") } },
	  "smb", "", FACT_ALL, false },
	{ "more zero bytes than padding", "",
	  { { .flags = TCP_SYN }, { ACK, .seq = 1, DATA("\0\0\0\0\0\0\0") },
	    { ACK, .seq = 1, DATA(GET HOST END) } },
	  NULL, "", FACT_PAYLOAD, true },
	{ "data on the SYN", "",
	  { { .flags = TCP_SYN, DATA(GET HOST END) } },
	  "http", "www.example.com", FACT_ALL, false },
	{ "midstream, after a keep-alive", "",
	  { { ACK, .seq = 99 }, { ACK, .seq = 100, DATA(GET HOST END) } },
	  "http", "www.example.com", FACT_ALL, false },
	{ "keep-alives with a byte in midstream", "",
	  { { ACK, .seq = 99, DATA("\0") }, { ACK, .seq = 99, DATA("x") },
	    { ACK, .seq = 100, DATA(GET HOST END) } },
	  "http", "www.example.com", FACT_ALL, false },
	{ "a pushed byte in midstream", "",
	  { { .flags = TCP_ACK | TCP_PSH, .seq = 99, DATA("G") },
	    { ACK, .seq = 100, DATA("ET / HTTP/1.1\r\n" HOST END) } },
	  "http", "www.example.com", FACT_ALL, false },
	{ "urgent byte in a separate segment", "",
	  { { .flags = TCP_SYN }, { ACK, .seq = 1, DATA("x"), .urgent = 1 },
	    { ACK, .seq = 2, DATA(GET HOST END) } },
	  "http", "www.example.com", FACT_ALL, false },
	{ "urgent byte at the end of the first segment", "",
	  { { .flags = TCP_SYN }, { ACK, .seq = 1, DATA("Gx"), .urgent = 2 },
	    { ACK, .seq = 3, DATA("ET / HTTP/1.1\r\n" HOST END) } },
	  "http", "www.example.com", FACT_ALL, false },
	{ "urgent byte within the name", "",
	  { { .flags = TCP_SYN },
	    { ACK, .seq = 1, DATA(GET "Host: www.xexample.com\r\n\r\n"),
	      .urgent = 27 } },
	  "http", "www.example.com", FACT_ALL, false },
	{ "urgent byte announced by an earlier segment", "",
	  { { .flags = TCP_SYN }, { ACK, .seq = 1, DATA(GET), .urgent = 27 },
	    { ACK, .seq = 17, DATA("Host: www.xexample.com\r\n\r\n") } },
	  "http", "www.example.com", FACT_ALL, false },
	{ "two urgent bytes, the first one retransmitted", "",
	  { { .flags = TCP_SYN },
	    { ACK, .seq = 1, DATA("GETx / HTTP/1.1\r\n"), .urgent = 4 },
	    { ACK, .seq = 1, DATA("GETx / HTTP/1.1\r\n"), .urgent = 4 },
	    { ACK, .seq = 18, DATA("Host: wwwx.example.com\r\n\r\n"),
	      .urgent = 10 } },
	  "http", "www.example.com", FACT_ALL, false },
	{ "more urgent bytes than a flow keeps", "",
	  { { .flags = TCP_SYN },
	    { ACK, .seq = 1, DATA("1"), .urgent = 1 },
	    { ACK, .seq = 2, DATA("2"), .urgent = 1 },
	    { ACK, .seq = 3, DATA("3"), .urgent = 1 },
	    { ACK, .seq = 4, DATA("4"), .urgent = 1 },
	    { ACK, .seq = 5, DATA("G"), .urgent = 900 },
	    { ACK, .seq = 6, DATA("ET / HTTP/1.1\r\n" HOST END) } },
	  "http", "www.example.com", FACT_ALL, false },
	{ "the server speaks first", "",
	  { { .flags = TCP_SYN, .dport = 22 },
	    { .flags = TCP_SYN | TCP_ACK, .back = true, .dport = 22 },
	    { ACK, .back = true, .seq = 1, .dport = 22,
	      DATA("SSH-2.0-x\r\n") } },
	  "ssh", "", FACT_ALL, false },
	{ "the port is not evidence", "",
	  { { .flags = TCP_SYN, .dport = 22 },
	    { ACK, .seq = 1, .dport = 22, DATA(GET HOST END) } },
	  "http", "www.example.com", FACT_ALL, false },
	{ "one side is exhausted, the other not", "",
	  { { .flags = TCP_SYN }, { ACK, .seq = 1, DATA(JUNK) } },
	  NULL, "", FACT_PAYLOAD, false },
	{ "one side is exhausted, the other matches", "",
	  { { .flags = TCP_SYN, .dport = 22 },
	    { ACK, .seq = 1, .dport = 22, DATA(JUNK) },
	    { ACK, .back = true, .seq = 1, .dport = 22,
	      DATA("SSH-2.0-x\r\n") } },
	  "ssh", "", FACT_ALL, false },
	{ "the server's SYN was not queued, its first segments are swapped", "",
	  { { .flags = TCP_SYN }, { ACK, .seq = 1, DATA(JUNK) },
	    { ACK, .back = true, .seq = 5, DATA("2.0-x\r\n") },
	    { ACK, .back = true, .seq = 1, DATA("SSH-") } },
	  "ssh", "", FACT_ALL, false },
	{ "both sides are exhausted", "",
	  { { .flags = TCP_SYN }, { ACK, .seq = 1, DATA(JUNK) },
	    { ACK, .back = true, .seq = 1, DATA(JUNK) } },
	  NULL, "", FACT_ALL, false },
	{ "a hint that rejected is not asked again", "",
	  { { .flags = TCP_SYN }, { ACK, .seq = 1, DATA(JUNK) },
	    { ACK, .seq = 17, DATA(GET HOST END) } },
	  NULL, "", FACT_PAYLOAD, false },
	{ "data on a reset", "",
	  { { .flags = TCP_SYN },
	    { .flags = TCP_RST, .seq = 1, DATA(GET HOST END) } },
	  NULL, "", FACT_PAYLOAD, false },
	{ "budget of packets exhausted", "inspect packets 2",
	  { { .flags = TCP_SYN }, { ACK, .seq = 1, DATA("GE") },
	    { ACK, .seq = 3, DATA("T / HTTP/1.1\r\n") } },
	  "http", "", FACT_ALL, false },
	{ "packets without payload are not counted", "inspect packets 2",
	  { { .flags = TCP_SYN }, { ACK, .seq = 1 },
	    { ACK, .seq = 1, DATA(GET) } },
	  "http", "", FACT_PAYLOAD | FACT_APP, true },
	{ "packets without payload have a limit", "inspect packets 1",
	  { { .flags = TCP_SYN }, { ACK, .seq = 1 }, { ACK, .seq = 1 },
	    { ACK, .seq = 1 }, { ACK, .seq = 1 }, { ACK, .seq = 1 },
	    { ACK, .seq = 1 }, { ACK, .seq = 1 }, { ACK, .seq = 1 },
	    { ACK, .seq = 1 }, { ACK, .seq = 1 }, { ACK, .seq = 1 },
	    { ACK, .seq = 1 }, { ACK, .seq = 1 }, { ACK, .seq = 1 },
	    { ACK, .seq = 1 } },
	  NULL, "", FACT_ALL, false },
	{ "SIP after keep-alives", "inspect packets 1 seconds 1",
	  { { .proto = IPPROTO_UDP, .dport = 5060, DATA("\r\n") },
	    { .proto = IPPROTO_UDP, .dport = 5060, DATA("\0\0\0\0"),
	      .ms = 20000 },
	    { .proto = IPPROTO_UDP, .dport = 5060,
	      DATA("\0\1\0\0" X16), .ms = 40000 },
	    { .proto = IPPROTO_UDP, .dport = 5060, .ms = 60000,
	      DATA("OPTIONS sip:a SIP/2.0\r\n\r\n") } },
	  "sip", "", FACT_ALL, false },
	{ "SIP over TCP after keep-alives", "inspect packets 1 seconds 1",
	  { { .flags = TCP_SYN, .dport = 5060 },
	    { ACK, .seq = 1, .dport = 5060, DATA("\r\n\r\n") },
	    { ACK, .seq = 5, .dport = 5060, DATA("\r\n\r\n"), .ms = 9000 },
	    { ACK, .seq = 9, .dport = 5060, .ms = 20000,
	      DATA("OPTIONS sip:a SIP/2.0\r\n\r\n") } },
	  "sip", "", FACT_ALL, false },
	{ "budget of seconds exhausted", "inspect seconds 1",
	  { { .flags = TCP_SYN }, { ACK, .seq = 1, DATA("GE"), .ms = 1000 },
	    { ACK, .seq = 3, DATA("T"), .ms = 2000 } },
	  NULL, "", FACT_ALL, false },
	{ "seconds count from the first payload", "inspect seconds 1",
	  { { .flags = TCP_SYN }, { ACK, .seq = 1, DATA("GE"), .ms = 1000 } },
	  NULL, "", FACT_PAYLOAD, true },
	{ "budget of bytes exhausted on one side", "inspect bytes 256",
	  { { .flags = TCP_SYN },
	    { ACK, .seq = 1, DATA(GET X240 HOST END) } },
	  "http", "", FACT_PAYLOAD | FACT_APP, true },
	{ "UDP, one datagram", "",
	  { { .proto = IPPROTO_UDP, .dport = 53, DATA("\0\1\1\0\0\1\0\0\0\0\0"
	      "\0\7Example\3com\0\0\1\0\1") } },
	  "dns", "example.com", FACT_ALL, false },
	{ "UDP that no hint matches", "",
	  { { .proto = IPPROTO_UDP, .dport = 9, DATA("xx") },
	    { .proto = IPPROTO_UDP, .dport = 9, .back = true, DATA("xx") } },
	  NULL, "", FACT_ALL, false },
	{ "no hints for ICMP", "", { { .proto = IPPROTO_ICMP, .flags = 8 } },
	  NULL, "", FACT_ALL, false },
};

struct setting {
	struct policy *policy;
	struct inspector inspector;
	struct flow_table *flows;
	struct flow *flow;
};

static void setting_init(struct setting *s, const char *statements)
{
	char text[512];

	snprintf(text, sizeof(text), "%s\nuplink a { dev a }\n"
		 "route host example.com via a\nroute app ssh via a\n",
		 statements);
	s->policy = packets_policy(text);
	ck_assert_int_eq(inspect_init(&s->inspector, s->policy, 2, NULL), 0);
	s->flows = flow_table_new(8, false, NULL, NULL);
	s->flow = NULL;
}

static void setting_fini(struct setting *s)
{
	inspect_fini(&s->inspector);
	flow_table_free(s->flows);
	policy_free(s->policy);
}

/* Copy the payload to a buffer of exact size, so that ASan detects a read past
 * its end. */
static void observe(struct setting *s, const struct test_packet *test_packet)
{
	uint8_t bytes[TEST_PACKET_MAX];
	struct packet pkt = packets_make(test_packet, bytes);
	uint8_t *exact = malloc(pkt.len);

	memcpy(exact, bytes, pkt.len);
	pkt.data = exact;
	decode_ip(&pkt);
	ck_assert_int_eq(pkt.status, DECODE_OK);
	if (s->flow == NULL) {
		s->flow = flow_start(s->flows, &pkt, 0, 1, NULL);
		inspect_start(&s->inspector, s->flow);
	}
	s->flow->packets++;
	inspect_packet(&s->inspector, s->flow, flow_names(s->flows, s->flow),
		       &pkt, test_packet->back);
	free(exact);
}

static bool is_step(const struct test_packet *test_packet)
{
	return test_packet->flags != 0 || test_packet->proto != 0;
}

START_TEST(script)
{
	const struct row *row = &rows[_i];
	const struct facts *facts;
	const char *app;
	struct setting s;

	setting_init(&s, row->policy);
	for (size_t i = 0; i < STEPS && is_step(&row->steps[i]); i++)
		observe(&s, &row->steps[i]);
	facts = &s.flow->facts;
	app = hints_app_name(facts->app);
	ck_assert_msg((app == NULL) == (row->app == NULL) &&
			      (app == NULL || strcmp(app, row->app) == 0),
		      "%s: app %s", row->name, app != NULL ? app : "-");
	ck_assert_msg(facts->known == row->known, "%s: known %#x", row->name,
		      facts->known);
	ck_assert_msg(strcmp(flow_host(s.flows, s.flow), row->host) == 0,
		      "%s: host %s", row->name, flow_host(s.flows, s.flow));
	ck_assert_msg((s.flow->streams[0] != NULL) == row->keeps_stream,
		      "%s: stream", row->name);
	ck_assert_msg((facts->host_sets != NULL && facts->host_sets[0] != 0) ==
			      (row->host[0] != '\0'), "%s: host sets",
		      row->name);
	setting_fini(&s);
}
END_TEST

/* Two extensions: ECH of the form `form`, and groups. */
#define HELLO(form) "\x16\x03\x01\0\x38\1\0\0\x34\3\3" X16 X16 \
	"\0\0\2\x13\1\1\0\0\x09\xfe\x0d\0\1" form "\0\x0a\0\0"
#define HELLO_LEN (sizeof(HELLO("x")) - 1)
#define HELLO_JA4 "t12i010200_0f2cb44170f4_5cdec080e0f5"
#define AFTER_ECH (HELLO_LEN - 4)

static const struct {
	const char *name;
	const char *policy;
	const char *hello;
	size_t len;		/* of data */
	uint8_t known;
	bool ech;
	bool has_bit;
	const char *ja4;
} hellos[] = {
	{ "outer", "", HELLO("\0"), HELLO_LEN, FACT_ALL, true, false, "" },
	{ "inner", "", HELLO("\1"), HELLO_LEN, FACT_ALL, false, false, "" },
	{ "outer, cut after it", "", HELLO("\0"), AFTER_ECH,
	  FACT_PAYLOAD | FACT_APP | FACT_ECH, true, false, "" },
	{ "inner, cut after it", "", HELLO("\1"), AFTER_ECH,
	  FACT_PAYLOAD | FACT_APP, false, false, "" },
	{ "cut within it", "", HELLO("\0"), AFTER_ECH - 1,
	  FACT_PAYLOAD | FACT_APP, false, false, "" },
	{ "no ClientHello", "", GET HOST END, sizeof(GET HOST END) - 1,
	  FACT_ALL, false, false, "" },
	{ "a fingerprint in the policy", "class c = ja4 " HELLO_JA4
	  "\nroute c drop", HELLO("\0"), HELLO_LEN, FACT_ALL, true, true,
	  HELLO_JA4 },
	{ "another fingerprint",
	  "route ja4 t12i010200_000000000000_000000000000 drop",
	  HELLO("\0"), HELLO_LEN, FACT_ALL, true, false, HELLO_JA4 },
	{ "not before the hello is complete", "route ja4 " HELLO_JA4 " drop",
	  HELLO("\0"), HELLO_LEN - 1, FACT_PAYLOAD | FACT_APP | FACT_ECH,
	  true, false, "" },
};

START_TEST(hello)
{
	const struct flow_names *names;
	const struct facts *facts;
	struct setting s;

	setting_init(&s, hellos[_i].policy);
	observe(&s, &(struct test_packet){ .flags = TCP_SYN });
	observe(&s, &(struct test_packet){ ACK, .seq = 1,
					   .data = hellos[_i].hello,
				 .len = hellos[_i].len });
	names = flow_names(s.flows, s.flow);
	facts = &s.flow->facts;
	ck_assert_msg(facts->known == hellos[_i].known, "%s: known %#x",
		      hellos[_i].name, facts->known);
	ck_assert_msg(facts->ech == hellos[_i].ech, "%s", hellos[_i].name);
	ck_assert_msg(facts->ja4_bits == hellos[_i].has_bit, "%s",
		      hellos[_i].name);
	ck_assert_msg(strcmp(names->ja4, hellos[_i].ja4) == 0, "%s: %s",
		      hellos[_i].name, names->ja4);
	setting_fini(&s);
}
END_TEST

/* Under another policy, a stored fingerprint is looked up again. A flow without
 * one stays open only if its ClientHello may still come. */
START_TEST(hello_renewed)
{
	static const char *const prev[] = {
		"route ja4 t12i010200_000000000000_000000000000 drop", "",
	};
	struct setting s, other;
	struct facts *facts;

	setting_init(&s, prev[_i]);
	setting_init(&other, "route ja4 " HELLO_JA4 " drop");
	observe(&s, &(struct test_packet){ .flags = TCP_SYN });
	observe(&s, &(struct test_packet){ ACK, .seq = 1, .data = HELLO("\0"),
				 .len = HELLO_LEN });
	facts = &s.flow->facts;
	inspect_renew(&other.inspector, s.flow, flow_names(s.flows, s.flow));
	ck_assert_uint_eq(facts->known, FACT_ALL);
	ck_assert(facts->ech);
	ck_assert_uint_eq(facts->ja4_bits, _i == 0);
	setting_fini(&other);
	setting_fini(&s);
}
END_TEST

/* A ClientHello or an HTTP request, split anywhere in two or three. */
START_TEST(cut_anywhere)
{
	static const char text[] = GET "User-Agent: x\r\n" HOST END;
	size_t len = sizeof(text) - 1;
	size_t cut = (size_t)_i;

	for (size_t second = cut; second < len; second += 7) {
		const size_t ends[] = { cut, second, len };
		struct setting s;
		size_t at = 0;

		setting_init(&s, "");
		observe(&s, &(struct test_packet){ .flags = TCP_SYN });
		for (size_t i = 0; i < 3; i++) {
			if (ends[i] > at)
				observe(&s, &(struct test_packet){ ACK,
					.seq = (uint32_t)(at + 1),
					.data = text + at,
					.len = ends[i] - at });
			at = ends[i];
		}
		ck_assert_str_eq(flow_host(s.flows, s.flow), "www.example.com");
		ck_assert_uint_eq(s.flow->facts.known, FACT_ALL);
		setting_fini(&s);
	}
}
END_TEST

/* A flow whose stream was reclaimed ends with its budget. */
START_TEST(reclaimed)
{
	struct stream *others[2] = { NULL, NULL };
	struct setting s;

	setting_init(&s, "");
	observe(&s, &(struct test_packet){ .flags = TCP_SYN });
	observe(&s, &(struct test_packet){ ACK, .seq = 1, DATA("GE") });
	ck_assert_ptr_nonnull(s.flow->streams[0]);
	stream_take(s.inspector.pool, &others[0], &s.flow->facts.client);
	stream_take(s.inspector.pool, &others[1], &s.flow->facts.client);
	ck_assert_ptr_null(s.flow->streams[0]);
	for (uint32_t i = 0; i < 11; i++)
		observe(&s, &(struct test_packet){ ACK, .seq = 3 + i,
						   DATA("x") });
	ck_assert_uint_eq(s.flow->facts.known, FACT_ALL);
	ck_assert_ptr_null(s.flow->streams[0]);
	setting_fini(&s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("inspect");
	TCase *tcase = tcase_create("inspect");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, script, 0, ROWS(rows));
	tcase_add_loop_test(tcase, hello, 0, ROWS(hellos));
	tcase_add_loop_test(tcase, hello_renewed, 0, 2);
	tcase_add_loop_test(tcase, cut_anywhere, 1, 50);
	tcase_add_test(tcase, reclaimed);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
