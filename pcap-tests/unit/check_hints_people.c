/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hints_people.c - payloads that the hints for chat, media and games
 * match or reject. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_xmpp;
extern const struct hint hint_irc;
extern const struct hint hint_nntp;
extern const struct hint hint_mgcp;
extern const struct hint hint_rtsp;
extern const struct hint hint_telnet;
extern const struct hint hint_socks;
extern const struct hint hint_minecraft;
extern const struct hint hint_mumble;
extern const struct hint hint_rtmp;

static const struct {
	const struct hint *hint;
	struct hint_row row;
} rows[] = {
	{ &hint_xmpp, { "stream", HINT_YES,
	  .host = "a.test",
	  .payload = BYTES("<?xml version='1.0'?><stream:stream to='a.test"
			"' xmlns='jabber:client' version='1.0'>") } },
	{ &hint_xmpp, { "without a declaration", HINT_YES,
	  .host = "a.test",
	  .payload = BYTES("<stream:stream xmlns=\"jabber:client\" to=\"a."
			"test\">") } },
	{ &hint_xmpp, { "no domain, then TLS", HINT_YES,
	  .more = true,
	  .payload = BYTES("<stream:stream xmlns=\"jabber:client\"><startt"
			"ls xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"/>") } },
	{ &hint_xmpp, { "no domain", HINT_YES,
	  .payload = BYTES("<stream:stream xmlns=\"jabber:client\"><auth>") } },
	{ &hint_xmpp, { "server", HINT_YES,
	  .from_server = true,
	  .more = true,
	  .payload = BYTES("<?xml version='1.0'?><stream:stream from='a.te"
			"st'>") } },
	{ &hint_xmpp, { "cut", HINT_MORE,
	  .payload = BYTES("<stream:stream xmlns=\"jab") } },
	{ &hint_xmpp, { "another document", HINT_NO,
	  .payload = BYTES("<?xml version=\"1.0\"?><policy-file>") } },
	{ &hint_irc, { "registration", HINT_YES,
	  .payload = BYTES("NICK me\r\n"
			"USER me 0 * :It is me\r\n") } },
	{ &hint_irc, { "capabilities", HINT_YES, .more = true,
	  .payload = BYTES("CAP LS 302\r\n") } },
	{ &hint_irc, { "name only", HINT_MORE,
	  .payload = BYTES("NICK me\r\n") } },
	{ &hint_irc, { "FTP", HINT_NO,
	  .payload = BYTES("USER anonymous\r\n") } },
	{ &hint_irc, { "POP3", HINT_NO,
	  .payload = BYTES("USER me\r\n"
			"PASS word\r\n") } },
	{ &hint_irc, { "server", HINT_YES, .more = true,
	  .from_server = true,
	  .payload = BYTES(":a.test NOTICE * :*** Looking up your hostname"
			"\r\n") } },
	{ &hint_irc, { "server without a prefix", HINT_YES, .more = true,
	  .from_server = true,
	  .payload = BYTES("NOTICE AUTH :*** Checking\r\n") } },
	{ &hint_irc, { "another line", HINT_NO,
	  .from_server = true,
	  .payload = BYTES(":a.test GREETS hello\r\n") } },
	{ &hint_nntp, { "greeting", HINT_YES, .more = true,
	  .from_server = true,
	  .payload = BYTES("200 news.a.test InterNetNews NNRP server ready"
			"\r\n") } },
	{ &hint_nntp, { "FTP", HINT_NO,
	  .from_server = true,
	  .payload = BYTES("220 a.test FTP\r\n") } },
	{ &hint_nntp, { "another greeting", HINT_MORE,
	  .from_server = true,
	  .payload = BYTES("200 hello\r\n") } },
	{ &hint_nntp, { "replies of another protocol", HINT_NO,
	  .from_server = true,
	  .payload = BYTES("200 hello\r\n250 ok\r\n") } },
	{ &hint_nntp, { "reader", HINT_YES, .more = true,
	  .payload = BYTES("MODE READER\r\n") } },
	{ &hint_nntp, { "SMTP", HINT_NO,
	  .payload = BYTES("MAIL FROM:<a@a.test>\r\n") } },
	{ &hint_mgcp, { "command", HINT_YES,
	  .payload = BYTES("CRCX 1204 aaln/1@a.test MGCP 1.0\r\n"
			"C: A3\r\n") } },
	{ &hint_mgcp, { "no version", HINT_NO,
	  .payload = BYTES("CRCX 1204 aaln/1@a.test\r\n") } },
	{ &hint_mgcp, { "SIP", HINT_NO,
	  .payload = BYTES("MESSAGE sip:a@a.test SIP/2.0\r\n") } },
	{ &hint_rtsp, { "request", HINT_YES,
	  .host = "a.test",
	  .payload = BYTES("DESCRIBE rtsp://a.test:8554/live RTSP/1.0\r\n") } },
	{ &hint_rtsp, { "user and password", HINT_YES,
	  .host = "a.test",
	  .payload = BYTES("OPTIONS rtsp://me:word@a.test/live "
			   "RTSP/1.0\r\n") } },
	{ &hint_rtsp, { "no target", HINT_YES,
	  .payload = BYTES("OPTIONS * RTSP/1.0\r\n") } },
	{ &hint_rtsp, { "response", HINT_YES,
	  .from_server = true,
	  .more = true,
	  .payload = BYTES("RTSP/1.0 200 OK\r\n") } },
	{ &hint_rtsp, { "HTTP", HINT_NO,
	  .payload = BYTES("OPTIONS * HTTP/1.1\r\n") } },
	{ &hint_rtsp, { "SIP", HINT_NO,
	  .payload = BYTES("OPTIONS sip:a@a.test SIP/2.0\r\n") } },
	{ &hint_telnet, { "three commands", HINT_YES,
	  .payload = BYTES("\xff\xfd\x03\xff\xfb\x1f\xff\xfb\x21") } },
	{ &hint_telnet, { "one command from each side, other options",
			  HINT_MORE,
	  .payload = BYTES("\xff\xfd\x18"),
	  .opposite = BYTES("\xff\xfb\x01") } },
	{ &hint_telnet, { "the same command from each side", HINT_MORE,
	  .payload = BYTES("\xff\xfb\x18"),
	  .opposite = BYTES("\xff\xfc\x18") } },
	{ &hint_telnet, { "an option and its answer", HINT_YES,
	  .payload = BYTES("\xff\xfd\x18"),
	  .opposite = BYTES("\xff\xfb\x18") } },
	{ &hint_telnet, { "three from each side", HINT_YES,
	  .payload = BYTES("\xff\xfd\x18\xff\xfd\x20"),
	  .opposite = BYTES("\xff\xfb\x18") } },
	{ &hint_telnet, { "one", HINT_MORE,
	  .payload = BYTES("\xff\xfd\x18") } },
	{ &hint_telnet, { "text after a command", HINT_MORE,
	  .payload = BYTES("\xff\xfb\x01\x6c\x6f\x67\x69\x6e\x3a\x20") } },
	{ &hint_telnet, { "no option", HINT_NO,
	  .payload = BYTES("\xff\xfd\x77\xff\xfb\x1f\xff\xfb\x21") } },
	{ &hint_telnet, { "no command", HINT_NO,
	  .payload = BYTES("\xff\xff\x18") } },
	{ &hint_socks, { "SOCKS 5", HINT_YES,
	  .more = true,
	  .app = "socks5",
	  .payload = BYTES("\x05\x02\x00\x02"),
	  .opposite = BYTES("\x05\x00") } },
	{ &hint_socks, { "SOCKS 5, the host", HINT_YES,
	  .host = "a.test",
	  .payload = BYTES("\x05\x01\x00\x05\x01\x00\x03\x06\x61\x2e\x74"
			"\x65\x73\x74\x01\xbb"),
	  .opposite = BYTES("\x05\x00") } },
	{ &hint_socks, { "SOCKS 5 after a password", HINT_YES,
	  .host = "a.test",
	  .payload = BYTES("\x05\x01\x02\x01\x02\x6d\x65\x04\x77\x6f\x72"
			"\x64\x05\x01\x00\x03\x06\x61\x2e\x74\x65\x73"
			"\x74\x01\xbb"),
	  .opposite = BYTES("\x05\x02\x01\x00") } },
	{ &hint_socks, { "SOCKS 5, not yet answered", HINT_MORE,
	  .payload = BYTES("\x05\x01\x00") } },
	{ &hint_socks, { "a method that was not offered", HINT_NO,
	  .payload = BYTES("\x05\x01\x00"),
	  .opposite = BYTES("\x05\x02") } },
	{ &hint_socks, { "another answer", HINT_NO,
	  .payload = BYTES("\x05\x01\x00"),
	  .opposite = BYTES("\x06\x00") } },
	{ &hint_socks, { "SOCKS 4", HINT_YES, .more = true,
	  .app = "socks4",
	  .payload = BYTES("\x04\x01\x00\x50\xc0\x00\x02\x01\x6d\x65\x00"),
	  .opposite = BYTES("\x00\x5a\x00\x00\x00\x00\x00\x00") } },
	{ &hint_socks, { "SOCKS 4a", HINT_YES,
	  .app = "socks4",
	  .host = "a.test",
	  .payload = BYTES("\x04\x01\x00\x50\x00\x00\x00\x01\x6d\x65\x00"
			"\x61\x2e\x74\x65\x73\x74\x00"),
	  .opposite = BYTES("\x00\x5a\x00\x00\x00\x00\x00\x00") } },
	{ &hint_socks, { "SOCKS 4 refused", HINT_YES,
	  .from_server = true,
	  .app = "socks4",
	  .payload = BYTES("\x00\x5b\x00\x00\x00\x00\x00\x00"),
	  .opposite = BYTES("\x04\x01\x00\x50\xc0\x00\x02\x01\x6d\x65\x00") } },
	{ &hint_socks, { "the server begins", HINT_NO,
	  .from_server = true,
	  .payload = BYTES("\x05\x00") } },
	{ &hint_minecraft, { "handshake", HINT_YES,
	  .host = "a.test",
	  .payload = BYTES("\x0d\x00\xfd\x05\x06\x61\x2e\x74\x65\x73\x74"
			"\x63\xdd\x02") } },
	{ &hint_minecraft, { "Forge", HINT_YES,
	  .host = "a.test",
	  .payload = BYTES("\x12\x00\xd4\x02\x0b\x61\x2e\x74\x65\x73\x74"
			"\x00\x46\x4d\x4c\x00\x63\xdd\x01") } },
	{ &hint_minecraft, { "another state", HINT_NO,
	  .payload = BYTES("\x0d\x00\xfd\x05\x06\x61\x2e\x74\x65\x73\x74"
			"\x63\xdd\x07") } },
	{ &hint_minecraft, { "another packet", HINT_NO,
	  .payload = BYTES("\x0d\x01\xfd\x05\x06\x61\x2e\x74\x65\x73\x74"
			"\x63\xdd\x02") } },
	{ &hint_mumble, { "question", HINT_MORE,
	  .payload = BYTES("\x00\x00\x00\x00\x03\xd7\x20\x00\xfa\x76\x28"
			"\x7e") } },
	{ &hint_mumble, { "answer", HINT_YES,
	  .from_server = true,
	  .payload = BYTES("\x00\x01\x03\x04\x03\xd7\x20\x00\xfa\x76\x28"
			"\x7e\x00\x00\x00\x00\x00\x00\x00\x64\x00\x01"
			"\x19\x40"),
	  .earlier = {
		{ false, BYTES("\x00\x00\x00\x00\x03\xd7\x20\x00\xfa\x76\x28"
			"\x7e") },
	  } } },
	{ &hint_mumble, { "answer to another", HINT_NO,
	  .from_server = true,
	  .payload = BYTES("\x00\x01\x03\x04\x03\xd7\x20\x00\xfa\x76\x28"
			"\x7f\x00\x00\x00\x00\x00\x00\x00\x64\x00\x01"
			"\x19\x40"),
	  .earlier = {
		{ false, BYTES("\x00\x00\x00\x00\x03\xd7\x20\x00\xfa\x76\x28"
			"\x7e") },
	  } } },
	{ &hint_rtmp, { "a part of the handshake", HINT_MORE,
	  .payload = BYTES("\x03\x00\x00\x00\x00\x00\x00\x00\x00\x55\x55"
			"\x55\x55\x55\x55\x55\x55\x55\x55\x55\x55\x55"
			"\x55\x55\x55\x55\x55\x55\x55\x55\x55\x55\x55"
			"\x55\x55\x55\x55\x55\x55\x55\x55\x55\x55\x55"
			"\x55\x55\x55\x55\x55") } },
	{ &hint_rtmp, { "ISO on TCP", HINT_NO,
	  .payload = BYTES("\x03\x00\x00\x0b\x06\xe0\x00\x00\x00\x00\x00") } },
};

START_TEST(row)
{
	try_hint_row(rows[_i].hint, &rows[_i].row);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hints_people");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, row, 0, ROWS(rows));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
