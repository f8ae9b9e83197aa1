/* number_table.c - a row of bits for each stretch of numbers that are alike. */
#include "rules/number_table.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS 65536u

struct number_table {
	size_t words;			/* of one row */
	uint64_t *rows;
	uint16_t row[NUMBERS];
};

/* Where the answer may change: the first number of each stretch. */
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

/* The row equal to the one behind the last, or that one, now kept. */
static size_t intern_row(const struct number_table *table, size_t *used)
{
	const uint64_t *fresh = table->rows + *used * table->words;

	for (size_t i = 0; i < *used; i++)
		if (memcmp(table->rows + i * table->words, fresh,
			   table->words * sizeof(*fresh)) == 0)
			return i;
	return (*used)++;
}

int number_table_build(const struct number_range *ranges, size_t count,
		       size_t sets, struct number_table **ret_table)
{
	struct number_table *table = calloc(1, sizeof(*table));
	bool *starts = calloc(NUMBERS, sizeof(*starts));
	size_t stretches = 0, used = 0, row = 0;
	int rc = -ENOMEM;

	if (table == NULL || starts == NULL)
		goto out;
	mark_starts(ranges, count, starts);
	for (size_t n = 0; n < NUMBERS; n++)
		stretches += starts[n];

	table->words = sets == 0 ? 1 : (sets + 63) / 64;
	table->rows = calloc(stretches * table->words, sizeof(*table->rows));
	if (table->rows == NULL)
		goto out;
	for (size_t n = 0; n < NUMBERS; n++) {
		if (starts[n]) {
			uint64_t *fresh = table->rows + used * table->words;

			memset(fresh, 0, table->words * sizeof(*fresh));
			fill_row(ranges, count, (uint16_t)n, fresh);
			row = intern_row(table, &used);
		}
		table->row[n] = (uint16_t)row;
	}

	*ret_table = table;
	table = NULL;
	rc = 0;
out:
	free(starts);
	number_table_free(table);
	return rc;
}

void number_table_free(struct number_table *table)
{
	if (table == NULL)
		return;
	free(table->rows);
	free(table);
}

const uint64_t *number_table_lookup(const struct number_table *table,
				    uint16_t number)
{
	return table->rows + table->row[number] * table->words;
}
