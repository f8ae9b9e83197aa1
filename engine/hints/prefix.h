/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prefix.h - protocols whose first message has fixed bytes.
 * hint_prefix.c asks the rows of prefix_tcp.c and prefix_udp.c.
 */
#ifndef WAYMARK_PREFIX_H
#define WAYMARK_PREFIX_H

#include "engine/hints/hint.h"

#define PREFIX_PARTS 3

struct prefix_part {
	uint8_t at;
	struct bytes is;
};

/* The field that holds the length of the message. */
struct prefix_length {
	uint8_t at;
	uint8_t size;		/* bytes; 0: no such field */
	bool is_little;		/* least significant byte first */
	int16_t add;		/* what the field leaves out */
};

struct prefix_row {
	uint8_t app;		/* as in a yield: 0 is the hint's own */
	/* Ascending; bytes between two parts may be anything. */
	struct prefix_part parts[PREFIX_PARTS];
	/* UDP: must be the datagram's length.
	 * TCP: where the next message is. */
	struct prefix_length length;
	/* UDP: no other length will do. */
	uint16_t exact;
	/* Too few bytes to be certain: another message, of the same side or of
	 * the other, must fit a row of this application too. */
	bool again;
	/* UDP, with `again`: only the other side's will do. */
	bool answered;
};

#define PREFIX_ROWS_MAX 255
#define PREFIX_ANY 256		/* instead of a first byte */
#define PREFIX_END 255		/* instead of a row */

/* The rows and, once prefix_index() has been called, chains of those that have
 * the same first byte, or none. */
struct prefix_table {
	const struct prefix_row *rows;
	size_t row_count;
	uint8_t head[PREFIX_ANY + 1];
	uint8_t next[PREFIX_ROWS_MAX];
};

void prefix_index(struct prefix_table *table);

#define AT(offset, literal) { .at = offset, .is = BYTES(literal) }
#define BE16(offset, more) { .at = offset, .size = 2, .add = more }
#define BE24(offset, more) { .at = offset, .size = 3, .add = more }
#define BE32(offset, more) { .at = offset, .size = 4, .add = more }
#define LE16(offset, more) \
	{ .at = offset, .size = 2, .is_little = true, .add = more }
#define LE32(offset, more) \
	{ .at = offset, .size = 4, .is_little = true, .add = more }
#define U8(offset, more) { .at = offset, .size = 1, .add = more }

enum hint_verdict prefix_match(const struct prefix_table *table,
			       const struct hint_input *in,
			       struct hint_yield *yield);

#endif
