/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * number_table.h - find all number sets of a policy that contain a 16-bit
 * number (port, length), in one lookup.
 * Built once, then read by any thread.
 */
#ifndef WAYMARK_NUMBER_TABLE_H
#define WAYMARK_NUMBER_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct number_table;

struct number_range {
	uint32_t set;
	uint16_t first;
	uint16_t last;		/* inclusive */
};

/* Build a table of `sets` sets; `ranges` are not kept. 0 or -ENOMEM. */
int number_table_build(const struct number_range *ranges, size_t count,
		       size_t sets, struct number_table **ret_table);
void number_table_free(struct number_table *table);

/* Return the sets that contain `number`: bit n % 64 of word n / 64 is set n.
 * Never NULL; (sets + 63) / 64 words, at least one, valid as long as the
 * table. */
const uint64_t *number_table_lookup(const struct number_table *table,
				    uint16_t number);

#endif
