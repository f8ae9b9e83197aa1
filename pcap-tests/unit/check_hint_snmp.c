/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hint_snmp.c - messages that the SNMP hint matches or rejects. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_snmp;

static const struct hint_row rows[] = {
	{ "get, version 1", HINT_YES,
	  .payload = BYTES("\x30\x1f\x02\x01\x00\x04\x06public\xa0\x12"
			   "\x02\x01\x01\x02\x01\x00\x02\x01\x00\x30\x07"
			   "\x30\x05\x06\x01\x2b\x05\x00") },
	{ "get-bulk, version 2c, long form", HINT_YES,
	  .payload = BYTES("\x30\x81\x1f\x02\x01\x01\x04\x06public\xa5\x12"
			   "\x02\x01\x01\x02\x01\x00\x02\x01\x0a\x30\x07"
			   "\x30\x05\x06\x01\x2b\x05\x00") },
	{ "version 3", HINT_YES,
	  .payload = BYTES("\x30\x17\x02\x01\x03\x30\x0e\x02\x01\x01"
			   "\x02\x02\x05\xdc\x04\x01\x04\x02\x02\x00\x03"
			   "\x04\x02" "ab") },
	{ "version 2", HINT_NO,
	  .payload = BYTES("\x30\x1f\x02\x01\x02\x04\x06public\xa0\x12"
			   "\x02\x01\x01\x02\x01\x00\x02\x01\x00\x30\x07"
			   "\x30\x05\x06\x01\x2b\x05\x00") },
	{ "no PDU", HINT_NO,
	  .payload = BYTES("\x30\x1f\x02\x01\x00\x04\x06public\x30\x12"
			   "\x02\x01\x01\x02\x01\x00\x02\x01\x00\x30\x07"
			   "\x30\x05\x06\x01\x2b\x05\x00") },
	{ "LDAP", HINT_NO,
	  .payload = BYTES("\x30\x0e\x02\x01\x01\x60\x09\x02\x01\x03\x04\x00"
			   "\x80\x02" "ab") },
	{ "a trailing byte", HINT_NO,
	  .payload = BYTES("\x30\x0e\x02\x01\x00\x04\x01p\xa0\x06"
			   "\x02\x01\x01\x02\x01\x00" "x") },
};

START_TEST(row)
{
	try_hint_row(&hint_snmp, &rows[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hint_snmp");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, row, 0, ROWS(rows));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
