/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hint_snmp.c - SNMP versions 1, 2c and 3 (RFC 1157, 3416, 3412), in BER. */
#include "engine/hints/hint.h"

enum tag { INTEGER = 0x02, STRING = 0x04, SEQUENCE = 0x30 };

#define PDU_FIRST 0xa0		/* get-request */
#define PDU_LAST 0xa8		/* report */
#define VERSION_3 3

/* Definite lengths of up to four bytes are all that SNMP needs. */
static size_t read_length(struct cursor *c)
{
	uint8_t first = cursor_u8(c);
	size_t len = 0;

	if (first < 0x80)
		return first;
	if (first == 0x80 || first > 0x84) {
		cursor_skip(c, SIZE_MAX);
		return 0;
	}
	for (int n = first & 0x7f; n > 0; n--)
		len = len << 8 | cursor_u8(c);
	return len;
}

/* The contents of what comes next; short when that has another tag. */
static struct cursor read_value(struct cursor *c, uint8_t tag)
{
	size_t len;

	if (cursor_u8(c) != tag)
		cursor_skip(c, SIZE_MAX);
	len = read_length(c);
	return cursor_take(c, len);
}

static bool is_pdu(struct cursor c)
{
	uint8_t tag = cursor_u8(&c);
	size_t len = read_length(&c);

	return !c.is_short && tag >= PDU_FIRST && tag <= PDU_LAST &&
	       len == cursor_left(&c);
}

/* RFC 3412, 6: the header data, then parameters in a string. */
static bool is_version_3(struct cursor c)
{
	struct cursor header = read_value(&c, SEQUENCE);

	read_value(&header, INTEGER);	/* id */
	read_value(&header, INTEGER);	/* most bytes */
	read_value(&header, STRING);	/* flags */
	read_value(&header, INTEGER);	/* security model */
	read_value(&c, STRING);
	return !header.is_short && cursor_left(&header) == 0 && !c.is_short;
}

static enum hint_verdict snmp_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	struct cursor c = in->payload;
	struct cursor message = read_value(&c, SEQUENCE);
	struct cursor version = read_value(&message, INTEGER);
	uint8_t number = cursor_u8(&version);

	(void)yield;
	if (message.is_short || version.is_short ||
	    cursor_left(&version) != 0 || cursor_left(&c) != 0)
		return HINT_NO;
	if (number == VERSION_3)
		return is_version_3(message) ? HINT_YES : HINT_NO;
	if (number > 1)
		return HINT_NO;
	read_value(&message, STRING);	/* community */
	return !message.is_short && is_pdu(message) ? HINT_YES : HINT_NO;
}

const struct hint hint_snmp = {
	.name = "snmp",
	.about = "SNMP: device monitoring",
	.transport = IPPROTO_UDP,
	.ports = { 161, 162 },
	.first = BYTES("\x30"),
	.min = 16,
	.match = snmp_match,
};
