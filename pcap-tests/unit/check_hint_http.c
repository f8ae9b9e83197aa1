/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hint_http.c - streams that the HTTP hint matches, rejects or waits
 * on. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_http;

static const struct hint_row rows[] = {
	{ "curl", HINT_YES, .host = "www.example.org",
	  .payload = BYTES("GET /index.html HTTP/1.1\r\n"
			   "Host: www.example.org:8080\r\n"
			   "User-Agent: curl/7.88.1\r\n\r\n") },
	{ "host header still to come", HINT_YES, .more = true,
	  .payload = BYTES("GET / HTTP/1.1\r\nUser-Agent: x\r\n"
			   "Host: www.exa") },
	{ "upper case and blanks", HINT_YES, .host = "Www.Example.ORG",
	  .payload = BYTES("GET / HTTP/1.1\r\n"
			   "hOSt:\t Www.Example.ORG. \r\n\r\n") },
	{ "a header with the same beginning", HINT_YES, .host = "b.test",
	  .payload = BYTES("GET / HTTP/1.1\r\nHostess: a.test\r\n"
			   "Host: b.test\r\n\r\n") },
	{ "two host headers: the first counts", HINT_YES, .host = "a.test",
	  .payload = BYTES("GET / HTTP/1.1\r\nHost: a.test\r\n"
			   "Host: b.test\r\n\r\n") },
	{ "no host header", HINT_YES,
	  .payload = BYTES("GET / HTTP/1.0\r\n\r\n") },
	{ "line feeds only", HINT_YES, .host = "a.test",
	  .payload = BYTES("GET / HTTP/1.1\nHost: a.test\n\n") },
	{ "empty line first", HINT_YES, .host = "a.test",
	  .payload = BYTES("\r\nPOST /x HTTP/1.1\r\nHost: a.test\r\n\r\n") },
	{ "address", HINT_YES, .host = "192.0.2.7",
	  .payload = BYTES("GET / HTTP/1.1\r\nHost: 192.0.2.7:80\r\n\r\n") },
	{ "IPv6 address", HINT_YES, .host = "2001:db8::7",
	  .payload = BYTES("GET / HTTP/1.1\r\n"
			   "Host: [2001:db8::7]:80\r\n\r\n") },
	{ "a request to a proxy", HINT_YES, .host = "far.test",
	  .payload = BYTES("GET http://far.test:81/a?b=//c HTTP/1.1\r\n"
			   "Host: near.test\r\n\r\n") },
	{ "a target that contains another URL", HINT_YES, .host = "near.test",
	  .payload = BYTES("GET /?u=http://far.test/ HTTP/1.1\r\n"
			   "Host: near.test\r\n\r\n") },
	{ "user and password", HINT_YES, .host = "far.test",
	  .payload = BYTES("GET ftp://me:word@far.test HTTP/1.0\r\n\r\n") },
	{ "CONNECT", HINT_YES, .host = "far.test",
	  .payload = BYTES("CONNECT far.test:443 HTTP/1.1\r\n\r\n") },
	{ "OPTIONS *", HINT_YES, .host = "a.test",
	  .payload = BYTES("OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n") },
	{ "WebDAV", HINT_YES, .host = "a.test",
	  .payload = BYTES("PROPFIND /dav HTTP/1.1\r\nHost: a.test\r\n\r\n") },
	{ "versioning", HINT_YES,
	  .payload = BYTES("VERSION-CONTROL /a.html HTTP/1.1\r\n\r\n") },
	{ "event", HINT_YES,
	  .payload = BYTES("M-SEARCH * HTTP/1.1\r\n\r\n") },
	{ "websocket", HINT_YES, .host = "a.test", .app = "websocket",
	  .payload = BYTES("GET /chat HTTP/1.1\r\nHost: a.test\r\n"
			   "Connection: Upgrade\r\n"
			   "upgrade: WebSocket\r\n\r\n") },
	{ "another upgrade", HINT_YES, .host = "a.test",
	  .payload = BYTES("GET / HTTP/1.1\r\nHost: a.test\r\n"
			   "Upgrade: h2c\r\n\r\n") },
	{ "HTTP/2 preface", HINT_YES, .more = true,
	  .payload = BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") },
	{ "half a preface", HINT_MORE, .payload = BYTES("PRI * HTTP/2.0\r\n") },
	{ "response", HINT_YES, .from_server = true, .more = true,
	  .payload = BYTES("HTTP/1.1 301 Moved Permanently\r\n") },
	{ "half a response", HINT_MORE, .from_server = true, .more = true,
	  .payload = BYTES("HTTP/1.1 3") },
	{ "long target", HINT_MORE, .payload = BYTES("GET /aaaaaaaaaaaaaaaa") },
	{ "method only", HINT_MORE, .payload = BYTES("GE") },
	{ "SIP", HINT_NO,
	  .payload = BYTES("OPTIONS sip:a@a.test SIP/2.0\r\n\r\n") },
	{ "RTSP", HINT_NO,
	  .payload = BYTES("DESCRIBE rtsp://a.test/x RTSP/1.0\r\n\r\n") },
	{ "SMTP", HINT_NO, .payload = BYTES("EHLO a.test\r\n") },
	{ "no target", HINT_NO, .payload = BYTES("GET HTTP/1.1\r\n\r\n") },
	{ "control characters", HINT_NO, .payload = BYTES("GET /\x01\x02") },
	{ "a version without a digit", HINT_NO,
	  .payload = BYTES("GET / HTTP/1.x\r\n\r\n") },
	{ "version 3 in text", HINT_NO, .from_server = true,
	  .payload = BYTES("HTTP/3.0 200 OK\r\n") },
};

START_TEST(row)
{
	try_hint_row(&hint_http, &rows[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hint_http");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, row, 0, ROWS(rows));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
