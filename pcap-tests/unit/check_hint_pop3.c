/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hint_pop3.c - streams that the POP3 hint matches, rejects or waits
 * on. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_pop3;

static const struct hint_row rows[] = {
	{ "greeting that contains POP3", HINT_YES, .from_server = true,
	  .more = true, .payload = BYTES("+OK Dovecot POP3 ready.\r\n") },
	{ "greeting with a time stamp", HINT_YES, .from_server = true,
	  .more = true,
	  .payload = BYTES("+OK ready <1896.697170952@mail.test>\r\n") },
	{ "generic greeting", HINT_MORE, .from_server = true,
	  .payload = BYTES("+OK ready\r\n") },
	{ "generic greeting, after the client's command", HINT_YES,
	  .from_server = true, .more = true, .payload = BYTES("+OK ready\r\n"),
	  .opposite = BYTES("USER me\r\n") },
	{ "generic greeting and an answer", HINT_YES,
	  .payload = BYTES("USER me\r\n"), .opposite = BYTES("+OK ready\r\n") },
	{ "user without a greeting", HINT_MORE,
	  .payload = BYTES("USER me\r\n") },
	{ "a command that only POP3 has", HINT_YES,
	  .payload = BYTES("USER me\r\nPASS word\r\nSTAT\r\n") },
	{ "STLS", HINT_YES, .more = true, .payload = BYTES("STLS\r\n") },
	{ "TLS after STLS", HINT_YES, .host = "mx.test",
	  .payload = BYTES("CAPA\r\nSTLS\r\n" MX_HELLO) },
	{ "IMAP", HINT_NO, .payload = BYTES("a001 LOGIN me word\r\n") },
};

START_TEST(row)
{
	try_hint_row(&hint_pop3, &rows[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hint_pop3");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, row, 0, ROWS(rows));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
