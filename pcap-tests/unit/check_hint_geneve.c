/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hint_geneve.c - overlay networks over UDP: Geneve, VXLAN and GUE. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_geneve;

#define MACS "\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01"
#define IPV4 "\x45\x00\x00\x1c\x00\x01\x00\x00\x40\x11\x00\x00" \
	"\x0a\x01\x01\x01\x0a\x01\x01\x02\x00\x05\x00\x35\x00\x08\x00\x00"
#define IPV6 "\x60\x00\x00\x00\x00\x00\x3b\x40" \
	"\xfc\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01" \
	"\xfc\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"

static const struct hint_row rows[] = {
	{ "Ethernet", HINT_YES,
	  .payload = BYTES("\x00\x00\x65\x58\x00\x00\x01\x00" MACS "\x08\x00"
			   IPV4) },
	{ "critical option of OVN", HINT_YES,
	  .payload = BYTES("\x02\x40\x65\x58\x00\x00\x0a\x00"
			   "\x01\x02\x80\x01\x00\x00\x00\x0c" MACS "\x08\x00"
			   IPV4) },
	{ "IPv4 with three options", HINT_YES,
	  .payload = BYTES("\x08\x00\x08\x00\x00\x00\x00\x00"
			   "\x01\x08\x01\x02\x00\x00\x00\x00\x00\x00\x00\x01"
			   "\x01\x08\x02\x02\x00\x00\x00\x00\x00\x00\x00\x02"
			   "\x01\x08\x03\x01\x00\x00\x00\x03" IPV4) },
	{ "IPv6 in a VLAN", HINT_YES,
	  .payload = BYTES("\x01\x00\x65\x58\x00\x00\x01\x00\x00\x00\x00\x00"
			   MACS "\x81\x00\x00\x05\x86\xdd" IPV6) },
	{ "ARP", HINT_YES,
	  .payload = BYTES("\x00\x00\x65\x58\x00\x00\x01\x00" MACS
			   "\x08\x06\x00\x01\x08\x00") },
	{ "version 1", HINT_NO,
	  .payload = BYTES("\x40\x00\x65\x58\x00\x00\x01\x00" MACS "\x08\x00"
			   IPV4) },
	{ "reserved bits", HINT_NO,
	  .payload = BYTES("\x00\x01\x65\x58\x00\x00\x01\x00" MACS "\x08\x00"
			   IPV4) },
	{ "options past the end", HINT_NO,
	  .payload = BYTES("\x3f\x00\x08\x00\x00\x00\x01\x00" IPV4) },
	{ "unknown content", HINT_NO,
	  .payload = BYTES("\x00\x00\x65\x58\x00\x00\x01\x00" MACS "\x12\x34"
			   IPV4) },
	{ "VXLAN", HINT_YES, .app = "vxlan", .dport = 4789,
	  .payload = BYTES("\x08\x00\x00\x00\x00\x00\x7b\x00" MACS "\x08\x00"
			   IPV4) },
	{ "VXLAN, unknown content", HINT_NO, .dport = 4789,
	  .payload = BYTES("\x08\x00\x00\x00\x00\x00\x7b\x00" MACS "\x12\x34"
			   IPV4) },
	{ "VXLAN without identifier", HINT_NO, .dport = 4789,
	  .payload = BYTES("\x00\x00\x00\x00\x00\x00\x7b\x00" MACS "\x08\x00"
			   IPV4) },
	{ "VXLAN-GPE, Ethernet", HINT_YES, .app = "vxlan", .dport = 4790,
	  .payload = BYTES("\x0c\x00\x00\x03\x00\x00\x7b\x00" MACS "\x08\x00"
			   IPV4) },
	{ "VXLAN-GPE, IPv6", HINT_YES, .app = "vxlan", .dport = 4790,
	  .payload = BYTES("\x0c\x00\x00\x02\x00\x00\x7b\x00" IPV6) },
	{ "VXLAN-GPE, unknown protocol", HINT_NO, .dport = 4790,
	  .payload = BYTES("\x0c\x00\x00\x09\x00\x00\x7b\x00" IPV4) },
	{ "GUE", HINT_YES, .app = "gue", .dport = 6080,
	  .payload = BYTES("\x00\x04\x00\x00" IPV4) },
	{ "GUE, IPv6 and a field", HINT_YES, .app = "gue", .dport = 6080,
	  .payload = BYTES("\x01\x29\x00\x00\x00\x00\x00\x01" IPV6) },
	{ "GUE, variant 1", HINT_YES, .app = "gue", .dport = 6080,
	  .payload = BYTES(IPV4) },
	{ "IP on another port", HINT_NO, .dport = 5000,
	  .payload = BYTES(IPV4) },
	{ "GUE, control message", HINT_NO, .dport = 6080,
	  .payload = BYTES("\x20\x04\x00\x00" IPV4) },
};

START_TEST(row)
{
	try_hint_row(&hint_geneve, &rows[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hint_geneve");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, row, 0, ROWS(rows));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
