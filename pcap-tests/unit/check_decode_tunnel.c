/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_decode_tunnel.c - find the packets inside tunnels. */
#include <stdio.h>

#include "engine/packet/decode.h"
#include "hex.h"
#include "unit.h"

#define MACS "020000000002020000000001 "
#define INNER4 "4500 001c 0001 4000 4011 0000 c0a80001 c0a80002 " \
	       "1388 1389 0008 0000"
#define INNER6 "60000000 0008 1140 fc000000000000000000000000000001 " \
	       "fc000000000000000000000000000002 1388 1389 0008 0000"

/* `proto` 17 with a port is UDP to that port; others follow IP directly. */
static const struct row {
	const char *name;
	uint8_t proto;
	uint16_t port;
	uint8_t family;		/* of the inner packet; 0: none */
	const char *header;
	const char *inner;
} rows[] = {
	{ "ip in ip", 4, 0, 4, "", INNER4 },
	{ "6in4", 41, 0, 6, "", INNER6 },
	{ "mpls", 137, 0, 4, "00011140", INNER4 },
	{ "gre", 47, 0, 4, "0000 0800", INNER4 },
	{ "gre v6", 47, 0, 6, "0000 86dd", INNER6 },
	{ "gre with all fields", 47, 0, 4,
	  "b000 0800 00000000 00000001 00000002", INNER4 },
	{ "gre, ethernet", 47, 0, 4,
	  "2000 6558 00000001 " MACS "0800", INNER4 },
	{ "gre, source route", 47, 0, 0, "4000 0800 00000000", INNER4 },
	{ "gre, version 2", 47, 0, 0, "0002 0800", INNER4 },
	{ "gre, arp", 47, 0, 0, "0000 0806", INNER4 },
	{ "erspan, type I", 47, 0, 4, "0000 88be " MACS "0800", INNER4 },
	{ "erspan, type II", 47, 0, 4,
	  "1000 88be 00000001 10010001 00000000 " MACS "0800", INNER4 },
	{ "pptp", 47, 0, 4, "3081 880b 00200001 00000001 00000002 ff03 0021",
	  INNER4 },
	{ "pptp, lcp", 47, 0, 0, "3001 880b 00200001 00000001 c021", INNER4 },
	{ "pptp, not ppp", 47, 0, 0, "2001 0800 00200001", INNER4 },
	{ "vxlan", 17, 4789, 4, "08000000 00000100 " MACS "0800", INNER4 },
	{ "vxlan, vlan", 17, 8472, 6,
	  "08000000 00000100 " MACS "8100 0001 86dd", INNER6 },
	{ "vxlan without identifier", 17, 4789, 0,
	  "00000000 00000100 " MACS "0800", INNER4 },
	{ "geneve", 17, 6081, 4,
	  "0100 6558 00000100 00000000 " MACS "0800", INNER4 },
	{ "geneve, version 1", 17, 6081, 0,
	  "4000 6558 00000100 " MACS "0800", INNER4 },
	{ "geneve, options", 17, 6081, 4,
	  "0240 6558 00000a00 01028001 0000000c " MACS "0800", INNER4 },
	{ "geneve, ipv4 and 32 bytes of options", 17, 6081, 4,
	  "0800 0800 00000000 01080101 0000000000000001 01080202 "
	  "0000000000000002 01080301 00000003", INNER4 },
	{ "geneve, options past the end", 17, 6081, 0,
	  "3f00 0800 00000000", INNER4 },
	{ "vxlan-gpe, ethernet", 17, 4790, 4,
	  "0c000003 00000100 " MACS "0800", INNER4 },
	{ "vxlan-gpe, ipv6", 17, 4790, 6, "0c000002 00000100", INNER6 },
	{ "vxlan-gpe without next protocol", 17, 4790, 4,
	  "08000000 00000100 " MACS "0800", INNER4 },
	{ "vxlan-gpe, nsh", 17, 4790, 0, "0c000004 00000100", INNER4 },
	{ "vxlan-gpe, version 1", 17, 4790, 0, "1c000001 00000100", INNER4 },
	{ "gue", 17, 6080, 4, "00040000", INNER4 },
	{ "gue, ipv6 and options", 17, 6080, 6, "02290001 00000001 00000002",
	  INNER6 },
	{ "gue, gre", 17, 6080, 4, "002f0000 00000800", INNER4 },
	{ "gue, variant 1", 17, 6080, 6, "", INNER6 },
	{ "gue, control message", 17, 6080, 0, "20040000", INNER4 },
	{ "gtp", 17, 2152, 4, "30ff 001c 00000001", INNER4 },
	{ "gtp with sequence", 17, 2152, 6, "32ff 003c 00000001 00010000",
	  INNER6 },
	{ "gtp with extension", 17, 2152, 4,
	  "34ff 003c 00000001 00010085 01100100", INNER4 },
	{ "gtp, extension of length 0", 17, 2152, 0,
	  "34ff 003c 00000001 00010085 00100100", INNER4 },
	{ "gtp echo", 17, 2152, 0, "3001 001c 00000001", INNER4 },
	{ "teredo", 17, 3544, 6, "", INNER6 },
	{ "teredo, origin", 17, 3544, 6, "0000 1234 c0000201", INNER6 },
	{ "teredo, authentication, origin", 17, 3544, 6,
	  "0001 0102 41 4243 0000000000000000 00 0000 1234 c0000201", INNER6 },
	{ "teredo, v4", 17, 3544, 0, "", INNER4 },
	{ "udp without tunnel", 17, 5000, 0, "", INNER4 },
	{ "tcp", 6, 0, 0, "0001 0002 00000000 00000000 5000 0000 0000 0000",
	  INNER4 },
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static uint8_t *packet_of(const struct row *row, size_t *ret_len)
{
	char hex[1024], udp[32] = "";
	uint8_t *bytes;

	if (row->port != 0)
		snprintf(udp, sizeof(udp), "4001 %04x 0000 0000 ", row->port);
	snprintf(hex, sizeof(hex),
		 "4500 0000 0001 4000 40%02x 0000 0a000001 0a000002 %s%s%s",
		 row->proto, udp, row->header, row->inner);
	bytes = hex_bytes(hex, ret_len);
	bytes[2] = (uint8_t)(*ret_len >> 8);
	bytes[3] = (uint8_t)*ret_len;
	return bytes;
}

static struct packet decoded(const uint8_t *bytes, size_t len)
{
	struct packet pkt = { .data = bytes, .len = (uint32_t)len, .mark = 5,
			      .ifindex = 6, .time_ns = 7 };

	decode_ip(&pkt);
	return pkt;
}

START_TEST(complete)
{
	const struct row *row = &rows[_i];
	size_t len;
	uint8_t *bytes = packet_of(row, &len);
	struct packet outer = decoded(bytes, len);
	struct packet inner;

	ck_assert_msg(decode_inner(&outer, &inner) == (row->family != 0),
		      "%s", row->name);
	if (row->family != 0) {
		ck_assert_uint_eq(inner.mark, 5);
		ck_assert_uint_eq(inner.ifindex, 6);
		ck_assert_uint_eq(inner.time_ns, 7);
		ck_assert_ptr_eq(inner.data + inner.len, bytes + len);
		decode_ip(&inner);
		ck_assert_int_eq(inner.status, DECODE_OK);
		ck_assert_uint_eq(inner.family, row->family);
		ck_assert_uint_eq(inner.sport, 5000);
		ck_assert_uint_eq(inner.dport, 5001);
	}
	free(bytes);
}
END_TEST

START_TEST(truncated)
{
	const struct row *row = &rows[_i];
	size_t len, n;
	uint8_t *bytes = packet_of(row, &len);
	struct packet inner;

	for (n = 0; n < len; n++) {
		uint8_t *part = hex_cut(bytes, n);
		struct packet outer = decoded(part, n);

		if (decode_inner(&outer, &inner)) {
			ck_assert_uint_ne(row->family, 0);
			ck_assert(inner.data + inner.len == part + n);
			decode_ip(&inner);
		}
		free(part);
	}
	free(bytes);
}
END_TEST

START_TEST(fragments_are_not_opened)
{
	size_t len;
	uint8_t *bytes = packet_of(&rows[0], &len);
	struct packet outer, inner;

	bytes[6] = 0x20;
	outer = decoded(bytes, len);
	ck_assert(outer.is_fragment);
	ck_assert(!decode_inner(&outer, &inner));
	free(bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("decode_tunnel");
	TCase *tc = tcase_create("decode_tunnel");

	tcase_add_loop_test(tc, complete, 0, ROW_COUNT);
	tcase_add_loop_test(tc, truncated, 0, ROW_COUNT);
	tcase_add_test(tc, fragments_are_not_opened);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
