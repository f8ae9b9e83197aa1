/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hint_ntp.c - messages that the NTP hint matches or rejects. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_ntp;

#define Z8 "\0\0\0\0\0\0\0\0"
#define Z12 Z8 "\0\0\0\0"
#define TIME "\xe9\x0b\x1c\x2d\x00\x00\x00\x01"

static const struct hint_row rows[] = {
	{ "SNTP client", HINT_YES,
	  .payload = BYTES("\x23\x00\x00\x00" Z12 Z8 Z8 Z8 TIME) },
	{ "client of ntpd", HINT_YES,
	  .payload = BYTES("\xe3\x00\x06\xec" Z12 TIME Z8 Z8 TIME) },
	{ "client that hides its clock", HINT_YES,
	  .payload = BYTES("\x23\x00\x06\x20" Z12 Z8 Z8 Z8 "random!!") },
	{ "server", HINT_YES, .from_server = true,
	  .payload = BYTES("\x24\x02\x06\xe9" "12345678GPS\0" TIME "random!!"
			   TIME TIME) },
	{ "with a MAC", HINT_YES,
	  .payload = BYTES("\x23\x00\x06\xec" Z12 Z8 Z8 Z8 TIME "key0"
			   "0123456789abcdef") },
	{ "a server without a time", HINT_NO, .from_server = true,
	  .payload = BYTES("\x24\x02\x06\xe9" "12345678GPS\0" Z8 "random!!"
			   Z8 Z8) },
	{ "implausible times", HINT_NO, .from_server = true,
	  .payload = BYTES("\x24\x02\x06\xe9" "12345678GPS\0" "12345678"
			   "12345678" "12345678" "12345678") },
	{ "stratum 200", HINT_NO,
	  .payload = BYTES("\x23\xc8\x06\xec" Z12 Z8 Z8 Z8 TIME) },
	{ "too short", HINT_NO,
	  .payload = BYTES("\x23\x00\x06\xec" Z12 Z8 Z8 Z8) },
	{ "control message", HINT_YES,
	  .payload = BYTES("\x16\x02\x00\x01\x00\x00"
			   "\x00\x00\x00\x00\x00\x00") },
	{ "monlist response", HINT_YES,
	  .payload = BYTES("\x17\x00\x03\x2a\x00\x00\x00\x00" Z8 Z8) },
	{ "similar to a monlist response", HINT_NO,
	  .payload = BYTES("\x27\x00\x00\x00\x02\x59\x00\x00\xc8\x00\x32") },
};

START_TEST(row)
{
	try_hint_row(&hint_ntp, &rows[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hint_ntp");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, row, 0, ROWS(rows));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
