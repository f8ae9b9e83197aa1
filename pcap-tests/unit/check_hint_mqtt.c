/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hint_mqtt.c - packets that the MQTT hint matches, rejects or waits
 * on. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_mqtt;

static const struct hint_row rows[] = {
	{ "connect, 3.1.1", HINT_YES,
	  .payload = BYTES("\x10\x10\x00\x04MQTT\x04\x02\x00\x3c"
			   "\x00\x04" "name")
	},
	{ "connect, 5", HINT_YES,
	  .payload = BYTES("\x10\x11\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x04"
			   "name") },
	{ "connect, 3.1", HINT_YES,
	  .payload = BYTES("\x10\x12\x00\x06MQIsdp\x03\x02\x00\x3c\x00\x04"
			   "name") },
	{ "cut within the protocol name", HINT_MORE,
	  .payload = BYTES("\x10\x10\x00\x04MQ") },
	{ "another name", HINT_NO,
	  .payload = BYTES("\x10\x10\x00\x04MQTX\x04\x02\x00\x3c") },
	{ "ping", HINT_MORE, .payload = BYTES("\xc0\x00") },
	{ "ping, answered", HINT_YES, .from_server = true,
	  .payload = BYTES("\xd0\x00"), .opposite = BYTES("\xc0\x00") },
	{ "publish, acknowledged", HINT_YES, .from_server = true,
	  .payload = BYTES("\x40\x02\x00\x07"),
	  .opposite = BYTES("\x32\x09\x00\x03" "a/b" "\x00\x07" "on") },
	{ "acknowledges another packet", HINT_MORE, .from_server = true,
	  .payload = BYTES("\x40\x02\x00\x08"),
	  .opposite = BYTES("\x32\x09\x00\x03" "a/b" "\x00\x07" "on") },
	{ "subscribe, acknowledged", HINT_YES, .from_server = true,
	  .payload = BYTES("\x20\x02\x00\x00\x90\x03\x00\x01\x01"),
	  .opposite = BYTES("\x82\x08\x00\x01\x00\x03" "a/b" "\x01") },
	{ "an invalid packet type", HINT_NO,
	  .payload = BYTES("\x20\x02\x00\x00\x00\x00") },
};

START_TEST(row)
{
	try_hint_row(&hint_mqtt, &rows[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hint_mqtt");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, row, 0, ROWS(rows));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
