/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hint_imap.c - streams that the IMAP hint matches, rejects or waits
 * on. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_imap;

static const struct hint_row rows[] = {
	{ "greeting", HINT_YES, .from_server = true, .more = true,
	  .payload = BYTES("* OK [CAPABILITY IMAP4rev1] ready\r\n") },
	{ "generic greeting", HINT_MORE, .from_server = true,
	  .payload = BYTES("* OK ready\r\n") },
	{ "login", HINT_YES, .payload = BYTES("a001 LOGIN me word\r\n") },
	{ "capability", HINT_YES, .more = true,
	  .payload = BYTES("1 capability\r\n") },
	{ "STARTTLS", HINT_YES, .more = true,
	  .payload = BYTES(". CAPABILITY\r\n. STARTTLS\r\n") },
	{ "TLS after STARTTLS", HINT_YES, .host = "mx.test",
	  .payload = BYTES("a STARTTLS\r\n" MX_HELLO) },
	{ "half a line", HINT_MORE, .payload = BYTES("a001 LOG") },
	{ "another command", HINT_NO, .payload = BYTES("a001 HELLO\r\n") },
	{ "IRC", HINT_NO, .payload = BYTES("NICK me\r\nUSER me 0 * :me\r\n") },
	{ "binary", HINT_NO, .payload = BYTES("\x16\x03\x01") },
};

START_TEST(row)
{
	try_hint_row(&hint_imap, &rows[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hint_imap");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, row, 0, ROWS(rows));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
