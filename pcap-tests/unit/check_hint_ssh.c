/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hint_ssh.c - banners that the SSH hint matches, rejects or waits on. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_ssh;

static const struct hint_row rows[] = {
	{ "client", HINT_YES,
	  .payload = BYTES("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n") },
	{ "server", HINT_YES, .from_server = true,
	  .payload = BYTES("SSH-2.0-dropbear_2022.83\r\n") },
	{ "server of both versions", HINT_YES, .from_server = true,
	  .payload = BYTES("SSH-1.99-Cisco-1.25\n") },
	{ "version 1", HINT_YES, .payload = BYTES("SSH-1.5-PuTTY\n") },
	{ "cut", HINT_MORE, .payload = BYTES("SSH-2.") },
	{ "no version", HINT_NO, .payload = BYTES("SSH-agent\n") },
	{ "another word", HINT_NO, .payload = BYTES("SSL") },
};

START_TEST(row)
{
	try_hint_row(&hint_ssh, &rows[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hint_ssh");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, row, 0, ROWS(rows));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
