/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_reset.c - packets that end a flow for its client. */
#include <netinet/in.h>
#include <string.h>

#include "engine/packet/decode.h"
#include "engine/nfqueue/reset.h"
#include "packets.h"
#include "unit.h"

static const struct row {
	const char *name;
	struct test_packet test_packet;
	bool from_server;
	size_t len;		/* 0: none */
	uint32_t seq;
	bool v6;
} rows[] = {
	{ "the client speaks", { .flags = TCP_ACK, .seq = 5, DATA("hello") },
	  false, 40, 1, false },
	{ "the server speaks", { .flags = TCP_ACK, .seq = 700, .back = true,
	    DATA("hello") }, true, 40, 700, false },
	{ "version 6", { .flags = TCP_ACK, .seq = 700, .back = true,
	    DATA("hello") }, true, 60, 700, true },
	{ "nothing to acknowledge", { .flags = TCP_SYN }, false, 0, 0, false },
	{ "udp", { .proto = IPPROTO_UDP, DATA("hello") }, false, 56, 0, false },
	{ "udp from the server", { .proto = IPPROTO_UDP, .back = true,
	    DATA("hello") }, true, 56, 0, false },
	{ "udp, version 6", { .proto = IPPROTO_UDP, DATA("hello") }, false,
	  96, 0, true },
	{ "neither", { .proto = IPPROTO_ICMP, .flags = 8 }, false, 0, 0,
	  false },
};

static uint16_t sum(const uint8_t *bytes, size_t len, uint32_t start)
{
	for (size_t i = 0; i < len; i += 2)
		start += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	while (start >> 16)
		start = (start & 0xffff) + (start >> 16);
	return (uint16_t)start;
}

/* A range that includes its checksum sums to 0xffff. */
static void check_sums(const struct packet *pkt)
{
	size_t at = pkt->header_len, len = pkt->ip_len - at;
	bool v4 = pkt->family == 4;
	uint32_t pseudo = 0;

	if (v4)
		ck_assert_uint_eq(sum(pkt->data, at, 0), 0xffff);
	if (!v4 || pkt->proto == IPPROTO_TCP)
		pseudo = sum(pkt->data + (v4 ? 12 : 8), v4 ? 8 : 32,
			     (uint32_t)len + pkt->proto);
	ck_assert_uint_eq(sum(pkt->data + at, len, pseudo), 0xffff);
}

static void check_quoted(const struct packet *pkt, const struct packet *sent,
			 bool from_server)
{
	struct packet quoted;

	decode_quoted(pkt, &quoted);
	ck_assert_int_eq(quoted.status, DECODE_OK);
	ck_assert_uint_eq(quoted.sport, from_server ? sent->dport
						    : sent->sport);
	ck_assert(address_equal(&quoted.src, &pkt->dst));
}

/* The same packet with a header of the other IP version. */
static struct packet in_v6(const struct packet *v4, uint8_t *bytes)
{
	static const uint8_t lan[] = { 0x20, 1, 0x0d, 0xb8, [15] = 9 };
	size_t len = v4->len - 20;
	uint8_t proto = v4->data[9];

	memmove(bytes + 40, v4->data + 20, len);
	memset(bytes, 0, 40);
	bytes[0] = 0x60;
	bytes[5] = (uint8_t)len;
	bytes[6] = proto;
	memcpy(bytes + 8, lan, sizeof(lan));
	memcpy(bytes + 24, lan, sizeof(lan));
	bytes[24 + 15] = 7;
	return (struct packet){ .data = bytes, .len = (uint32_t)len + 40 };
}

START_TEST(test_packet)
{
	const struct row *row = &rows[_i];
	uint8_t bytes[TEST_PACKET_MAX], end[RESET_MAX];
	struct packet sent = packets_make(&row->test_packet, bytes);
	struct packet pkt = { .data = end };

	if (row->v6)
		sent = in_v6(&sent, bytes);
	decode_ip(&sent);
	ck_assert_int_eq(sent.status, DECODE_OK);
	pkt.len = (uint32_t)reset_packet(&sent, row->from_server, end);
	ck_assert_msg(pkt.len == row->len, "%s: %u", row->name, pkt.len);
	if (pkt.len == 0)
		return;
	decode_ip(&pkt);
	ck_assert_int_eq(pkt.status, DECODE_OK);
	ck_assert(address_equal(&pkt.src, row->from_server ? &sent.src
							   : &sent.dst));
	ck_assert(address_equal(&pkt.dst, row->from_server ? &sent.dst
							   : &sent.src));
	check_sums(&pkt);
	if (sent.proto != IPPROTO_TCP) {
		check_quoted(&pkt, &sent, row->from_server);
		return;
	}
	ck_assert_uint_eq(pkt.tcp_flags, TCP_RST | TCP_ACK);
	ck_assert_uint_eq(pkt.sport, row->from_server ? sent.sport
						      : sent.dport);
	ck_assert_uint_eq(pkt.tcp_seq, row->seq);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reset");
	TCase *tcase = tcase_create("reset");

	tcase_add_loop_test(tcase, test_packet, 0, ROWS(rows));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
