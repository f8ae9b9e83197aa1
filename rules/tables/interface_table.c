/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interface_table.c - look up interface names. Each pattern has a row with the
 * sets of all patterns that match when it is the longest match.
 */
#include "rules/tables/interface_table.h"

#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	char name[IFNAMSIZ];	/* without its '*' */
	size_t len;
	bool is_open;		/* ended in '*' */
	uint64_t *row;
};

struct interface_table {
	size_t words;
	size_t count;
	struct entry *entries;	/* longest first; exact before open */
	uint64_t *rows;		/* one per entry, and a last one of zeros */
};

static bool matches(const struct entry *e, const char *name, size_t len)
{
	if (e->is_open ? len < e->len : len != e->len)
		return false;
	return memcmp(e->name, name, e->len) == 0;
}

static int by_length(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->len != y->len)
		return x->len < y->len ? 1 : -1;
	return x->is_open - y->is_open;
}

static void fill_entry(struct entry *e, const char *pattern)
{
	e->len = strnlen(pattern, IFNAMSIZ - 1);
	if (e->len > 0 && pattern[e->len - 1] == '*') {
		e->is_open = true;
		e->len--;
	}
	memcpy(e->name, pattern, e->len);
}

/* An entry's row has the sets of every pattern that matches its name. A longer
 * open pattern never does, so the longest match has the complete answer. */
static void fill_rows(struct interface_table *table,
		      const struct interface_pattern *patterns, size_t count)
{
	for (size_t i = 0; i < table->count; i++) {
		struct entry *e = &table->entries[i];

		e->row = table->rows + i * table->words;
		for (size_t j = 0; j < count; j++) {
			struct entry other = { 0 };

			fill_entry(&other, patterns[j].name);
			if (e->is_open && !other.is_open)
				continue;
			if (matches(&other, e->name, e->len))
				e->row[patterns[j].set / 64] |=
					UINT64_C(1) << patterns[j].set % 64;
		}
	}
}

int interface_table_build(const struct interface_pattern *patterns,
			  size_t count, size_t sets,
			  struct interface_table **ret_table)
{
	struct interface_table *table = calloc(1, sizeof(*table));

	if (table == NULL)
		return -ENOMEM;
	table->words = sets == 0 ? 1 : (sets + 63) / 64;
	table->count = count;
	table->entries = calloc(count + 1, sizeof(*table->entries));
	table->rows = calloc((count + 1) * table->words, sizeof(*table->rows));
	if (table->entries == NULL || table->rows == NULL) {
		interface_table_free(table);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++)
		fill_entry(&table->entries[i], patterns[i].name);
	qsort(table->entries, count, sizeof(*table->entries), by_length);
	fill_rows(table, patterns, count);
	*ret_table = table;
	return 0;
}

void interface_table_free(struct interface_table *table)
{
	if (table == NULL)
		return;
	free(table->entries);
	free(table->rows);
	free(table);
}

const uint64_t *interface_table_lookup(const struct interface_table *table,
				       const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < table->count; i++)
		if (matches(&table->entries[i], name, len))
			return table->entries[i].row;
	return table->rows + table->count * table->words;
}
