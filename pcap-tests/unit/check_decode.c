/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_decode.c - decode complete, truncated and malformed headers.
 */
#include <netinet/in.h>
#include <stdio.h>

#include "engine/packet/decode.h"
#include "hex.h"
#include "unit.h"

/* IPv4 and IPv6 headers without their first field. */
#define V4_ADDR "0a000001 c6336407 "
#define V6_ADDR "20010db8000000000000000000000001 " \
		"20010db8000000000000000000000002 "
#define TCP20 "9c40 0050 11223344 00000000 5018 2000 0000 0000 "

static const struct row {
	const char *name;
	enum decode_status status;
	uint8_t proto;
	uint16_t sport, dport;
	uint32_t header_len, payload_len;
	uint32_t min;		/* bytes needed for this status */
	const char *hex;
} rows[] = {
	{ "tcp", DECODE_OK, 6, 40000, 80, 20, 3, 40,
	  "4510 002b 0001 4000 4006 0000 " V4_ADDR TCP20 "474554" },
	{ "tcp with options", DECODE_OK, 6, 40000, 80, 20, 1, 40,
	  "4500 002d 0001 4000 4006 0000 " V4_ADDR
	  "9c40 0050 11223344 00000000 6018 2000 0000 0000 020405b4 41" },
	{ "Ethernet padding", DECODE_OK, 6, 40000, 80, 20, 0, 40,
	  "4500 0028 0001 4000 4006 0000 " V4_ADDR TCP20 "000000000000" },
	{ "length 0 left by offload", DECODE_OK, 6, 40000, 80, 20, 4, 40,
	  "4500 0000 0001 4000 4006 0000 " V4_ADDR TCP20 "41414141" },
	{ "IPv4 options", DECODE_OK, 17, 53, 1024, 24, 2, 32,
	  "4600 0022 0001 4000 4011 0000 " V4_ADDR "01010100 "
	  "0035 0400 000a 0000 4142" },
	{ "udp", DECODE_OK, 17, 53, 1024, 20, 2, 28,
	  "4500 001e 0001 4000 4011 0000 " V4_ADDR "0035 0400 000a 0000 4142" },
	{ "udp shorter than ip", DECODE_OK, 17, 53, 1024, 20, 1, 28,
	  "4500 001e 0001 4000 4011 0000 " V4_ADDR "0035 0400 0009 0000 4142" },
	{ "udp length 0", DECODE_OK, 17, 53, 1024, 20, 2, 28,
	  "4500 001e 0001 4000 4011 0000 " V4_ADDR "0035 0400 0000 0000 4142" },
	{ "udp length 7", DECODE_MALFORMED, 17, 0, 0, 20, 0, 28,
	  "4500 001e 0001 4000 4011 0000 " V4_ADDR "0035 0400 0007 0000 4142" },
	{ "udp longer than ip", DECODE_MALFORMED, 17, 0, 0, 20, 0, 28,
	  "4500 001e 0001 4000 4011 0000 " V4_ADDR "0035 0400 000b 0000 4142" },
	{ "udp-lite", DECODE_OK, 136, 53, 1024, 20, 2, 28,
	  "4500 001e 0001 4000 4088 0000 " V4_ADDR "0035 0400 0008 0000 4142" },
	{ "sctp", DECODE_OK, 132, 2905, 2905, 20, 4, 32,
	  "4500 0024 0001 4000 4084 0000 " V4_ADDR
	  "0b59 0b59 00000001 00000000 01000004" },
	{ "dccp", DECODE_OK, 33, 5001, 5002, 20, 1, 36,
	  "4500 0025 0001 4000 4021 0000 " V4_ADDR
	  "1389 138a 04000000 01000000 00000000 41" },
	{ "dccp offset 2", DECODE_MALFORMED, 33, 0, 0, 20, 0, 32,
	  "4500 0025 0001 4000 4021 0000 " V4_ADDR
	  "1389 138a 02000000 01000000 00000000 41" },
	{ "dccp offset past the end", DECODE_MALFORMED, 33, 0, 0, 20, 0, 32,
	  "4500 0025 0001 4000 4021 0000 " V4_ADDR
	  "1389 138a 05000000 01000000 00000000 41" },
	{ "echo request", DECODE_OK, 1, 0x1234, 0x1234, 20, 8, 28,
	  "4500 001c 0001 4000 4001 0000 " V4_ADDR "0800 0000 1234 0001" },
	{ "icmp of 4 bytes", DECODE_MALFORMED, 1, 0, 0, 20, 0, 20,
	  "4500 0018 0001 4000 4001 0000 " V4_ADDR "0800 0000" },
	{ "gre", DECODE_OK, 47, 0, 0, 20, 4, 20,
	  "4500 0018 0001 4000 402f 0000 " V4_ADDR "0000 0800" },
	{ "esp", DECODE_OK, 50, 0, 0, 20, 8, 20,
	  "4500 001c 0001 4000 4032 0000 " V4_ADDR "00000001 00000001" },
	{ "empty IP payload", DECODE_OK, 2, 0, 0, 20, 0, 20,
	  "4500 0014 0001 4000 4002 0000 " V4_ADDR },
	{ "first fragment", DECODE_OK, 17, 53, 1024, 20, 8, 28,
	  "4500 0024 0001 2000 4011 0000 " V4_ADDR
	  "0035 0400 0100 0000 4142434445464748" },
	{ "first fragment that splits tcp", DECODE_TRUNCATED, 6, 0, 0, 20, 0,
	  20, "4500 001c 0001 2000 4006 0000 " V4_ADDR "9c40 0050 11223344" },
	{ "later fragment", DECODE_FRAGMENT, 17, 0, 0, 20, 8, 20,
	  "4500 001c 0001 0001 4011 0000 " V4_ADDR "4142434445464748" },
	{ "fragment past 65535", DECODE_MALFORMED, 17, 0, 0, 20, 0, 20,
	  "4500 001c 0001 1fff 4011 0000 " V4_ADDR "4142434445464748" },
	{ "empty fragment", DECODE_MALFORMED, 17, 0, 0, 20, 0, 20,
	  "4500 0014 0001 0001 4011 0000 " V4_ADDR },
	{ "ihl 4", DECODE_MALFORMED, 6, 0, 0, 0, 0, 20,
	  "4400 0028 0001 4000 4006 0000 " V4_ADDR TCP20 },
	{ "ihl past the end", DECODE_MALFORMED, 6, 0, 0, 0, 0, 20,
	  "4f00 0028 0001 4000 4006 0000 " V4_ADDR TCP20 },
	{ "total length below ihl", DECODE_MALFORMED, 6, 0, 0, 0, 0, 20,
	  "4500 0013 0001 4000 4006 0000 " V4_ADDR TCP20 },
	{ "tcp offset 4", DECODE_MALFORMED, 6, 0, 0, 20, 0, 40,
	  "4500 0028 0001 4000 4006 0000 " V4_ADDR
	  "9c40 0050 11223344 00000000 4018 2000 0000 0000" },
	{ "tcp offset past the end", DECODE_MALFORMED, 6, 0, 0, 20, 0, 40,
	  "4500 0028 0001 4000 4006 0000 " V4_ADDR
	  "9c40 0050 11223344 00000000 f018 2000 0000 0000" },
	{ "tcp too short", DECODE_MALFORMED, 6, 0, 0, 20, 0, 20,
	  "4500 0027 0001 4000 4006 0000 " V4_ADDR
	  "9c40 0050 11223344 00000000 5018 2000 0000 00" },
	{ "version 5", DECODE_MALFORMED, 0, 0, 0, 0, 0, 1, "55" },
	{ "nothing", DECODE_TRUNCATED, 0, 0, 0, 0, 0, 0, "" },
	{ "v6 tcp", DECODE_OK, 6, 40000, 80, 40, 3, 60,
	  "61000000 0017 0640 " V6_ADDR TCP20 "474554" },
	{ "v6 udp", DECODE_OK, 17, 53, 1024, 40, 2, 48,
	  "61000000 000a 1140 " V6_ADDR "0035 0400 000a 0000 4142" },
	{ "v6 hop-by-hop, routing, options", DECODE_OK, 17, 53, 1024, 64, 0, 72,
	  "61000000 0020 0040 " V6_ADDR "2b00 010400000000 "
	  "3c00 0000 00000000 1100 010400000000 0035 0400 0008 0000" },
	{ "v6 authentication", DECODE_OK, 17, 53, 1024, 64, 0, 72,
	  "61000000 0020 3340 " V6_ADDR "1104 0000 00000001 00000001 "
	  "000000000000000000000000 0035 0400 0008 0000" },
	{ "v6 mobility", DECODE_OK, 59, 0, 0, 48, 0, 48,
	  "61000000 0008 8740 " V6_ADDR "3b00 0000 00000000" },
	{ "v6 no next header", DECODE_OK, 59, 0, 0, 40, 0, 40,
	  "61000000 0004 3b40 " V6_ADDR "41424344" },
	{ "v6 echo reply", DECODE_OK, 58, 0x1234, 0x1234, 40, 8, 48,
	  "61000000 0008 3a40 " V6_ADDR "8100 0000 1234 0001" },
	{ "v6 atomic fragment", DECODE_OK, 17, 53, 1024, 48, 0, 56,
	  "61000000 0010 2c40 " V6_ADDR "1100 0000 00000007 "
	  "0035 0400 0008 0000" },
	{ "v6 first fragment", DECODE_OK, 17, 53, 1024, 48, 0, 56,
	  "61000000 0010 2c40 " V6_ADDR "1100 0001 00000007 "
	  "0035 0400 0100 0000" },
	{ "v6 first fragment with options", DECODE_OK, 17, 53, 1024, 48, 0, 64,
	  "61000000 0018 2c40 " V6_ADDR "3c00 0001 00000007 "
	  "1100 010400000000 0035 0400 0100 0000" },
	{ "v6 later fragment", DECODE_FRAGMENT, 17, 0, 0, 48, 8, 48,
	  "61000000 0010 2c40 " V6_ADDR "1100 0009 00000007 "
	  "4142434445464748" },
	{ "v6 fragment of a fragment", DECODE_MALFORMED, 17, 0, 0, 48, 0, 56,
	  "61000000 0018 2c40 " V6_ADDR "2c00 0001 00000007 "
	  "1100 0001 00000007 0035 0400 0100 0000" },
	{ "v6 header past the end", DECODE_MALFORMED, 0, 0, 0, 40, 0, 48,
	  "61000000 0008 0040 " V6_ADDR "1101 0104 00000000" },
	{ "v6 header of 4 bytes", DECODE_MALFORMED, 0, 0, 0, 40, 0, 40,
	  "61000000 0004 0040 " V6_ADDR "1100 0104" },
	{ "v6 jumbogram", DECODE_OK, 17, 53, 1024, 48, 2, 56,
	  "61000000 0000 0040 " V6_ADDR "1100 c204 00010000 "
	  "0035 0400 0000 0000 4142" },
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static struct packet decoded(const uint8_t *data, size_t len)
{
	struct packet pkt;

	/* Stale fields must not survive. */
	memset(&pkt, 0xa5, sizeof(pkt));
	pkt.data = data;
	pkt.len = (uint32_t)len;
	decode_ip(&pkt);
	return pkt;
}

static void assert_inside(const struct packet *pkt)
{
	const uint8_t *end = pkt->data + pkt->len;

	ck_assert_uint_le(pkt->header_len, pkt->len);
	if (pkt->payload != NULL) {
		ck_assert(pkt->payload >= pkt->data);
		ck_assert(pkt->payload + pkt->payload_len <= end);
	} else {
		ck_assert_uint_eq(pkt->payload_len, 0);
	}
	if (pkt->quoted != NULL)
		ck_assert(pkt->quoted + pkt->quoted_len <= end);
}

START_TEST(complete)
{
	const struct row *row = &rows[_i];
	size_t len;
	uint8_t *bytes = hex_bytes(row->hex, &len);
	struct packet pkt = decoded(bytes, len);

	ck_assert_msg(pkt.status == row->status, "%s: %s", row->name,
		      decode_status_name(pkt.status));
	ck_assert_uint_eq(pkt.proto, row->proto);
	ck_assert_uint_eq(pkt.sport, row->sport);
	ck_assert_uint_eq(pkt.dport, row->dport);
	ck_assert_uint_eq(pkt.header_len, row->header_len);
	ck_assert_uint_eq(pkt.payload_len, row->payload_len);
	ck_assert(pkt.has_ports == (row->sport != 0 && row->proto != 1 &&
				    row->proto != 58));
	assert_inside(&pkt);
	free(bytes);
}
END_TEST

/* Truncation matters only within headers. */
START_TEST(truncated)
{
	const struct row *row = &rows[_i];
	size_t len, n;
	uint8_t *bytes = hex_bytes(row->hex, &len);

	for (n = 0; n < len; n++) {
		uint8_t *part = hex_cut(bytes, n);
		struct packet pkt = decoded(part, n);
		enum decode_status want;

		want = n >= row->min ? row->status : DECODE_TRUNCATED;
		/* Offload leaves a length of 0: all captured bytes count. */
		if (n >= 20 && n < row->min &&
		    (strstr(row->name, "offload") != NULL ||
		     strstr(row->name, "jumbo") != NULL) &&
		    pkt.status == DECODE_MALFORMED)
			want = DECODE_MALFORMED;
		ck_assert_msg(pkt.status == want, "%s: %zu bytes: %s",
			      row->name, n, decode_status_name(pkt.status));
		assert_inside(&pkt);
		free(part);
	}
	free(bytes);
}
END_TEST

START_TEST(fields)
{
	size_t len;
	uint8_t *bytes = hex_bytes(rows[0].hex, &len);
	struct packet pkt = decoded(bytes, len);

	ck_assert_uint_eq(pkt.family, 4);
	ck_assert_uint_eq(pkt.tos, 0x10);
	ck_assert_uint_eq(pkt.tcp_flags, TCP_ACK | 0x08);
	ck_assert_uint_eq(pkt.tcp_seq, 0x11223344);
	ck_assert_uint_eq(pkt.ip_len, 43);
	ck_assert(address_is_v4(&pkt.src));
	ck_assert_mem_eq(pkt.src.bytes + 12, "\x0a\0\0\x01", 4);
	ck_assert_mem_eq(pkt.dst.bytes + 12, "\xc6\x33\x64\x07", 4);
	ck_assert(!pkt.is_fragment);
	ck_assert_mem_eq(pkt.payload, "GET", 3);
	free(bytes);
}
END_TEST

/* ::ffff:a.b.c.d in an IPv6 header is not an IPv4 address. */
START_TEST(mapped)
{
	size_t len;
	uint8_t *bytes = hex_bytes("60000000 000a 1140 "
				   "00000000000000000000ffff c0000201 "
				   "00000000000000000000ffff c6336407 "
				   "0035 0400 000a 0000 4142", &len);
	struct packet pkt = decoded(bytes, len);
	struct address v4 = address_from_v4(htonl(0xc0000201));
	char text[ADDRESS_TEXT_MAX];

	ck_assert_int_eq(pkt.status, DECODE_OK);
	ck_assert(!address_is_v4(&pkt.src) && !address_is_v4(&pkt.dst));
	ck_assert(!address_equal(&pkt.src, &v4));
	ck_assert_str_eq(address_print_packet(&pkt.src, text),
			 "::ffff:c000:201");
	ck_assert_str_eq(address_print_packet(&pkt.dst, text),
			 "::ffff:c633:6407");
	ck_assert_str_eq(address_print_packet(&v4, text), "192.0.2.1");
	free(bytes);
}
END_TEST

START_TEST(fields_v6)
{
	size_t len;
	uint8_t *bytes = hex_bytes(
		"6b800000 0010 2c40 " V6_ADDR "1100 0009 01020304 "
		"4142434445464748", &len);
	struct packet pkt = decoded(bytes, len);

	ck_assert_uint_eq(pkt.family, 6);
	ck_assert_uint_eq(pkt.tos, 0xb8);
	ck_assert(pkt.is_fragment && pkt.more_fragments);
	ck_assert_uint_eq(pkt.fragment_offset, 8);
	ck_assert_uint_eq(pkt.fragment_id, 0x01020304);
	ck_assert_uint_eq(pkt.src.bytes[15], 1);
	ck_assert_uint_eq(pkt.dst.bytes[15], 2);
	free(bytes);
}
END_TEST

/* Chains of extension headers are bounded. */
START_TEST(long_chain)
{
	size_t len = 40 + 8 * (size_t)_i + 8;
	uint8_t *bytes = calloc(1, len);
	struct packet pkt;
	int i;

	bytes[0] = 0x60;
	bytes[4] = (uint8_t)((len - 40) >> 8);
	bytes[5] = (uint8_t)(len - 40);
	bytes[6] = IPPROTO_DSTOPTS;
	for (i = 0; i < _i; i++)
		bytes[40 + 8 * i] = i + 1 < _i ? IPPROTO_DSTOPTS : IPPROTO_UDP;
	bytes[len - 3] = 8;
	pkt = decoded(bytes, len);
	ck_assert_int_eq(pkt.status, _i <= 12 ? DECODE_OK : DECODE_MALFORMED);
	free(bytes);
}
END_TEST

START_TEST(super_packet)
{
	size_t len = 65535;
	uint8_t *bytes = calloc(1, len);
	struct packet pkt;

	memcpy(bytes, "\x45\0\xff\xff\0\1\x40\0\x40\x06", 10);
	bytes[32] = 0x50;
	pkt = decoded(bytes, len);
	ck_assert_int_eq(pkt.status, DECODE_OK);
	ck_assert_uint_eq(pkt.payload_len, 65535 - 40);
	free(bytes);
}
END_TEST

static const struct {
	const char *name;
	enum decode_status status;
	uint8_t proto;
	uint16_t sport, dport;
	const char *hex;
} errors[] = {
	{ "eight bytes of tcp", DECODE_OK, 6, 40000, 80,
	  "4500 0038 0001 4000 4001 0000 " V4_ADDR "0301 0000 00000000 "
	  "4500 05dc 0001 4000 4006 0000 " V4_ADDR "9c40 0050 11223344" },
	{ "udp, too big", DECODE_OK, 17, 53, 1024,
	  "4500 0038 0001 4000 4001 0000 " V4_ADDR "0304 0000 000005dc "
	  "4500 05dc 0001 4000 4011 0000 " V4_ADDR "0035 0400 05c8 0000" },
	{ "echo", DECODE_OK, 1, 0x1234, 0x1234,
	  "4500 0038 0001 4000 4001 0000 " V4_ADDR "0b00 0000 00000000 "
	  "4500 001c 0001 4000 4001 0000 " V4_ADDR "0800 0000 1234 0001" },
	{ "seven bytes", DECODE_TRUNCATED, 6, 0, 0,
	  "4500 0037 0001 4000 4001 0000 " V4_ADDR "0301 0000 00000000 "
	  "4500 05dc 0001 4000 4006 0000 " V4_ADDR "9c40 0050 112233" },
	{ "v6 udp", DECODE_OK, 17, 53, 1024,
	  "60000000 0038 3a40 " V6_ADDR "0104 0000 00000000 "
	  "60000000 05dc 1140 " V6_ADDR "0035 0400 05dc 0000" },
};

START_TEST(quoted)
{
	size_t len;
	uint8_t *bytes = hex_bytes(errors[_i].hex, &len);
	struct packet pkt = decoded(bytes, len);
	struct packet inner;

	ck_assert_int_eq(pkt.status, DECODE_OK);
	ck_assert_ptr_nonnull(pkt.quoted);
	pkt.mark = 7;
	decode_quoted(&pkt, &inner);
	ck_assert_msg(inner.status == errors[_i].status, "%s: %s",
		      errors[_i].name, decode_status_name(inner.status));
	ck_assert_uint_eq(inner.proto, errors[_i].proto);
	ck_assert_uint_eq(inner.sport, errors[_i].sport);
	ck_assert_uint_eq(inner.dport, errors[_i].dport);
	ck_assert_ptr_null(inner.payload);
	ck_assert_ptr_null(inner.quoted);
	ck_assert_uint_eq(inner.mark, 7);
	free(bytes);
}
END_TEST

START_TEST(no_quote_in_echo)
{
	size_t len;
	uint8_t *bytes = hex_bytes(
		"4500 0020 0001 4000 4001 0000 " V4_ADDR
		"0800 0000 1234 0001 41424344", &len);

	ck_assert_ptr_null(decoded(bytes, len).quoted);
	free(bytes);
}
END_TEST

START_TEST(status_names)
{
	int i;

	for (i = 0; i < DECODE_STATUSES; i++)
		ck_assert_str_ne(decode_status_name(i), "?");
	ck_assert_str_eq(decode_status_name(DECODE_STATUSES), "?");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("decode");
	TCase *tc = tcase_create("decode");

	tcase_add_loop_test(tc, complete, 0, ROW_COUNT);
	tcase_add_loop_test(tc, truncated, 0, ROW_COUNT);
	tcase_add_test(tc, fields);
	tcase_add_test(tc, fields_v6);
	tcase_add_test(tc, mapped);
	tcase_add_loop_test(tc, long_chain, 1, 20);
	tcase_add_test(tc, super_packet);
	tcase_add_loop_test(tc, quoted, 0, ROWS(errors));
	tcase_add_test(tc, no_quote_in_echo);
	tcase_add_test(tc, status_names);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
