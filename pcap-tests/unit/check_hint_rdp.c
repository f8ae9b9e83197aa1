/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hint_rdp.c - first packets that the RDP hints match, reject or wait
 * on. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_rdp, hint_rdp_udp;

#define SYN "\xff\xff\xff\xff\x00\x40\x18\x01\xbb\xff\x56\x87" \
	"\x04\xd0\x04\xd0"
#define S50 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" \
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define S200 S50 S50 S50 S50
#define S1000 S200 S200 S200 S200 S200

static const struct hint_row tcp[] = {
	{ "cookie", HINT_YES, .more = true,
	  .payload = BYTES("\x03\x00\x00\x21\x1c\xe0\x00\x00\x00\x00\x00"
			   "Cookie: mstshash=eve\r\n") },
	{ "negotiation request", HINT_YES, .more = true,
	  .payload = BYTES("\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00"
			   "\x01\x00\x08\x00\x03\x00\x00\x00") },
	{ "answer", HINT_YES, .more = true, .from_server = true,
	  .payload = BYTES("\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00"
			   "\x02\x1f\x08\x00\x02\x00\x00\x00") },
	{ "S7, same beginning", HINT_NO,
	  .payload = BYTES("\x03\x00\x00\x16\x11\xe0\x00\x00\x00\x01\x00"
			   "\xc1\x02\x01\x00\xc2\x02\x01\x02\xc0\x01\x09") },
	{ "cut", HINT_MORE, .payload = BYTES("\x03\x00\x00\x22\x1d\xe0\x00") },
	{ "another length", HINT_NO,
	  .payload = BYTES("\x03\x00\x00\x22\x1c\xe0\x00\x00\x00") },
};

static const struct hint_row udp[] = {
	{ "SYN", HINT_YES, .payload = BYTES(SYN S1000 S200) },
	{ "SYN and ACK", HINT_YES, .from_server = true,
	  .payload = BYTES("\xbb\xff\x56\x87\x00\x40\x00\x05\x4d\x67\x79\x66"
			   "\x04\xd0\x04\xd0" S1000 S200) },
	{ "a SYN that acknowledges", HINT_NO,
	  .payload = BYTES("\xff\xff\xff\xff\x00\x40\x00\x05\x4d\x67\x79\x66"
			   "\x04\xd0\x04\xd0" S1000 S200) },
	{ "TLS record as data", HINT_YES,
	  .payload = BYTES("\x10\x97\x60\x33\x04\0\0\x0c\0\1\0\0"
			   "\xe6\x5f\x84\x6d\xe6\x5f\x84\x6d\x16\3\3\6\x10") },
	{ "data of another source packet", HINT_NO,
	  .payload = BYTES("\x10\x97\x60\x33\x04\0\0\x0c\0\1\0\0"
			   "\xe6\x5f\x84\x6d\xe6\x5f\x84\x6e\x16\3\3\6\x10") },
	{ "without its padding", HINT_NO, .payload = BYTES(SYN S200) },
};

START_TEST(tcp_row)
{
	try_hint_row(&hint_rdp, &tcp[_i]);
}
END_TEST

START_TEST(udp_row)
{
	try_hint_row(&hint_rdp_udp, &udp[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hint_rdp");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, tcp_row, 0, ROWS(tcp));
	tcase_add_loop_test(tc, udp_row, 0, ROWS(udp));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
