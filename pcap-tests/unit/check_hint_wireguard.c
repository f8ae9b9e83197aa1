/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hint_wireguard.c - messages that the WireGuard hint matches, rejects or
 * waits on. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_wireguard;

#define Z16 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define S32 "0123456789abcdefghijklmnopqrstuv"
#define DATA(n, receiver) "\x04\x00\x00\x00" receiver n "\0\0\0\0\0\0\0" \
	"0123456789abcdef"

static const struct hint_row rows[] = {
	{ "initiation", HINT_YES,
	  .payload = BYTES("\x01\x00\x00\x00" "send" S32 S32 S32 "0123456789ab"
			   "mac1mac1mac1mac1" Z16) },
	{ "initiation with a cookie's MAC", HINT_MORE,
	  .payload = BYTES("\x01\x00\x00\x00" "send" S32 S32 S32 "0123456789ab"
			   "mac1mac1mac1mac1" "mac2mac2mac2mac2") },
	{ "initiation and response", HINT_YES, .from_server = true,
	  .payload = BYTES("\x02\x00\x00\x00" "resp" "send" S32
			   "0123456789abcdef" "mac1mac1mac1mac1"
			   "mac2mac2mac2mac2"),
	  .earlier = { { false, BYTES("\x01\x00\x00\x00" "send" S32 S32 S32
				"0123456789ab" "mac1mac1mac1mac1"
				"mac2mac2mac2mac2") } } },
	{ "one byte too long", HINT_NO,
	  .payload = BYTES("\x01\x00\x00\x00" "send" S32 S32 S32 "0123456789ab"
			   "mac1mac1mac1mac1" Z16 "\x00") },
	{ "reserved bytes are not 0", HINT_NO,
	  .payload = BYTES("\x01\x00\x01\x00" "send" S32 S32 S32 "0123456789ab"
			   "mac1mac1mac1mac1" Z16) },
	{ "data", HINT_MORE, .payload = BYTES(DATA("\x01", "recv")) },
	{ "data messages in order", HINT_YES,
	  .payload = BYTES(DATA("\x02", "recv")),
	  .earlier = { { false, BYTES(DATA("\x01", "recv")) } } },
	{ "data for another receiver", HINT_MORE,
	  .payload = BYTES(DATA("\x02", "vice")),
	  .earlier = { { false, BYTES(DATA("\x01", "recv")) } } },
	{ "data in the other direction", HINT_MORE,
	  .payload = BYTES(DATA("\x01", "recv")),
	  .earlier = { { false, BYTES(DATA("\x02", "recv")) } } },
	{ "counter does not increase", HINT_NO,
	  .payload = BYTES("\x04\x00\x00\x00" "recv" "counter!"
			   "0123456789abcdef") },
	{ "Tailscale's discovery", HINT_MORE,
	  .payload = BYTES("TS\xf0\x9f\x92\xac" S32) },
	{ "other text", HINT_NO, .payload = BYTES("TSTSTS" S32) },
};

START_TEST(row)
{
	try_hint_row(&hint_wireguard, &rows[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hint_wireguard");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, row, 0, ROWS(rows));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
