/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hint_rtp.c - packets that the RTP and RTCP hints match, reject or wait
 * on. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_rtcp, hint_rtp, hint_rtp_tcp;

/* Dynamic payload type 96; `n` is the last byte of the sequence number. */
#define PACKET(n) "\x80\x60\x12" n "\x00\x00\x10\x00" "ssrc" "sound"

static const struct hint_row rtp[] = {
	{ "one packet", HINT_MORE, .payload = BYTES(PACKET("\x01")) },
	{ "two packets in order", HINT_YES, .payload = BYTES(PACKET("\x02")),
	  .earlier = { { false, BYTES(PACKET("\x01")) } } },
	{ "two packets, one lost between", HINT_YES,
	  .payload = BYTES(PACKET("\x03")),
	  .earlier = { { false, BYTES(PACKET("\x01")) } } },
	{ "the same packet twice", HINT_MORE, .payload = BYTES(PACKET("\x01")),
	  .earlier = { { false, BYTES(PACKET("\x01")) } } },
	{ "second packet from the other side", HINT_MORE,
	  .payload = BYTES(PACKET("\x02")),
	  .earlier = { { true, BYTES(PACKET("\x01")) } } },
	{ "second packet from another source", HINT_MORE,
	  .payload = BYTES(PACKET("\x02")),
	  .earlier = { { false, BYTES("\x80\x60\x12\x01\x00\x00\x10\x00"
				"crss" "sound") } } },
	{ "payload type of RTCP", HINT_NO,
	  .payload = BYTES("\x80\xc8\x12\x01\x00\x00\x10\x00" "ssrc" "sound") },
	{ "version 1", HINT_NO,
	  .payload = BYTES("\x40\x60\x12\x01\x00\x00\x10\x00" "ssrc" "sound") },
	{ "an extension that does not fit", HINT_NO,
	  .payload = BYTES("\x90\x60\x12\x01\x00\x00\x10\x00" "ssrc"
			   "\xbe\xde\x00\x09" "sound") },
	{ "more padding than payload", HINT_NO,
	  .payload = BYTES("\xa0\x60\x12\x01\x00\x00\x10\x00" "ssrc"
			   "sound\x09") },
};

static const struct hint_row tcp[] = {
	{ "two packets", HINT_YES,
	  .payload = BYTES("\x00\x11" PACKET("\x01") "\x00\x11" PACKET("\x02"))
	},
	{ "one packet", HINT_MORE,
	  .payload = BYTES("\x00\x11" PACKET("\x01")) },
	{ "followed by another protocol", HINT_NO,
	  .payload = BYTES("\x00\x11" PACKET("\x01") "\x00\x11" "sound") },
	{ "DNS", HINT_NO, .payload = BYTES("\x00\x11\x12\x34\x01\x00") },
};

static const struct hint_row rtcp[] = {
	{ "receiver report and description", HINT_YES,
	  .payload = BYTES("\x80\xc9\x00\x01" "ssrc"
			   "\x81\xca"
			   "\x00\x03" "ssrc" "\x01\x04" "name\x00\x00") },
	{ "only a sender report", HINT_YES,
	  .payload = BYTES("\x80\xc8\x00\x06" "ssrc" "12345678" "time" "pack"
			   "byte") },
	{ "a report shorter than its count", HINT_NO,
	  .payload = BYTES("\x81\xc8\x00\x06" "ssrc" "12345678" "time" "pack"
			   "byte") },
	{ "description first", HINT_NO,
	  .payload = BYTES("\x81\xca"
			   "\x00\x03" "ssrc" "\x01\x04" "name\x00\x00") },
	{ "length past the end", HINT_NO,
	  .payload = BYTES("\x80\xc9\x00\x02" "ssrc") },
};

START_TEST(rtp_row)
{
	try_hint_row(&hint_rtp, &rtp[_i]);
}
END_TEST

START_TEST(tcp_row)
{
	try_hint_row(&hint_rtp_tcp, &tcp[_i]);
}
END_TEST

START_TEST(rtcp_row)
{
	try_hint_row(&hint_rtcp, &rtcp[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hint_rtp");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, rtp_row, 0, ROWS(rtp));
	tcase_add_loop_test(tc, tcp_row, 0, ROWS(tcp));
	tcase_add_loop_test(tc, rtcp_row, 0, ROWS(rtcp));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
