/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_search.c - flows that `payload` conditions decide, by packet. */
#include "rules/compile/policy_load.h"
#include "unit.h"

#include <netinet/in.h>
#include <string.h>

#include "engine/hints/hint.h"
#include "engine/worker/worker.h"

static const char text[] =
	"uplink a { dev eth1 }\n"
	"uplink b { dev eth2 }\n"
	"uplink c { dev eth3 }\n"
	"late move\n"
	"route payload client /^magic/ via a\n"
	"route udp payload server /^pong/ via b\n"
	"route tcp dport 7 payload /spread/ via c\n"
	"default via main\n";

enum { MAIN = 63 };

struct segment {
	bool from_server;
	uint32_t seq;		/* from the start of the stream; SYN is -1 */
	const char *data;
};

struct script {
	const char *name;
	uint8_t proto;
	uint16_t dport;
	struct segment segments[8];
	unsigned settled_at;	/* packet, from 1; 0: none */
	uint8_t path;
};

#define SYN { false, -1u, NULL }
#define SYNACK { true, -1u, NULL }

static const struct script scripts[] = {
	{ "anchored, in one segment", IPPROTO_TCP, 9,
	  { SYN, SYNACK, { false, 0, "magic word" } }, 3, 1 },
	{ "anchored, in three segments", IPPROTO_TCP, 9,
	  { SYN, SYNACK, { false, 0, "m" }, { false, 1, "agi" },
	    { false, 4, "c" } }, 5, 1 },
	{ "anchored, out of order", IPPROTO_TCP, 9,
	  { SYN, SYNACK, { false, 3, "ic" }, { false, 0, "mag" } }, 4, 1 },
	{ "anchored, no match", IPPROTO_TCP, 9,
	  { SYN, SYNACK, { false, 0, "Magic word" } }, 3, MAIN },
	{ "on the other side", IPPROTO_TCP, 9,
	  { SYN, SYNACK, { true, 0, "magic word" },
	    { false, 0, "no magic" } }, 4, MAIN },
	{ "datagram from the server", IPPROTO_UDP, 9,
	  { { false, 0, "ping it" }, { true, 0, "pong it" } }, 2, 2 },
	{ "no matching datagram", IPPROTO_UDP, 9,
	  { { false, 0, "ping it" }, { true, 0, "ping it" } }, 2, MAIN },
	{ "anywhere, over two segments", IPPROTO_TCP, 7,
	  { SYN, SYNACK, { false, 0, "it is spr" },
	    { false, 9, "ead out" } }, 4, 3 },
	{ "anywhere: still open", IPPROTO_TCP, 7,
	  { SYN, SYNACK, { false, 0, "nothing yet" } }, 0, MAIN },
};

static struct packet packet_of(const struct script *script,
			       const struct segment *segment, unsigned n,
			       uint32_t mark)
{
	bool is_syn = script->proto == IPPROTO_TCP && segment->data == NULL;
	struct address client = address_from_v4(htonl(0xc0000201));
	struct address server = address_from_v4(htonl(0xc6336401));
	struct packet pkt = {
		.time_ns = 1000u * n, .mark = mark, .family = 4,
		.proto = script->proto, .has_ports = true, .ip_len = 100,
		.src = segment->from_server ? server : client,
		.dst = segment->from_server ? client : server,
		.sport = segment->from_server ? script->dport : 40000,
		.dport = segment->from_server ? 40000 : script->dport,
		.tcp_seq = 1000 + segment->seq,
		.tcp_flags = (is_syn ? TCP_SYN : TCP_ACK) |
			     (segment->from_server ? TCP_ACK : 0),
		.payload = (const uint8_t *)segment->data,
		.payload_len = segment->data == NULL ? 0 :
			       (uint32_t)strlen(segment->data),
	};

	return pkt;
}

START_TEST(script)
{
	const struct script *s = &scripts[_i];
	struct diag *diag = diag_new();
	struct policy *policy = NULL;
	struct worker *worker;
	struct verdict verdict = { 0 };
	unsigned settled_at = 0;
	uint32_t mark = 0;

	ck_assert_int_eq(policy_parse("p", text, sizeof(text) - 1,
				      hints_vocabulary(), diag, &policy), 0);
	worker = worker_new(policy, &(struct worker_options){ .flows = 64,
							      .streams = 4 });
	for (unsigned n = 0; n < 8; n++) {
		struct packet pkt = packet_of(s, &s->segments[n], n, mark);

		if (n > 0 && s->segments[n].data == NULL &&
		    s->segments[n].seq == 0)
			break;
		worker_classify(worker, &pkt, NULL, 1, true, &verdict);
		mark = verdict.mark;
		if (verdict.is_settled && settled_at == 0)
			settled_at = n + 1;
	}
	ck_assert_msg(settled_at == s->settled_at, "%s: settled at %u",
		      s->name, settled_at);
	ck_assert_msg(marks_path(policy_marks(policy), mark) == s->path,
		      "%s: mark 0x%x", s->name, mark);
	worker_free(worker);
	policy_free(policy);
	diag_free(diag);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("search");
	TCase *tcase = tcase_create("payload");

	tcase_add_loop_test(tcase, script, 0, ROWS(scripts));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
