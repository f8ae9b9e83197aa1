/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hint_sip.c - messages that the SIP hints match, reject or wait on. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_sip_tcp, hint_sip_udp;

static const struct hint_row udp[] = {
	{ "request", HINT_YES,
	  .payload = BYTES("REGISTER sip:voip.test SIP/2.0\r\n"
			   "Via: SIP/2.0/UDP 192.0.2.7:5060\r\n") },
	{ "response", HINT_YES, .from_server = true,
	  .payload = BYTES("SIP/2.0 100 Trying\r\n") },
	{ "telephone number", HINT_YES,
	  .payload = BYTES("INVITE tel:+4912345 SIP/2.0\r\n\r\n") },
	{ "keep-alive", HINT_MORE, .payload = BYTES("\r\n\r\n") },
	{ "keep-alive of NULs", HINT_MORE, .payload = BYTES("\0\0\0\0") },
	{ "HTTP over UDP", HINT_NO,
	  .payload = BYTES("NOTIFY * HTTP/1.1\r\nHost: a\r\n") },
	{ "half a line", HINT_NO, .payload = BYTES("INVITE sip:a@b.test") },
	{ "no method", HINT_NO, .payload = BYTES("a sip:b SIP/2.0\r\n") },
};

static const struct hint_row tcp[] = {
	{ "request", HINT_YES,
	  .payload = BYTES("OPTIONS sip:voip.test SIP/2.0\r\n") },
	{ "half a line", HINT_MORE, .payload = BYTES("INVITE sip:a@b.test") },
	{ "half a version", HINT_MORE, .payload = BYTES("SIP/2") },
	{ "RTSP", HINT_NO,
	  .payload = BYTES("OPTIONS rtsp://a.test RTSP/1.0\r\n\r\n") },
	{ "binary", HINT_NO, .payload = BYTES("INV\x01\x02\x03") },
};

START_TEST(udp_row)
{
	try_hint_row(&hint_sip_udp, &udp[_i]);
}
END_TEST

START_TEST(tcp_row)
{
	try_hint_row(&hint_sip_tcp, &tcp[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hint_sip");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, udp_row, 0, ROWS(udp));
	tcase_add_loop_test(tc, tcp_row, 0, ROWS(tcp));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
