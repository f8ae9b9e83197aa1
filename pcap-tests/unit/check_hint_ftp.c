/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hint_ftp.c - streams that the FTP hint matches, rejects or waits on. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_ftp;

static const struct hint_row rows[] = {
	{ "greeting", HINT_YES, .from_server = true, .more = true,
	  .payload = BYTES("220 (vsFTPd 3.0.3)\r\n") },
	{ "generic greeting", HINT_MORE, .from_server = true,
	  .payload = BYTES("220 files.test ready\r\n") },
	{ "generic greeting, then the answer to USER", HINT_YES,
	  .from_server = true,
	  .more = true, .payload = BYTES("220 files.test ready\r\n"
			   "331 Please specify the password.\r\n") },
	{ "mail", HINT_NO, .from_server = true,
	  .payload = BYTES("220 mx.test ESMTP\r\n") },
	{ "generic greeting, then USER", HINT_YES,
	  .payload = BYTES("USER me\r\n"),
	  .opposite = BYTES("220 files.test ready\r\n") },
	{ "greeting of POP3, then USER", HINT_MORE,
	  .payload = BYTES("USER me\r\n"), .opposite = BYTES("+OK ready\r\n") },
	{ "commands that only FTP has", HINT_YES, .more = true,
	  .payload = BYTES("USER me\r\nPASS word\r\nSYST\r\n") },
	{ "TLS after AUTH", HINT_YES, .host = "mx.test",
	  .payload = BYTES("AUTH TLS\r\n" MX_HELLO),
	  .opposite = BYTES("220 files.test ready\r\n") },
	{ "mail command", HINT_NO, .payload = BYTES("EHLO me.test\r\n") },
	{ "binary", HINT_NO, .payload = BYTES("USER \x01\x02\r\n") },
};

START_TEST(row)
{
	try_hint_row(&hint_ftp, &rows[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hint_ftp");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, row, 0, ROWS(rows));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
