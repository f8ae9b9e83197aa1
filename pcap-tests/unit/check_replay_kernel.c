/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_replay_kernel.c - which packets of a provisional flow are not queued. */
#include <stdio.h>

#include "engine/packet/decode.h"
#include "engine/replay/replay_kernel.h"
#include "packets.h"
#include "unit.h"

#define ACK .flags = TCP_ACK, .seq = 1
#define V6 .src = "2001:db8::9", .dst = "2001:db8::7"

static const struct {
	const char *name;
	const char *policy;
	struct test_packet packet;
	uint8_t doff;		/* words; 0: as it is */
	bool want;
} rows[] = {
	{ "acknowledgement", "", { ACK }, 0, true },
	{ "acknowledgement, IPv6", "", { ACK, V6 }, 0, true },
	{ "SYN-ACK", "", { .flags = TCP_SYN | TCP_ACK, .back = true }, 0, true },
	{ "FIN", "", { .flags = TCP_FIN | TCP_ACK, .seq = 1 }, 0, true },
	{ "reset", "", { .flags = TCP_RST, .seq = 1 }, 0, true },
	{ "payload", "", { ACK, DATA("GET /") }, 0, false },
	{ "payload, IPv6", "", { ACK, DATA("GET /"), V6 }, 0, false },
	{ "a keep-alive of one byte", "", { ACK, DATA("\0") }, 0, false },
	{ "TCP options", "", { ACK, DATA("\1\1\1\1\1\1\1\1") }, 7, true },
	{ "TCP options, IPv6", "",
	  { ACK, DATA("\1\1\1\1\1\1\1\1"), V6 }, 7, true },
	{ "TCP options and payload", "",
	  { ACK, DATA("\1\1\1\1\1\1\1\1xx") }, 7, false },
	{ "options longer than the packet", "", { ACK }, 7, false },
	{ "a data offset of less than the header", "", { ACK }, 4, false },
	{ "UDP", "", { .proto = IPPROTO_UDP }, 0, false },
	{ "DNS over TCP", "", { ACK, .dport = 53 }, 0, false },
	{ "its answers", "", { ACK, .dport = 53, .back = true }, 0, false },
	{ "DNS that is not learned from", "learn dns off\n",
	  { ACK, .dport = 53 }, 0, true },
};

START_TEST(passes)
{
	struct policy *policy;
	struct replay_kernel *kernel;
	uint8_t bytes[TEST_PACKET_MAX];
	struct packet pkt;
	char text[200];

	snprintf(text, sizeof(text), "%suplink a { dev eth1 via 192.0.2.1 }\n"
		 "route host a.example via a\ndefault via main\n",
		 rows[_i].policy);
	policy = packets_policy(text);
	kernel = replay_kernel_new(policy, NULL);
	ck_assert_ptr_nonnull(kernel);
	pkt = packets_make(&rows[_i].packet, bytes);
	if (rows[_i].doff != 0)
		bytes[(rows[_i].packet.src != NULL ? 40 : 20) + 12] =
			(uint8_t)(rows[_i].doff << 4);
	decode_ip(&pkt);
	ck_assert_msg(replay_kernel_passes(kernel, &pkt) == rows[_i].want,
		      "%s", rows[_i].name);
	replay_kernel_free(kernel);
	policy_free(policy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("replay_kernel");
	TCase *tcase = tcase_create("passes");

	tcase_add_loop_test(tcase, passes, 0, ROWS(rows));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
