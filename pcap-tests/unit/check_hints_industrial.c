/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hints_industrial.c - payloads that the hints for industrial protocols
 * match or reject. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_modbus;
extern const struct hint hint_dnp3_tcp;
extern const struct hint hint_dnp3_udp;
extern const struct hint hint_s7comm;
extern const struct hint hint_iec104;
extern const struct hint hint_coap;

static const struct {
	const struct hint *hint;
	struct hint_row row;
} rows[] = {
	{ &hint_modbus, { "request and response", HINT_YES,
	  .payload = BYTES("\x00\x01\x00\x00\x00\x06\x01\x03\x00\x00\x00"
			"\x01"),
	  .opposite = BYTES("\x00\x01\x00\x00\x00\x05\x01\x03\x02\x12\x34") } },
	{ &hint_modbus, { "refused", HINT_YES,
	  .from_server = true,
	  .payload = BYTES("\x00\x01\x00\x00\x00\x03\x01\x83\x02"),
	  .opposite = BYTES("\x00\x01\x00\x00\x00\x06\x01\x03\x00\x00\x00"
			"\x01") } },
	{ &hint_modbus, { "only a request", HINT_MORE, .dport = 5020,
	  .payload = BYTES("\x00\x01\x00\x00\x00\x06\x01\x03\x00\x00\x00"
			"\x01") } },
	{ &hint_modbus, { "three questions", HINT_YES,
	  .payload = BYTES("\x00\x01\x00\x00\x00\x06\x01\x03\x00\x00\x00"
			"\x01\x00\x02\x00\x00\x00\x06\x01\x03\x00\x00"
			"\x00\x01\x00\x03\x00\x00\x00\x06\x01\x03\x00"
			"\x00\x00\x01") } },
	{ &hint_modbus, { "only a request, on its port", HINT_YES,
	  .payload = BYTES("\x00\x01\x00\x00\x00\x06\x01\x03\x00\x00\x00"
			"\x01") } },
	{ &hint_modbus, { "only a response, on its port", HINT_YES,
	  .from_server = true,
	  .payload = BYTES("\x00\x02\x00\x00\x00\x05\x01\x03\x02\x12\x34") } },
	{ &hint_modbus, { "function of unknown length", HINT_MORE,
	  .payload = BYTES("\x00\x02\x00\x00\x00\x05\x01\x2b\x02\x12\x34") } },
	{ &hint_modbus, { "second request answered", HINT_YES,
	  .from_server = true, .dport = 5020,
	  .payload = BYTES("\x00\x01\x00\x00\x00\x05\x01\x03\x02\x12\x34"
			"\x00\x02\x00\x00\x00\x05\x01\x03\x02\x12\x34"),
	  .opposite = BYTES("\x00\x02\x00\x00\x00\x06\x01\x03\x00\x00\x00"
			"\x01") } },
	{ &hint_modbus, { "another number", HINT_MORE, .dport = 5020,
	  .payload = BYTES("\x00\x01\x00\x00\x00\x06\x01\x03\x00\x00\x00"
			"\x01"),
	  .opposite = BYTES("\x00\x02\x00\x00\x00\x05\x01\x03\x02\x12\x34") } },
	{ &hint_modbus, { "another protocol", HINT_NO,
	  .payload = BYTES("\x00\x01\x00\x01\x00\x06\x01\x03\x00\x00\x00"
			"\x01") } },
	{ &hint_dnp3_tcp, { "link status", HINT_YES,
	  .payload = BYTES("\x05\x64\x05\xc9\x01\x00\x02\x00\x3b\x95") } },
	{ &hint_dnp3_tcp, { "user data still to come", HINT_MORE,
	  .payload = BYTES("\x05\x64\x14\xf3\x01\x00\x00\x04\x0a\x3b") } },
	{ &hint_dnp3_tcp, { "wrong checksum", HINT_NO,
	  .payload = BYTES("\x05\x64\x05\xc9\x01\x00\x02\x00\x00\x00") } },
	{ &hint_dnp3_udp, { "link status", HINT_YES,
	  .payload = BYTES("\x05\x64\x05\xc9\x01\x00\x02\x00\x3b\x95") } },
	{ &hint_dnp3_tcp, { "user data", HINT_YES,
	  .payload = BYTES("\x05\x64\x08\xc4\x01\x00\x02\x00\x39\x0d\xc0"
			"\xc1\x01\x23\x0b") } },
	{ &hint_dnp3_tcp, { "user data with a wrong checksum", HINT_NO,
	  .payload = BYTES("\x05\x64\x08\xc4\x01\x00\x02\x00\x39\x0d\xc0"
			"\xc1\x01\x00\x00") } },
	{ &hint_dnp3_udp, { "cut", HINT_NO,
	  .payload = BYTES("\x05\x64\x05\xc9\x01\x00\x02\x00\x00") } },
	{ &hint_s7comm, { "connect, then set-up", HINT_YES,
	  .payload = BYTES("\x03\x00\x00\x16\x11\xe0\x00\x00\x00\x01\x00"
			"\xc0\x01\x0a\xc1\x02\x01\x00\xc2\x02\x01\x02"
			"\x03\x00\x00\x19\x02\xf0\x80\x32\x01\x00\x00"
			"\x00\x00\x00\x08\x00\x00\xf0\x00\x00\x01\x00"
			"\x01\x01\xe0") } },
	{ &hint_s7comm, { "S7-plus", HINT_YES,
	  .payload = BYTES("\x03\x00\x00\x10\x02\xf0\x80\x72\x01\x00\x00"
			"\x00\x00\x00\x00\x00") } },
	{ &hint_s7comm, { "only connect", HINT_MORE,
	  .payload = BYTES("\x03\x00\x00\x16\x11\xe0\x00\x00\x00\x01\x00"
			"\xc0\x01\x0a\xc1\x02\x01\x00\xc2\x02\x01\x02") } },
	{ &hint_s7comm, { "another ISO application", HINT_NO,
	  .payload = BYTES("\x03\x00\x00\x10\x02\xf0\x80\x0d\x01\x00\x00"
			"\x00\x00\x00\x00\x00") } },
	{ &hint_s7comm, { "RDP", HINT_NO,
	  .payload = BYTES("\x03\x00\x00\x0c\x02\xf0\x80\x7f\x65\x82\x01"
			"\xaa") } },
	{ &hint_iec104, { "start", HINT_YES,
	  .payload = BYTES("\x68\x04\x07\x00\x00\x00") } },
	{ &hint_iec104, { "confirmed", HINT_YES,
	  .from_server = true,
	  .payload = BYTES("\x68\x04\x0b\x00\x00\x00") } },
	{ &hint_iec104, { "two frames in order", HINT_YES,
	  .payload = BYTES("\x68\x0e\x00\x00\x00\x00\x64\x01\x06\x00\x01"
			"\x00\x00\x00\x00\x14\x68\x0e\x02\x00\x00\x00"
			"\x64\x01\x06\x00\x01\x00\x00\x00\x00\x14") } },
	{ &hint_iec104, { "one frame on its port", HINT_YES,
	  .payload = BYTES("\x68\x0e\x00\x00\x00\x00\x01\x01\x0f\x01\x00"
			"\x01\x00\x00\x00\x00") } },
	{ &hint_iec104, { "two objects at one address", HINT_YES,
	  .payload = BYTES("\x68\x0f\x00\x00\x00\x00\x01\x82\x14\x00\x01"
			"\x00\x00\x00\x00\x00\x01") } },
	{ &hint_iec104, { "objects of another length", HINT_MORE,
	  .payload = BYTES("\x68\x0f\x00\x00\x00\x00\x01\x01\x0f\x00\x01"
			"\x00\x00\x00\x00\x00\x00") } },
	{ &hint_iec104, { "an acknowledgement on its port", HINT_YES,
	  .payload = BYTES("\x68\x04\x01\x00\x06\x00") } },
	{ &hint_iec104, { "an acknowledgement on another port", HINT_MORE,
	  .dport = 9000,
	  .payload = BYTES("\x68\x04\x01\x00\x06\x00") } },
	{ &hint_iec104, { "one frame on another port", HINT_MORE, .dport = 9000,
	  .payload = BYTES("\x68\x0e\x00\x00\x00\x00\x64\x01\x06\x00\x01"
			"\x00\x00\x00\x00\x14") } },
	{ &hint_iec104, { "out of order", HINT_NO, .dport = 9000,
	  .payload = BYTES("\x68\x0e\x00\x00\x00\x00\x64\x01\x06\x00\x01"
			"\x00\x00\x00\x00\x14\x68\x0e\x04\x00\x00\x00"
			"\x64\x01\x06\x00\x01\x00\x00\x00\x00\x14") } },
	{ &hint_iec104, { "too short for a number", HINT_NO,
	  .payload = BYTES("\x68\x03\x07\x00\x00") } },
	{ &hint_coap, { "request", HINT_YES,
	  .payload = BYTES("\x40\x01\x05\xca\xb8\x68\x75\x6d\x69\x64\x69"
			"\x74\x79") } },
	{ &hint_coap, { "short request", HINT_MORE,
	  .payload = BYTES("\x40\x01\x05\xca\xb4\x74\x65\x6d\x70") } },
	{ &hint_coap, { "short request, twice", HINT_YES,
	  .payload = BYTES("\x40\x01\x05\xcb\xb4\x74\x65\x6d\x70"),
	  .earlier = {
		{ false, BYTES("\x40\x01\x05\xca\xb4\x74\x65\x6d\x70") },
	  } } },
	{ &hint_coap, { "request with a host", HINT_YES,
	  .host = "a.test",
	  .payload = BYTES("\x40\x01\x05\xca\x36\x61\x2e\x74\x65\x73\x74"
			"\x84\x74\x65\x6d\x70") } },
	{ &hint_coap, { "path of control characters", HINT_NO,
	  .payload = BYTES("\x40\x01\x05\xca\xb4\x01\x02\x03\x04") } },
	{ &hint_coap, { "answer", HINT_YES,
	  .from_server = true,
	  .payload = BYTES("\x60\x45\x05\xca\xff\x31"),
	  .earlier = {
		{ false, BYTES("\x40\x01\x05\xca\xb4\x74\x65\x6d\x70") },
	  } } },
	{ &hint_coap, { "empty message", HINT_MORE,
	  .payload = BYTES("\x40\x00\x05\xca") } },
	{ &hint_coap, { "token too long", HINT_NO,
	  .payload = BYTES("\x49\x01\x05\xca\x01\x02\x03\x04\x05\x06\x07"
			"\x08\x09") } },
	{ &hint_coap, { "a short header of QUIC", HINT_NO,
	  .payload = BYTES("\x41\x9f\xab\x12\xcd\x45\xef\x01\x23\x45\x67"
			"\x89\xab\xcd\xef\x01\x23\x45\x67\x89") } },
};

START_TEST(row)
{
	try_hint_row(rows[_i].hint, &rows[_i].row);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hints_industrial");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, row, 0, ROWS(rows));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
