/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hints_lan.c - payloads that the hints for synchrophasors, vehicles,
 * PLCs, ISO transport, routing and discovery match, reject or wait on. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_synphasor_tcp, hint_synphasor_udp, hint_doip_tcp,
	hint_doip_udp, hint_rip, hint_ripng, hint_fins, hint_mndp,
	hint_s7comm, hint_rdp;

/* A command frame and a header frame, with checksums. */
#define COMMAND "\xaa\x41\0\x12\0\xf1\0\0\0\0\0\0\0\0\0\1"
#define CONFIG "\xaa\x31\0\x86\0\xf1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define HEADER "\xaa\x11\0\x14" "\0\xf1\0\0\0\0\0\0\0\0" "PMU1"
#define ENTRY "\0\2\0\0\xc0\0\2\0\xff\xff\xff\0\0\0\0\0\0\0\0\1"
#define X16 "0123456789abcdef"
#define COTP "\3\0\0\x16\x11\xe0\0\0\0\1\0\xc1\2\0\1\xc2\2\0\1\xc0\1\x0a"

static const struct {
	const struct hint *hint;
	struct hint_row row;
} rows[] = {
	{ &hint_synphasor_tcp, { "a header frame", HINT_YES,
	  .payload = BYTES(HEADER "\xe1\xac") } },
	{ &hint_synphasor_udp, { "a header frame in a datagram", HINT_YES,
	  .payload = BYTES(HEADER "\xe1\xac") } },
	{ &hint_synphasor_udp, { "another checksum", HINT_MORE,
	  .payload = BYTES(HEADER "\0\0") } },
	{ &hint_synphasor_tcp, { "command and configuration", HINT_YES,
	  .payload = BYTES(COMMAND "\0\0"), .opposite = BYTES(CONFIG) } },
	{ &hint_synphasor_tcp, { "another checksum, alone", HINT_MORE,
	  .payload = BYTES(COMMAND "\0\0") } },
	{ &hint_synphasor_tcp, { "another version", HINT_NO,
	  .payload = BYTES("\xaa\x45\0\x12\0\xf1") } },
	{ &hint_synphasor_tcp, { "a length too short", HINT_NO,
	  .payload = BYTES("\xaa\x41\0\x0f\0\xf1") } },
	{ &hint_doip_udp, { "vehicle identification", HINT_YES,
	  .payload = BYTES("\2\xfd\0\1\0\0\0\0") } },
	{ &hint_doip_udp, { "any version (0xff)", HINT_YES,
	  .payload = BYTES("\xff\0\0\1\0\0\0\0") } },
	{ &hint_doip_udp, { "another length", HINT_NO,
	  .payload = BYTES("\2\xfd\0\1\0\0\0\1") } },
	{ &hint_doip_udp, { "inverse version is wrong", HINT_NO,
	  .payload = BYTES("\2\xfe\0\1\0\0\0\0") } },
	{ &hint_doip_tcp, { "routing activation", HINT_YES,
	  .payload = BYTES("\2\xfd\0\5\0\0\0\7\x0e\0\0\0\0\0\0") } },
	{ &hint_doip_tcp, { "cut", HINT_MORE, .payload = BYTES("\2\xfd\0") } },
	{ &hint_doip_tcp, { "another type", HINT_NO,
	  .payload = BYTES("\2\xfd\0\x09\0\0\0\7") } },
	{ &hint_rip, { "response", HINT_YES,
	  .payload = BYTES("\2\2\0\0" ENTRY ENTRY) } },
	{ &hint_rip, { "request for all routes", HINT_YES,
	  .payload = BYTES("\1\1\0\0\0\0\0\0\0\0\0\0"
			   "\0\0\0\0\0\0\0\0\0\0\0\x10") } },
	{ &hint_rip, { "authentication entry first", HINT_YES,
	  .payload = BYTES("\2\2\0\0\xff\xff\0\2" X16 ENTRY) } },
	{ &hint_rip, { "a metric too high", HINT_NO,
	  .payload = BYTES("\2\2\0\0\0\2\0\0\xc0\0\2\0\xff\xff\xff\0"
			   "\0\0\0\0\0\0\0\x11") } },
	{ &hint_rip, { "half an entry", HINT_NO,
	  .payload = BYTES("\2\2\0\0" ENTRY "\0\2\0\0\xc0\0\2\0\xff\xff") } },
	{ &hint_ripng, { "response", HINT_YES,
	  .payload = BYTES("\2\1\0\0\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\0"
			   "\0\0\x40\1") } },
	{ &hint_ripng, { "on another port", HINT_NO, .dport = 5210,
	  .payload = BYTES("\2\1\0\0\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\0"
			   "\0\0\x40\1") } },
	{ &hint_ripng, { "a prefix too long", HINT_NO,
	  .payload = BYTES("\2\1\0\0\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\0"
			   "\0\0\x81\1") } },
	{ &hint_fins, { "memory read", HINT_YES,
	  .payload = BYTES("\x80\0\2\0\7\0\0\x3a\0\x2a\1\1\x82\0\0\0\0\1") } },
	{ &hint_fins, { "on another port", HINT_MORE, .dport = 7000,
	  .payload = BYTES("\x80\0\2\0\7\0\0\x3a\0\x2a\1\1\x82\0\0\0\0\1") } },
	{ &hint_fins, { "memory read and response", HINT_YES, .dport = 7000,
	  .from_server = true,
	  .payload = BYTES("\xc0\0\2\0\x3a\0\0\7\0\x2a\1\1\0\0\0\1"),
	  .earlier = { { false, BYTES("\x80\0\2\0\7\0\0\x3a\0\x2a\1\1\x82"
				      "\0\0\0\0\1") } } } },
	{ &hint_fins, { "another command", HINT_NO,
	  .payload = BYTES("\x80\0\2\0\7\0\0\x3a\0\x2a\x33\1") } },
	{ &hint_mndp, { "announcement", HINT_YES,
	  .payload = BYTES("\0\0\0\1\0\1\0\6\2\0\x5e\0\0\1\0\5\0\3abc"
			   "\0\7\0\4" "7.16\0\x08\0\x08MikroTik") } },
	{ &hint_mndp, { "fields past the end", HINT_NO,
	  .payload = BYTES("\0\0\0\1\0\1\0\6\2\0\x5e\0\0\1\0\5\0\3abc"
			   "\0\7\0\5" "7.16") } },
	{ &hint_mndp, { "one field", HINT_NO,
	  .payload = BYTES("\0\0\0\1\0\1\0\6\2\0\x5e\0\0\1") } },
	{ &hint_s7comm, { "MMS", HINT_YES, .app = "mms",
	  .payload = BYTES(COTP "\3\0\0\x18\2\xf0\x80\x0d\x0f" "0123"
			   "\6\5\x28\xca\x22\2\1" "0123") } },
	{ &hint_s7comm, { "another session", HINT_YES, .app = "cotp",
	  .payload = BYTES(COTP "\3\0\0\x10\2\xf0\x80\x0d\x07" "0123456") } },
	{ &hint_s7comm, { "connection refused", HINT_YES, .app = "cotp",
	  .from_server = true,
	  .payload = BYTES("\3\0\0\x0b\6\xd0\0\1\0\2\0"
			   "\3\0\0\x0b\6\x80\0\1\0\2\0") } },
	{ &hint_s7comm, { "connection request", HINT_MORE,
	  .payload = BYTES(COTP) } },
	{ &hint_rdp, { "nothing to negotiate", HINT_YES, .more = true,
	  .payload = BYTES("\3\0\0\x0b\6\xe0\0\0\0\0\0") } },
	{ &hint_rdp, { "a negotiation of wrong length", HINT_YES,
	  .more = true,
	  .payload = BYTES("\3\0\0\x13\x0e\xe0\0\0\0"
			   "\0\0\1\0\0\x08\3\0\0\0") } },
	{ &hint_rdp, { "the same on another port", HINT_NO, .dport = 102,
	  .payload = BYTES("\3\0\0\x13\x0e\xe0\0\0\0"
			   "\0\0\1\0\0\x08\3\0\0\0") } },
	{ &hint_rdp, { "ISO's parameters on its port", HINT_NO,
	  .payload = BYTES(COTP) } },
};

START_TEST(row)
{
	try_hint_row(rows[_i].hint, &rows[_i].row);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hints_lan");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, row, 0, ROWS(rows));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
