/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hint_openvpn.c - packets that the OpenVPN hints match, reject or wait
 * on. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_openvpn_tcp, hint_openvpn_udp;

#define S32 "0123456789abcdefghijklmnopqrstuv"
#define BARE "\x38" "clientsn" "\0\0\0\0\0"
#define ANSWER "\x40" "serversn" "\x01\0\0\0\0" "clientsn" "\0\0\0\0"
#define PACKET_ID "\x00\x00\x00\x01\x65\x00\x00\x00"
/* Packet id, tag, five encrypted bytes. */
#define CRYPT "clientsn" PACKET_ID S32 "acks+"

static const struct hint_row udp[] = {
	{ "plain reset", HINT_MORE, .payload = BYTES(BARE) },
	{ "answered", HINT_YES, .from_server = true, .payload = BYTES(ANSWER),
	  .earlier = { { false, BYTES(BARE) } } },
	{ "answered with another session ID", HINT_MORE, .from_server = true,
	  .payload = BYTES("\x40" "serversn" "\x01\0\0\0\0" "clientSN"
			   "\0\0\0\0"),
	  .earlier = { { false, BYTES(BARE) } } },
	{ "followed by its acknowledgement", HINT_YES,
	  .payload = BYTES("\x28" "clientsn" "\x01\0\0\0\0" "serversn"),
	  .earlier = { { false, BYTES(BARE) } } },
	{ "followed by an acknowledgement of another session", HINT_NO,
	  .payload = BYTES("\x28" "CLIENTSN" "\x01\0\0\0\0" "serversn"),
	  .earlier = { { false, BYTES(BARE) } } },
	{ "tls-auth with SHA-1", HINT_YES,
	  .payload = BYTES("\x38" "clientsn" "0123456789abcdefghij" PACKET_ID
			   "\0\0\0\0\0") },
	{ "tls-auth with SHA-512", HINT_YES,
	  .payload = BYTES("\x38" "clientsn" S32 S32 PACKET_ID "\0\0\0\0\0") },
	{ "tls-auth, no digest has this length", HINT_NO,
	  .payload = BYTES("\x38" "clientsn" "0123456789" PACKET_ID
			   "\0\0\0\0\0") },
	{ "tls-crypt", HINT_MORE, .payload = BYTES("\x38" CRYPT) },
	{ "tls-crypt on both sides", HINT_YES, .from_server = true,
	  .payload = BYTES("\x40" CRYPT),
	  .earlier = { { false, BYTES("\x38" CRYPT) } } },
	{ "tls-crypt-v2", HINT_YES, .from_server = true,
	  .payload = BYTES("\x40" CRYPT),
	  .earlier = { { false, BYTES("\x50" CRYPT S32 S32 "key") } } },
	{ "packet ID too high", HINT_NO,
	  .payload = BYTES("\x38" "clientsn" "\x00\x01\x00\x01\x65\x00\x00\x00"
			   S32 "acks+") },
	{ "a later key", HINT_NO,
	  .payload = BYTES("\x39" "clientsn" "\0\0\0\0\0") },
};

static const struct hint_row tcp[] = {
	{ "plain reset", HINT_MORE, .payload = BYTES("\x00\x0e" BARE) },
	{ "answered", HINT_YES, .from_server = true,
	  .payload = BYTES("\x00\x1a" ANSWER),
	  .opposite = BYTES("\x00\x0e" BARE) },
	{ "tls-auth", HINT_YES,
	  .payload = BYTES("\x00\x2a\x38" "clientsn" "0123456789abcdefghij"
			   PACKET_ID "\0\0\0\0\0") },
	{ "cut", HINT_MORE, .payload = BYTES("\x00\x0e\x38") },
	{ "DNS", HINT_NO,
	  .payload = BYTES("\x00\x0e\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00"
			   "\x00\x00\x00\x00") },
};

START_TEST(udp_row)
{
	try_hint_row(&hint_openvpn_udp, &udp[_i]);
}
END_TEST

START_TEST(tcp_row)
{
	try_hint_row(&hint_openvpn_tcp, &tcp[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hint_openvpn");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, udp_row, 0, ROWS(udp));
	tcase_add_loop_test(tc, tcp_row, 0, ROWS(tcp));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
