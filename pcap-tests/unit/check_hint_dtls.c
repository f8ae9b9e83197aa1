/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hint_dtls.c - datagrams that the DTLS hint matches, rejects or waits
 * on. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_dtls;

/* Epoch 0, record 0. */
#define SEQUENCE "\x00\x00\x00\x00\x00\x00\x00\x00"
/* A ClientHello of 74 bytes, message 0. */
#define HEADER "\x01\x00\x00\x4a\x00\x00"
#define HELLO_1 "\xfe\xfd" "................................" \
	"\x00\x00\x00\x02\xc0\x2b\x01\x00\x00\x1e"
#define HELLO_2 "\x00\x00\x00\x0e\x00\x0c\x00\x00\x09" "vpn.test." \
	"\x00\x17\x00\x00\x00\x16\x00\x00\x00\x05\x00\x00"

static const struct hint_row rows[] = {
	{ "client hello", HINT_YES, .host = "vpn.test",
	  .payload = BYTES("\x16\xfe\xff" SEQUENCE "\x00\x56" HEADER
			   "\x00\x00\x00\x00\x00\x4a" HELLO_1 HELLO_2) },
	{ "first fragment of a client hello", HINT_YES, .more = true,
	  .payload = BYTES("\x16\xfe\xff" SEQUENCE "\x00\x38" HEADER
			   "\x00\x00\x00\x00\x00\x2c" HELLO_1) },
	{ "both fragments of a client hello", HINT_YES, .host = "vpn.test",
	  .payload = BYTES("\x16\xfe\xff" SEQUENCE "\x00\x2a" HEADER
			   "\x00\x00\x2c\x00\x00\x1e" HELLO_2),
	  .earlier = { { false, BYTES("\x16\xfe\xff" SEQUENCE "\x00\x38"
				HEADER "\x00\x00\x00\x00\x00\x2c"
				HELLO_1) } } },
	{ "hello verify request", HINT_YES, .from_server = true, .more = true,
	  .payload = BYTES("\x16\xfe\xff" SEQUENCE "\x00\x13\x03\x00\x00\x07"
			   "\x00\x00\x00\x00\x00\x00\x00\x07"
			   "\xfe\xff\x04" "cook") },
	{ "data", HINT_YES,
	  .payload = BYTES("\x17\xfe\xfd\x00\x01\x00\x00\x00\x00\x00\x09"
			   "\x00\x04" "abcd") },
	{ "data that does not fill the datagram", HINT_NO,
	  .payload = BYTES("\x17\xfe\xfd\x00\x01\x00\x00\x00\x00\x00\x09"
			   "\x00\x04" "abcde") },
	{ "another version", HINT_NO,
	  .payload = BYTES("\x17\x03\x03\x00\x01\x00\x00\x00\x00\x00\x09"
			   "\x00\x04" "abcd") },
	{ "a fragment that is longer than the message", HINT_NO,
	  .payload = BYTES("\x16\xfe\xff" SEQUENCE "\x00\x10"
			   "\x01\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x04"
			   "abcd") },
};

START_TEST(row)
{
	try_hint_row(&hint_dtls, &rows[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hint_dtls");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, row, 0, ROWS(rows));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
