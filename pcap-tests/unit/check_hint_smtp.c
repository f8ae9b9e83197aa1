/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hint_smtp.c - streams that the SMTP hint matches, rejects or waits
 * on. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_smtp;

static const struct hint_row rows[] = {
	{ "greeting", HINT_YES, .from_server = true, .more = true,
	  .payload = BYTES("220 mx.test ESMTP Postfix (Debian/GNU)\r\n") },
	{ "greeting of two lines", HINT_YES, .from_server = true, .more = true,
	  .payload = BYTES("220-mx.test\r\n220 Simple Mail SMTP\r\n") },
	{ "LMTP", HINT_YES, .from_server = true, .more = true,
	  .payload = BYTES("220 mx.test Cyrus LMTP\r\n") },
	{ "busy", HINT_YES, .from_server = true, .more = true,
	  .payload = BYTES("554 mx.test ESMTP not accepting messages\r\n") },
	{ "generic greeting", HINT_MORE, .from_server = true,
	  .payload = BYTES("220 mx.test ready\r\n") },
	{ "generic greeting, then the answer to EHLO", HINT_YES,
	  .from_server = true,
	  .more = true, .payload = BYTES("220 mx.test ready\r\n"
			   "250-mx.test\r\n250-PIPELINING\r\n") },
	{ "greeting of FTP", HINT_NO, .from_server = true,
	  .payload = BYTES("220 (vsFTPd 3.0.3)\r\n") },
	{ "another reply code", HINT_NO, .from_server = true,
	  .payload = BYTES("200 news.test InterNetNews\r\n") },
	{ "EHLO", HINT_YES, .more = true,
	  .payload = BYTES("EHLO [192.0.2.7]\r\n") },
	{ "helo", HINT_YES, .more = true, .payload = BYTES("helo me\r\n") },
	{ "EHLO and a message", HINT_YES,
	  .payload = BYTES("EHLO me.test\r\nMAIL FROM:<a@me.test>\r\n") },
	{ "half an EHLO", HINT_MORE, .payload = BYTES("EHLO me.t") },
	{ "EHLO without a name", HINT_NO, .payload = BYTES("EHLO \r\n") },
	{ "binary", HINT_NO, .payload = BYTES("EHLO \x01\x02\x03\r\n") },
	{ "STARTTLS", HINT_YES, .more = true,
	  .payload = BYTES("EHLO me.test\r\nSTARTTLS\r\n") },
	{ "TLS after STARTTLS", HINT_YES, .host = "mx.test",
	  .payload = BYTES("EHLO me.test\r\nSTARTTLS\r\n" MX_HELLO) },
	{ "no TLS after STARTTLS", HINT_YES,
	  .payload = BYTES("EHLO me.test\r\nSTARTTLS\r\nQUIT\r\n") },
	{ "HTTP", HINT_NO, .payload = BYTES("HEAD / HTTP/1.1\r\n") },
};

START_TEST(row)
{
	try_hint_row(&hint_smtp, &rows[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hint_smtp");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, row, 0, ROWS(rows));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
