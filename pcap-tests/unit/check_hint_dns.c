/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hint_dns.c - messages that the DNS hints match, reject or wait on. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_dns_udp, hint_dns_tcp;

/* A query of dig, and an answer. */
#define NAME "\x03www\x07" "example\x03org\x00"
#define QUERY "\x1a\x2b\x01\x20\x00\x01\x00\x00\x00\x00\x00\x01" NAME \
	"\x00\x01\x00\x01\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00"
#define ANSWER "\x1a\x2b\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00" NAME \
	"\x00\x01\x00\x01\xc0\x0c\x00\x01\x00\x01\x00\x00\x0e\x10" \
	"\x00\x04\xc0\x00\x02\x07"
#define MDNS_QUERY "\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00" \
	"\x04_ipp\x04_tcp\x05local\x00\x00\x0c\x80\x01"
#define MDNS_ANSWER "\x00\x00\x84\x00\x00\x00\x00\x01\x00\x00\x00\x00" \
	"\x05paper\x05local\x00\x00\x01\x80\x01\x00\x00\x00\x78" \
	"\x00\x04\xc0\x00\x02\x09"
#define NETBIOS "\x80\x01\x01\x10\x00\x01\x00\x00\x00\x00\x00\x00" \
	"\x20" "EIEFEMEMEPCACACACACACACACACACACA\x00\x00\x20\x00\x01"

static const struct hint_row udp[] = {
	{ "query", HINT_YES, .host = "www.example.org",
	  .payload = BYTES(QUERY) },
	{ "answer", HINT_YES, .from_server = true, .host = "www.example.org",
	  .payload = BYTES(ANSWER) },
	{ "any port", HINT_YES, .host = "www.example.org", .dport = 5300,
	  .payload = BYTES(QUERY) },
	{ "the root", HINT_YES,
	  .payload = BYTES("\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"
			   "\x00\x00\x02\x00\x01") },
	{ "trailing bytes", HINT_YES, .host = "www.example.org",
	  .payload = BYTES(QUERY "x") },
	{ "a record past the end", HINT_YES,
	  .host = "www.example.org",
	  .payload = BYTES("\x1a\x2b\x01\x20\x00\x01\x00\x00\x00\x00\x00\x01"
			   NAME "\x00\x01\x00\x01\x00\x00\x29") },
	{ "a truncated answer", HINT_YES, .from_server = true,
	  .host = "www.example.org",
	  .payload = BYTES("\x1a\x2b\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00"
			   NAME "\x00\x01\x00\x01\xc0\x0c\x00\x01") },
	{ "a question past the end", HINT_NO,
	  .payload = BYTES("\x1a\x2b\x01\x20\x00\x01\x00\x00\x00\x00\x00\x01"
			   NAME "\x00\x01\x00") },
	{ "no question", HINT_NO,
	  .payload = BYTES("\x1a\x2b\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			   "......") },
	{ "a pointer to itself", HINT_NO,
	  .payload = BYTES("\x1a\x2b\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
			   "\xc0\x0c\x00\x01\x00\x01") },
	{ "a label that is too long", HINT_NO,
	  .payload = BYTES("\x1a\x2b\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
			   "\x41" "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			   "aaaaaaaaaaaaaaaaaaaaaaaa\x00\x00\x01\x00\x01") },
	{ "an invalid class", HINT_NO,
	  .payload = BYTES("\x1a\x2b\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
			   "\x01" "a\x00\x00\x01\x00\x09") },
	{ "an invalid opcode", HINT_NO,
	  .payload = BYTES("\x1a\x2b\x79\x00\x00\x01\x00\x00\x00\x00\x00\x00"
			   "\x01" "a\x00\x00\x01\x00\x01") },
	{ "multicast query", HINT_YES, .app = "mdns", .host = "_ipp._tcp.local",
	  .sport = 5353, .dport = 5353, .payload = BYTES(MDNS_QUERY) },
	{ "multicast answer", HINT_YES, .app = "mdns", .sport = 5353,
	  .dport = 5353, .payload = BYTES(MDNS_ANSWER) },
	{ "multicast answer, invalid as unicast DNS", HINT_NO,
	  .from_server = true, .payload = BYTES(MDNS_ANSWER) },
	{ "LLMNR", HINT_YES, .app = "llmnr", .host = "paper", .dport = 5355,
	  .payload = BYTES("\x1a\x2b\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"
			   "\x05paper\x00\x00\x01\x00\x01") },
	{ "NetBIOS", HINT_NO, .payload = BYTES(NETBIOS) },
};

static const struct hint_row tcp[] = {
	{ "query", HINT_YES, .host = "www.example.org",
	  .payload = BYTES("\x00\x2c" QUERY) },
	{ "two queries", HINT_YES, .host = "www.example.org",
	  .payload = BYTES("\x00\x2c" QUERY "\x00\x2c" QUERY) },
	{ "answer", HINT_YES, .from_server = true, .host = "www.example.org",
	  .payload = BYTES("\x00\x31" ANSWER) },
	{ "the beginning of a long answer", HINT_YES, .from_server = true,
	  .host = "www.example.org", .payload = BYTES("\x03\x31" ANSWER) },
	{ "cut", HINT_MORE,
	  .payload = BYTES("\x00\x2c\x1a\x2b\x01\x20\x00\x01") },
	{ "another length in the TCP prefix", HINT_NO,
	  .payload = BYTES("\x00\x20" QUERY) },
	{ "on the port of multicast DNS", HINT_YES, .host = "www.example.org",
	  .dport = 5353, .payload = BYTES("\x00\x2c" QUERY) },
	{ "HTTP", HINT_NO, .payload = BYTES("GET / HTTP/1.1\r\n\r\n") },
};

START_TEST(udp_row)
{
	try_hint_row(&hint_dns_udp, &udp[_i]);
}
END_TEST

START_TEST(tcp_row)
{
	try_hint_row(&hint_dns_tcp, &tcp[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hint_dns");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, udp_row, 0, ROWS(udp));
	tcase_add_loop_test(tc, tcp_row, 0, ROWS(tcp));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
