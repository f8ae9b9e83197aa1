/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hint_stun.c - messages that the STUN hints match, reject or wait on. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_stun_tcp, hint_stun_udp;

#define ID "0123456789abcdef"

static const struct hint_row udp[] = {
	{ "binding request", HINT_YES,
	  .payload = BYTES("\x00\x01\x00\x00\x21\x12\xa4\x42" "0123456789ab") },
	{ "allocate with an attribute", HINT_YES,
	  .payload = BYTES("\x00\x03\x00\x08\x21\x12\xa4\x42" "0123456789ab"
			   "\x00\x19\x00\x04\x11\x00\x00\x00") },
	{ "length differs from the datagram's", HINT_NO,
	  .payload = BYTES("\x00\x01\x00\x08\x21\x12\xa4\x42" "0123456789ab") },
	{ "without the cookie, attributes", HINT_YES, .from_server = true,
	  .payload = BYTES("\x01\x01\x00\x0c" ID
			   "\x00\x01\x00\x08\x00\x01"
			   "\x1f\x90\xc0\x00\x02\x01") },
	{ "without the cookie, unknown attributes on another port", HINT_NO,
	  .from_server = true, .dport = 4000,
	  .payload = BYTES("\x01\x01\x00\x0c" ID
			   "\x07\x01\x00\x08\x00\x01"
			   "\x1f\x90\xc0\x00\x02\x01") },
	{ "without the cookie, an unknown attribute", HINT_YES,
	  .payload = BYTES("\x00\x01\x00\x18" ID
			   "\x01\x01\x00\x14" "1234567890123456789\x00") },
	{ "attributes shorter than the message", HINT_MORE,
	  .payload = BYTES("\x00\x01\x00\x18" ID
			   "\x01\x01\x00\x10" "1234567890123456789\x00") },
	{ "without cookie and attributes", HINT_MORE,
	  .payload = BYTES("\x00\x01\x00\x00" ID) },
	{ "without cookie and attributes, but answered", HINT_YES,
	  .from_server = true, .payload = BYTES("\x01\x01\x00\x00" ID),
	  .earlier = { { false, BYTES("\x00\x01\x00\x00" ID) } } },
	{ "answer to another transaction", HINT_NO, .from_server = true,
	  .payload = BYTES("\x01\x01\x00\x00" ID),
	  .earlier = { { false, BYTES("\x00\x01\x00\x00" "ABCDEFGHIJKLMNOP") } }
	},
	{ "RTP", HINT_NO,
	  .payload = BYTES("\x80\x00\x00\x01\x00\x00\x00\xa0" "SSRC########") },
};

static const struct hint_row tcp[] = {
	{ "binding request", HINT_YES,
	  .payload = BYTES("\x00\x01\x00\x00\x21\x12\xa4\x42" "0123456789ab") },
	{ "TCP: bytes after the length", HINT_YES,
	  .payload = BYTES("\x00\x14" "\x00\x01\x00\x00\x21\x12\xa4\x42"
			   "0123456789ab") },
	{ "cut", HINT_MORE,
	  .payload = BYTES("\x00\x14" "\x00\x01\x00\x00\x21\x12\xa4") },
	{ "text", HINT_NO, .payload = BYTES("GET / HTTP/1.1\r\n\r\n") },
};

START_TEST(udp_row)
{
	try_hint_row(&hint_stun_udp, &udp[_i]);
}
END_TEST

START_TEST(tcp_row)
{
	try_hint_row(&hint_stun_tcp, &tcp[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hint_stun");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, udp_row, 0, ROWS(udp));
	tcase_add_loop_test(tc, tcp_row, 0, ROWS(tcp));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
