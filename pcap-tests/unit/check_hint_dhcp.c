/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hint_dhcp.c - messages that the DHCP hint matches or rejects. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_dhcp;

#define S64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct hint_row rows[] = {
	{ "discover", HINT_YES, .dport = 67,
	  .payload = BYTES("\x01\x01\x06\x00" "xid4" "secsaddraddraddraddr"
			   "hardware address" S64 S64 S64
			   "\x63\x82\x53\x63\x35\x01\x01\xff") },
	{ "another cookie", HINT_NO,
	  .payload = BYTES("\x01\x01\x06\x00" "xid4" "secsaddraddraddraddr"
			   "hardware address" S64 S64 S64
			   "\x63\x82\x53\x64\x35\x01\x01\xff") },
	{ "another operation", HINT_NO,
	  .payload = BYTES("\x03\x01\x06\x00" "xid4" "secsaddraddraddraddr"
			   "hardware address" S64 S64 S64
			   "\x63\x82\x53\x63\x35\x01\x01\xff") },
	{ "too short", HINT_NO, .payload = BYTES("\x01\x01\x06\x00" S64) },
};

START_TEST(row)
{
	try_hint_row(&hint_dhcp, &rows[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hint_dhcp");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, row, 0, ROWS(rows));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
