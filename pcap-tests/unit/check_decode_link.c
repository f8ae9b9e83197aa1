/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_decode_link.c - find IP in frames of each link type. */
#include <pcap/dlt.h>
#include <stdio.h>

#include "engine/packet/decode.h"
#include "hex.h"
#include "unit.h"

#define MACS "0200000000020200 00000001 "
#define IP4 "45"
#define IP6 "60"

static const struct row {
	const char *name;
	int dlt;
	enum decode_status status;
	const char *prev;	/* bytes before IP */
	const char *ip;
} rows[] = {
	{ "ethernet", DLT_EN10MB, DECODE_OK, MACS "0800", IP4 },
	{ "ethernet v6", DLT_EN10MB, DECODE_OK, MACS "86dd", IP6 },
	{ "arp", DLT_EN10MB, DECODE_NOT_IP, MACS "0806 0001", "08" },
	{ "vlan", DLT_EN10MB, DECODE_OK, MACS "8100 0064 0800", IP4 },
	{ "qinq", DLT_EN10MB, DECODE_OK, MACS "88a8 0001 8100 0064 0800", IP4 },
	{ "sixteen tags", DLT_EN10MB, DECODE_MALFORMED, MACS
	  "8100 0001 8100 0001 8100 0001 8100 0001 8100 0001 8100 0001 "
	  "8100 0001 8100 0001 8100 0001 8100 0001 8100 0001 8100 0001 "
	  "8100 0001 8100 0001 8100 0001 8100 0001 0800", IP4 },
	{ "mpls", DLT_EN10MB, DECODE_OK, MACS "8847 00010040 00011140", IP4 },
	{ "mpls v6", DLT_EN10MB, DECODE_OK, MACS "8848 00011140", IP6 },
	{ "mpls, control word, ethernet", DLT_EN10MB, DECODE_OK,
	  MACS "8847 00011140 00000000 " MACS "0800", IP4 },
	{ "mpls, ethernet", DLT_EN10MB, DECODE_OK,
	  MACS "8847 00011140 aa0000000002 020000000001 0800", IP4 },
	{ "pppoe", DLT_EN10MB, DECODE_OK, MACS "8864 1100 0001 0016 0021",
	  IP4 },
	{ "pppoe in a vlan, v6", DLT_EN10MB, DECODE_OK,
	  MACS "8100 0007 8864 1100 0001 0016 0057", IP6 },
	{ "pppoe lcp", DLT_EN10MB, DECODE_NOT_IP,
	  MACS "8864 1100 0001 0016 c021", "01" },
	{ "pppoe version 2", DLT_EN10MB, DECODE_MALFORMED,
	  MACS "8864 2100 0001 0016 0021", IP4 },
	{ "pppoe discovery", DLT_EN10MB, DECODE_NOT_IP,
	  MACS "8863 1109 0000 0000", "00" },
	{ "llc snap", DLT_EN10MB, DECODE_OK, MACS "0020 aaaa03 000000 0800",
	  IP4 },
	{ "llc ip", DLT_EN10MB, DECODE_OK, MACS "0020 060603", IP4 },
	{ "spanning tree", DLT_EN10MB, DECODE_NOT_IP, MACS "0026 424203",
	  "00" },
	{ "cisco metadata", DLT_EN10MB, DECODE_OK,
	  MACS "8909 0101 0001 0011 0800", IP4 },
	{ "cisco metadata in a vlan, two options", DLT_EN10MB, DECODE_OK,
	  MACS "8100 0064 8909 0102 0001 0011 0002 0000 86dd", IP6 },
	{ "cisco metadata, version 2", DLT_EN10MB, DECODE_NOT_IP,
	  MACS "8909 02", "00" },
	{ "macsec, clear payload", DLT_EN10MB, DECODE_OK,
	  MACS "88e5 0000 00000001 0800", IP4 },
	{ "macsec, clear payload, identifier, vlan", DLT_EN10MB, DECODE_OK,
	  MACS "88e5 2000 00000001 0200000000010001 8100 0001 86dd", IP6 },
	{ "macsec, encrypted", DLT_EN10MB, DECODE_NOT_IP,
	  MACS "88e5 2c00 00000001 0200000000010001", "00" },
	{ "macsec, changed payload", DLT_EN10MB, DECODE_NOT_IP,
	  MACS "88e5 0400 00000001", "00" },
	{ "ethertype dsa", DLT_EN10MB, DECODE_OK,
	  MACS "dada 0000 c0180001 0800", IP4 },
	{ "dsa", DLT_DSA_TAG_DSA, DECODE_OK, MACS "c0180001 0800", IP4 },
	{ "edsa", DLT_DSA_TAG_EDSA, DECODE_OK,
	  MACS "dada 0000 c0180001 86dd", IP6 },
	{ "dsa, brcm", DLT_DSA_TAG_BRCM, DECODE_OK, MACS "00000001 0800",
	  IP4 },
	{ "dsa, brcm prepended, vlan", DLT_DSA_TAG_BRCM_PREPEND, DECODE_OK,
	  "00000001 " MACS "8100 0001 0800", IP4 },
	{ "ipnet", DLT_IPNET, DECODE_OK, "0102 0001 00000054 00000001 00000000 "
	  "00000000 00000000", IP4 },
	{ "cooked", DLT_LINUX_SLL, DECODE_OK,
	  "0000 0001 0006 0200000000010000 0800", IP4 },
	{ "cooked, vlan", DLT_LINUX_SLL, DECODE_OK,
	  "0000 0001 0006 0200000000010000 8100 0064 0800", IP4 },
	{ "cooked v2", DLT_LINUX_SLL2, DECODE_OK,
	  "86dd 0000 00000002 0001 00 06 0200000000010000", IP6 },
	{ "raw", DLT_RAW, DECODE_OK, "", IP4 },
	{ "raw 101", 101, DECODE_OK, "", IP6 },
	{ "raw 14", 14, DECODE_OK, "", IP6 },
	{ "ipv4", DLT_IPV4, DECODE_OK, "", IP4 },
	{ "ipv6", DLT_IPV6, DECODE_OK, "", IP6 },
	{ "null, little-endian", DLT_NULL, DECODE_OK, "02000000", IP4 },
	{ "null, big-endian", DLT_NULL, DECODE_OK, "00000002", IP4 },
	{ "null, v6 of macOS", DLT_NULL, DECODE_OK, "1e000000", IP6 },
	{ "null, v6 of FreeBSD", DLT_NULL, DECODE_OK, "0000001c", IP6 },
	{ "null, AppleTalk", DLT_NULL, DECODE_NOT_IP, "10000000", "01" },
	{ "loop", DLT_LOOP, DECODE_OK, "00000018", IP6 },
	{ "enc", DLT_ENC, DECODE_OK, "02000000 00000001 00000003", IP4 },
	{ "ppp", DLT_PPP, DECODE_OK, "0021", IP4 },
	{ "ppp, address and control", DLT_PPP, DECODE_OK, "ff03 0057", IP6 },
	{ "ppp, compressed protocol", DLT_PPP, DECODE_OK, "21", IP4 },
	{ "ppp, mpls", DLT_PPP, DECODE_OK, "ff03 0281 00011140", IP4 },
	{ "ppp, Cisco hdlc", DLT_PPP_SERIAL, DECODE_OK, "0f00 0800", IP4 },
	{ "ppp with direction", DLT_PPP_WITH_DIR, DECODE_OK, "00 ff03 0021",
	  IP4 },
	{ "pppd", DLT_PPP_PPPD, DECODE_OK, "00 03 0021", IP4 },
	{ "ppp ether", DLT_PPP_ETHER, DECODE_OK, "1100 0001 0016 0021", IP4 },
	{ "hdlc", DLT_C_HDLC, DECODE_OK, "0f00 86dd", IP6 },
	{ "hdlc keepalive", DLT_C_HDLC, DECODE_NOT_IP, "8f00 8035", "00" },
	{ "frame relay", DLT_FRELAY, DECODE_OK, "1841 03 cc", IP4 },
	{ "frame relay, v6", DLT_FRELAY, DECODE_OK, "1841 03 8e", IP6 },
	{ "frame relay, snap", DLT_FRELAY, DECODE_OK,
	  "1841 03 00 80 000000 0800", IP4 },
	{ "frame relay, Cisco", DLT_FRELAY, DECODE_OK, "1841 0800", IP4 },
	{ "wifi", DLT_IEEE802_11, DECODE_OK, "0801 0000 " MACS
	  "020000000003 0000 aaaa03 000000 0800", IP4 },
	{ "wifi, qos", DLT_IEEE802_11, DECODE_OK, "8801 0000 " MACS
	  "020000000003 0000 0000 aaaa03 000000 0800", IP4 },
	{ "wifi, qos and ht", DLT_IEEE802_11, DECODE_OK, "8881 0000 " MACS
	  "020000000003 0000 0000 00000000 aaaa03 000000 0800", IP4 },
	{ "wifi, bridges", DLT_IEEE802_11, DECODE_OK, "0803 0000 " MACS
	  "020000000003 0000 020000000004 aaaa03 000000 0800", IP4 },
	{ "wifi, a-msdu", DLT_IEEE802_11, DECODE_OK, "8801 0000 " MACS
	  "020000000003 0000 8000 " MACS "0040 aaaa03 000000 0800", IP4 },
	{ "wifi, encrypted", DLT_IEEE802_11, DECODE_NOT_IP, "0841 0000", "00" },
	{ "wifi, beacon", DLT_IEEE802_11, DECODE_NOT_IP, "8000 0000", "00" },
	{ "wifi, null", DLT_IEEE802_11, DECODE_NOT_IP, "4801 0000", "00" },
	{ "radiotap", DLT_IEEE802_11_RADIO, DECODE_OK,
	  "0000 0900 02000000 00 0801 0000 " MACS
	  "020000000003 0000 aaaa03 000000 0800", IP4 },
	{ "radiotap, clock, padded", DLT_IEEE802_11_RADIO, DECODE_OK,
	  "0000 1100 03000000 0000000000000000 20 8801 0000 " MACS
	  "020000000003 0000 0000 0000 aaaa03 000000 0800", IP4 },
	{ "radiotap of 7 bytes", DLT_IEEE802_11_RADIO, DECODE_MALFORMED,
	  "0000 0700 000000", "00" },
	{ "avs", DLT_IEEE802_11_RADIO_AVS, DECODE_OK,
	  "80211001 0000000a 0000 0801 0000 " MACS
	  "020000000003 0000 aaaa03 000000 0800", IP4 },
	{ "ppi", DLT_PPI, DECODE_OK, "0000 0800 01000000 " MACS "0800", IP4 },
	{ "ppi in ppi in itself", DLT_PPI, DECODE_NOT_IP,
	  "0000 0800 c0000000 0000 0800 00ff0000", "00" },
	{ "ppi of 4 bytes", DLT_PPI, DECODE_MALFORMED, "0000 0400 01000000",
	  "00" },
	{ "pktap", DLT_PKTAP, DECODE_OK,
	  "10000000 01000000 01000000 00000000 " MACS "0800", IP4 },
	{ "pktap of 0 bytes", DLT_PKTAP, DECODE_MALFORMED,
	  "00000000 01000000 01000000", "00" },
	{ "nflog, little-endian", DLT_NFLOG, DECODE_OK,
	  "0200 002a 0500 0a00 00000000 1800 0900", IP4 },
	{ "nflog, big-endian", DLT_NFLOG, DECODE_OK,
	  "0200 002a 0005 000a 00000000 0018 0009", IP4 },
	{ "nflog, length 0", DLT_NFLOG, DECODE_MALFORMED,
	  "0200 002a 0800 0100 08000300 0000 0000", "00" },
	{ "pflog", DLT_PFLOG, DECODE_OK, "05 02 000000 000000", IP4 },
	{ "fddi", DLT_FDDI, DECODE_OK, "50 " MACS "aaaa03 000000 0800", IP4 },
	{ "token ring", DLT_IEEE802, DECODE_OK,
	  "1040 " MACS "aaaa03 000000 0800", IP4 },
	{ "token ring, routed", DLT_IEEE802, DECODE_OK,
	  "1040 020000000002 820000000001 0670 0011 0012 "
	  "aaaa03 000000 0800", IP4 },
	{ "atm", DLT_ATM_RFC1483, DECODE_OK, "aaaa03 000000 0800", IP4 },
	{ "fibre channel", DLT_IP_OVER_FC, DECODE_OK,
	  "00000000000000000000000000000000 aaaa03 000000 0800", IP4 },
	{ "arcnet of RFC 1051", DLT_ARCNET_LINUX, DECODE_OK, "be50 ab08 f0",
	  IP4 },
	{ "arcnet of RFC 1201", DLT_ARCNET_LINUX, DECODE_OK,
	  "be50 a8e7 d4 00 0166", IP4 },
	{ "arcnet of BSD", DLT_ARCNET, DECODE_OK, "be50 f0", IP4 },
	{ "infiniband", DLT_IPOIB, DECODE_OK,
	  "0000000000000000000000000000000000000000"
	  "0000000000000000000000000000000000000000 0800 0000", IP4 },
	{ "netanalyzer", DLT_NETANALYZER, DECODE_OK, "00000000 " MACS "0800",
	  IP4 },
	{ "unknown", DLT_USER0, DECODE_NOT_IP, "", IP4 },
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static uint8_t *frame_of(const struct row *row, size_t *ret_len)
{
	char hex[512];

	snprintf(hex, sizeof(hex), "%s%s", row->prev, row->ip);
	return hex_bytes(hex, ret_len);
}

START_TEST(complete)
{
	const struct row *row = &rows[_i];
	size_t len, offset = 99999;
	uint8_t *frame = frame_of(row, &len);
	uint32_t vlan = 99999;
	enum decode_status status;

	status = decode_frame(row->dlt, frame, len, &offset, &vlan);
	ck_assert_msg(status == row->status, "%s: %s", row->name,
		      decode_status_name(status));
	if (status == DECODE_OK) {
		ck_assert_msg(offset == len - 1, "%s: %zu", row->name, offset);
		ck_assert((vlan != 0) == (strstr(row->name, "vlan") != NULL ||
					  strstr(row->name, "qinq") != NULL));
	} else {
		ck_assert_uint_eq(offset, 99999);
	}
	ck_assert(decode_knows_link(row->dlt) == (row->dlt != DLT_USER0));
	free(frame);
}
END_TEST

/* A truncated frame never yields another offset or a read past its end. */
START_TEST(truncated)
{
	const struct row *row = &rows[_i];
	size_t len, n, offset;
	uint8_t *frame = frame_of(row, &len);
	uint32_t vlan;

	for (n = 0; n < len; n++) {
		uint8_t *part = hex_cut(frame, n);
		enum decode_status status;

		status = decode_frame(row->dlt, part, n, &offset, &vlan);
		ck_assert_msg(status == DECODE_TRUNCATED ||
			      status == row->status,
			      "%s: %zu bytes: %s", row->name, n,
			      decode_status_name(status));
		ck_assert_msg(status != DECODE_OK, "%s: %zu bytes",
			      row->name, n);
		free(part);
	}
	free(frame);
}
END_TEST

static uint32_t vlan_of(const char *hex)
{
	size_t len, offset;
	uint8_t *frame = hex_bytes(hex, &len);
	uint32_t vlan = 0;

	ck_assert_int_eq(decode_frame(DLT_EN10MB, frame, len, &offset, &vlan),
			 DECODE_OK);
	free(frame);
	return vlan;
}

START_TEST(vlans_differ)
{
	uint32_t one = vlan_of(MACS "8100 0001 0800 45");
	uint32_t two = vlan_of(MACS "8100 0002 0800 45");
	uint32_t priority = vlan_of(MACS "8100 e001 0800 45");
	uint32_t stack = vlan_of(MACS "88a8 0001 8100 0002 0800 45");
	uint32_t turned = vlan_of(MACS "88a8 0002 8100 0001 0800 45");

	ck_assert_uint_ne(one, two);
	ck_assert_uint_eq(one, priority);
	ck_assert_uint_ne(stack, turned);
	ck_assert_uint_ne(stack, two);
	ck_assert_uint_ne(vlan_of(MACS "8100 0000 0800 45"), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("decode_link");
	TCase *tc = tcase_create("decode_link");

	tcase_add_loop_test(tc, complete, 0, ROW_COUNT);
	tcase_add_loop_test(tc, truncated, 0, ROW_COUNT);
	tcase_add_test(tc, vlans_differ);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
