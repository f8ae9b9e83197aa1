/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_lost_prompt.c - the packet that makes a client of TCP send one. */
#include <netinet/in.h>
#include <string.h>

#include "engine/packet/decode.h"
#include "rules/setup/monitor/lost_prompt.h"
#include "unit.h"

static const struct row {
	const char *name, *client, *server;
	size_t len;
} rows[] = {
	{ "version 4", "192.0.2.9", "198.51.100.7", 40 },
	{ "version 6", "2001:db8:1a::9", "2001:db8:5e::7", 60 },
};

static struct address address_of(const char *text)
{
	char why[ADDRESS_WHY_MAX];
	struct prefix prefix = { 0 };

	ck_assert_int_eq(prefix_parse(text, strlen(text), &prefix, why), 0);
	return prefix.base;
}

/* A range that includes its checksum sums to 0xffff. */
static uint16_t sum(const uint8_t *bytes, size_t len, uint32_t start)
{
	for (size_t i = 0; i < len; i += 2)
		start += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	while (start >> 16)
		start = (start & 0xffff) + (start >> 16);
	return (uint16_t)start;
}

START_TEST(packet)
{
	const struct row *row = &rows[_i];
	const struct flow_tuple flow = {
		.src = address_of(row->client), .dst = address_of(row->server),
		.sport = 40001, .dport = 443, .proto = IPPROTO_TCP,
	};
	uint8_t bytes[LOST_PROMPT_MAX];
	struct packet pkt = { .data = bytes };
	bool v4 = row->len == 40;
	uint32_t pseudo;

	pkt.len = (uint32_t)lost_prompt_packet(&flow, bytes);
	ck_assert_uint_eq(pkt.len, row->len);
	decode_ip(&pkt);
	ck_assert_int_eq(pkt.status, DECODE_OK);
	ck_assert(address_equal(&pkt.src, &flow.dst));
	ck_assert(address_equal(&pkt.dst, &flow.src));
	ck_assert_uint_eq(pkt.sport, 443);
	ck_assert_uint_eq(pkt.dport, 40001);
	/* conntrack begins no entry with these flags. */
	ck_assert_uint_eq(pkt.tcp_flags, TCP_SYN | TCP_ACK);
	if (v4)
		ck_assert_uint_eq(sum(bytes, pkt.header_len, 0), 0xffff);
	pseudo = sum(bytes + (v4 ? 12 : 8), v4 ? 8 : 32, 20 + IPPROTO_TCP);
	ck_assert_uint_eq(sum(bytes + pkt.header_len, 20, pseudo), 0xffff);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lost_prompt");
	TCase *tcase = tcase_create("lost_prompt");

	tcase_add_loop_test(tcase, packet, 0, ROWS(rows));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
