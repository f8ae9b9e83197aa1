/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hint_bittorrent.c - packets that the BitTorrent hints match, reject or
 * wait on. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_bittorrent_tcp, hint_bittorrent_udp;

#define SYN "\x41\x00\x12\x34" "time" "diff" "\0\x10\0\0" "\x00\x01\x00\x00"
#define STATE(n) "\x21\x00\x12\x34" "tim" n "diff" "\0\x10\0\0" \
	"\x20\x00\x30" n

static const struct hint_row tcp[] = {
	{ "handshake", HINT_YES,
	  .payload = BYTES("\x13" "BitTorrent protocol" "\0\0\0\0\0\x10\0\x05")
	},
	{ "half a handshake", HINT_MORE, .payload = BYTES("\x13" "BitTor") },
	{ "another word", HINT_NO, .payload = BYTES("\x13" "BitTorment") },
};

static const struct hint_row udp[] = {
	{ "DHT query", HINT_YES,
	  .payload = BYTES("d1:ad2:id20:abcdefghij0123456789e1:q4:ping"
			   "1:t2:aa1:y1:qe") },
	{ "DHT answer", HINT_YES, .from_server = true,
	  .payload = BYTES("d1:rd2:id20:mnopqrstuvwxyz123456e1:t2:aa"
			   "1:y1:re") },
	{ "another dictionary", HINT_NO,
	  .payload = BYTES("d3:foo3:bar3:cow3:mooe") },
	{ "tracker", HINT_YES,
	  .payload = BYTES("\0\0\x04\x17\x27\x10\x19\x80\0\0\0\0" "tran") },
	{ "local discovery", HINT_YES,
	  .payload = BYTES("BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143") },
	{ "uTP begins", HINT_MORE, .payload = BYTES(SYN) },
	{ "local discovery, answered", HINT_YES, .from_server = true,
	  .payload = BYTES("\x21\x00\x12\x34" "time" "diff" "\0\x10\0\0"
			   "\x20\x00\x00\x01"),
	  .earlier = { { false, BYTES(SYN) } } },
	{ "local discovery, from another host", HINT_MORE, .from_server = true,
	  .payload = BYTES("\x21\x00\x12\x99" "time" "diff" "\0\x10\0\0"
			   "\x20\x00\x00\x01"),
	  .earlier = { { false, BYTES(SYN) } } },
	{ "the handshake in uTP", HINT_YES,
	  .payload = BYTES("\x01\x00\x12\x35" "time" "diff" "\0\x10\0\0"
			   "\0\x02\0\x01" "\x13" "BitTorrent protocol") },
	{ "uTP, one side only", HINT_YES, .payload = BYTES(STATE("\x03")),
	  .earlier = { { false, BYTES(STATE("\x01")) },
		       { false, BYTES(STATE("\x02")) } } },
	{ "uTP, no progress", HINT_MORE, .payload = BYTES(STATE("\x01")),
	  .earlier = { { false, BYTES(STATE("\x01")) },
		       { false, BYTES(STATE("\x01")) } } },
	{ "uTP, another version", HINT_NO,
	  .payload = BYTES("\x00\x00\x12\x34" "time" "diff" "\0\x10\0\0"
			   "\0\x01\0\0") },
};

START_TEST(tcp_row)
{
	try_hint_row(&hint_bittorrent_tcp, &tcp[_i]);
}
END_TEST

START_TEST(udp_row)
{
	try_hint_row(&hint_bittorrent_udp, &udp[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hint_bittorrent");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, tcp_row, 0, ROWS(tcp));
	tcase_add_loop_test(tc, udp_row, 0, ROWS(udp));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
