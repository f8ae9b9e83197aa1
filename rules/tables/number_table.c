/* SPDX-License-Identifier: GPL-2.0-or-later */
/* number_table.c - look up 16-bit numbers in all sets at once. */
#include "rules/tables/number_table.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS 65536u
#define BLOCK_NUMBERS 64u
#define BLOCKS (NUMBERS / BLOCK_NUMBERS)
/* Flag of a block whose numbers have different rows; the other bits are its
 * index in `mixed`. Without the flag they are the row of all its numbers. */
#define MIXED 0x80000000u

/* Client ports are random, so the table should fit into the L1 cache: a block
 * whose numbers all have the same row takes one entry. */
struct number_table {
	size_t words;			/* of one row */
	uint64_t *rows;
	uint16_t (*mixed)[BLOCK_NUMBERS];
	uint32_t blocks[BLOCKS];
};

/* Mark the numbers where the answer may change. */
static void mark_starts(const struct number_range *ranges, size_t count,
			bool *starts)
{
	starts[0] = true;
	for (size_t i = 0; i < count; i++) {
		starts[ranges[i].first] = true;
		if (ranges[i].last + 1u < NUMBERS)
			starts[ranges[i].last + 1u] = true;
	}
}

static void fill_row(const struct number_range *ranges, size_t count,
		     uint16_t number, uint64_t *row)
{
	for (size_t i = 0; i < count; i++)
		if (ranges[i].first <= number && number <= ranges[i].last)
			row[ranges[i].set / 64] |= UINT64_C(1)
						   << ranges[i].set % 64;
}

/* Return an existing row equal to the one after the last, or keep that one. */
static size_t intern_row(const struct number_table *table, size_t *used)
{
	const uint64_t *fresh = table->rows + *used * table->words;

	for (size_t i = 0; i < *used; i++)
		if (memcmp(table->rows + i * table->words, fresh,
			   table->words * sizeof(*fresh)) == 0)
			return i;
	return (*used)++;
}

/* Build the distinct rows, and the row of each number. */
static int fill_rows(const struct number_range *ranges, size_t count,
		     const bool *starts, struct number_table *table,
		     uint16_t *row_of)
{
	size_t spans = 0, used = 0, row = 0;

	for (size_t n = 0; n < NUMBERS; n++)
		spans += starts[n];
	table->rows = calloc(spans * table->words, sizeof(*table->rows));
	if (table->rows == NULL)
		return -ENOMEM;
	for (size_t n = 0; n < NUMBERS; n++) {
		if (starts[n]) {
			uint64_t *fresh = table->rows + used * table->words;

			memset(fresh, 0, table->words * sizeof(*fresh));
			fill_row(ranges, count, (uint16_t)n, fresh);
			row = intern_row(table, &used);
		}
		row_of[n] = (uint16_t)row;
	}
	return 0;
}

static bool is_mixed(const uint16_t *rows)
{
	for (size_t n = 1; n < BLOCK_NUMBERS; n++)
		if (rows[n] != rows[0])
			return true;
	return false;
}

static int fill_blocks(struct number_table *table, const uint16_t *row_of)
{
	uint32_t mixed = 0;

	for (size_t block = 0; block < BLOCKS; block++)
		mixed += is_mixed(&row_of[block * BLOCK_NUMBERS]);
	table->mixed = calloc(mixed != 0 ? mixed : 1, sizeof(*table->mixed));
	if (table->mixed == NULL)
		return -ENOMEM;
	mixed = 0;
	for (size_t block = 0; block < BLOCKS; block++) {
		const uint16_t *rows = &row_of[block * BLOCK_NUMBERS];

		table->blocks[block] = rows[0];
		if (!is_mixed(rows))
			continue;
		memcpy(table->mixed[mixed], rows, sizeof(table->mixed[mixed]));
		table->blocks[block] = MIXED | mixed++;
	}
	return 0;
}

int number_table_build(const struct number_range *ranges, size_t count,
		       size_t sets, struct number_table **ret_table)
{
	struct number_table *table = calloc(1, sizeof(*table));
	bool *starts = calloc(NUMBERS, sizeof(*starts));
	uint16_t *row_of = calloc(NUMBERS, sizeof(*row_of));
	int rc = -ENOMEM;

	if (table == NULL || starts == NULL || row_of == NULL)
		goto out;
	mark_starts(ranges, count, starts);
	table->words = sets == 0 ? 1 : (sets + 63) / 64;
	rc = fill_rows(ranges, count, starts, table, row_of);
	if (rc < 0)
		goto out;
	rc = fill_blocks(table, row_of);
	if (rc < 0)
		goto out;

	*ret_table = table;
	table = NULL;
out:
	free(row_of);
	free(starts);
	number_table_free(table);
	return rc;
}

void number_table_free(struct number_table *table)
{
	if (table == NULL)
		return;
	free(table->mixed);
	free(table->rows);
	free(table);
}

const uint64_t *number_table_lookup(const struct number_table *table,
				    uint16_t number)
{
	uint32_t row = table->blocks[number / BLOCK_NUMBERS];

	if (row & MIXED)
		row = table->mixed[row & ~MIXED][number % BLOCK_NUMBERS];
	return table->rows + row * table->words;
}
