/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hints_numeric.c - replies and commands of text protocols, each offered
 * to every TCP hint from both sides: no other protocol may match. */
#include <string.h>

#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

static const struct {
	const char *owner;		/* may match; NULL: none may */
	struct bytes text;
} lines[] = {
	{ "ftp", BYTES("530 Login incorrect.\r\n") },
	{ "ftp", BYTES("331 Password required for id.\r\n") },
	{ "ftp", BYTES("230 Login successful.\r\n") },
	{ "ftp", BYTES("226 Transfer complete.\r\n") },
	{ "ftp", BYTES("250 CWD command successful.\r\n") },
	{ "ftp", BYTES("500 ID not understood\r\n") },
	{ "ftp", BYTES("220 FTP server ready\r\n") },
	{ "ftp", BYTES("220 ready\r\n") },
	{ "smtp", BYTES("535 LOGIN failed\r\n") },
	{ "smtp", BYTES("535 AUTHENTICATE failed\r\n") },
	{ "smtp", BYTES("535 5.7.8 Error: authentication failed\r\n") },
	{ "smtp", BYTES("250 2.1.0 Ok\r\n") },
	{ "smtp", BYTES("354 End data with <CRLF>.<CRLF>\r\n") },
	{ "smtp", BYTES("220 mx.example.com ESMTP\r\n") },
	{ "nntp", BYTES("200 ID please\r\n") },
	{ "nntp", BYTES("281 SELECT a group\r\n") },
	{ "nntp", BYTES("480 AUTHENTICATE first\r\n") },
	{ "pop3", BYTES("+OK POP3 ready\r\n") },
	{ "pop3", BYTES("-ERR LOGIN first\r\n") },
	{ "pop3", BYTES("USER id\r\n") },
	{ "pop3", BYTES("USER login\r\nPASS select\r\n") },
	{ "redis", BYTES("SET id 5\r\n") },
	{ "redis", BYTES("+OK\r\n+OK\r\n") },
	{ "memcached", BYTES("get id\r\n") },
	{ "imap", BYTES("* OK IMAP4rev1 ready\r\n") },
	{ "irc", BYTES("PASS id\r\nNICK login\r\n") },
	{ NULL, BYTES("100 ID\r\n") },
};

/* Hints of the same family of replies wait; they do not match. */
START_TEST(line)
{
	for (size_t i = 0; i < hints_count(); i++) {
		const struct hint *hint = hints_at(i);
		enum hint_verdict verdict;

		if (hint->transport != IPPROTO_TCP ||
		    (lines[_i].owner != NULL &&
		     strcmp(hint->name, lines[_i].owner) == 0))
			continue;
		verdict = try_hint(hint, lines[_i].text.data,
				   lines[_i].text.len);
		ck_assert_msg(verdict != HINT_YES, "%s claims \"%s\"",
			      hint->name, lines[_i].text.data);
		verdict = try_hint_server(hint, lines[_i].text.data,
					  lines[_i].text.len);
		ck_assert_msg(verdict != HINT_YES, "%s claims \"%s\"",
			      hint->name, lines[_i].text.data);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hints_numeric");
	TCase *tc = tcase_create("lines");

	tcase_add_loop_test(tc, line, 0, ROWS(lines));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
