/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ber.h - tags and lengths of ASN.1's basic encoding (X.690, 8.1). */
#ifndef WAYMARK_BER_H
#define WAYMARK_BER_H

#include "engine/packet/cursor.h"

#define BER_INTEGER 0x02
#define BER_OCTETS 0x04
#define BER_ENUMERATED 0x0a
#define BER_SEQUENCE 0x30

/*
 * Read and skip a tag and its length. A tag of more than one byte, and a length
 * that is indefinite or takes more than four bytes, make the cursor short, as
 * does running out of bytes.
 */
static inline uint8_t ber_header(struct cursor *c, size_t *ret_len)
{
	uint8_t tag = cursor_u8(c);
	uint8_t first = cursor_u8(c);
	size_t len = first;

	if (first > 0x80) {
		uint8_t count = first & 0x7f;

		len = 0;
		if (count > 4)
			c->is_short = true;
		for (uint8_t i = 0; i < count && !c->is_short; i++)
			len = len << 8 | cursor_u8(c);
	} else if (first == 0x80) {
		c->is_short = true;
	}
	*ret_len = c->is_short ? 0 : len;
	return c->is_short ? 0 : tag;
}

/* The value of a small integer under `tag`; -1 when it is none. */
static inline int ber_small(struct cursor *c, uint8_t tag)
{
	size_t len;

	if (ber_header(c, &len) != tag || len != 1)
		return -1;
	return cursor_u8(c);
}

#endif
