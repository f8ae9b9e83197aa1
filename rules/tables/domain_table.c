/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domain_table.c - look up a host name in all sets at once. */
#include "rules/tables/domain_table.h"

#include <stdlib.h>

#include "rules/tables/domain_parts.h"

static bool is_name(const struct domain_table *table, uint32_t place,
		    const char *name, size_t len)
{
	const char *text = table->text + place;

	return (uint8_t)text[0] == len && memcmp(text + 1, name, len) == 0;
}

static bool find_name(const struct domain_table *table, uint32_t hash,
		      const char *name, size_t len, uint32_t *ret_id)
{
	const struct domain_line *line;

	line = &table->lines[domain_home(hash, table->homes)];
	for (;; line++) {
		unsigned int i, same = 0;

		for (i = 0; i < DOMAIN_LINE_NAMES; i++)
			same |= (unsigned int)(line->hash[i] == hash) << i;
		for (; same != 0; same &= same - 1) {
			i = (unsigned int)__builtin_ctz(same);
			if (is_name(table, line->place[i], name, len)) {
				*ret_id = line->id[i];
				return true;
			}
		}
		if (!line->goes_on)
			return false;
	}
}

size_t domain_table_find(const struct domain_table *table,
			 const struct domain_suffixes *suffixes, size_t max,
			 uint32_t *ret_id)
{
	const char *end = suffixes->lower + sizeof(suffixes->lower);
	unsigned int i;

	for (i = suffixes->count; i-- > 0; ) {
		size_t len = suffixes->len[i];

		if (len <= max && find_name(table, suffixes->hash[i],
					     end - len, len, ret_id))
			return len;
	}
	return 0;
}

const uint64_t *domain_table_lookup(const struct domain_table *table,
				    const char *name, size_t len)
{
	struct domain_suffixes suffixes;
	const uint64_t *sets;
	size_t found;
	uint32_t id;

	if (len > 0 && name[len - 1] == '.')
		len--;
	if (len == 0 || len > DOMAIN_MAX)
		return table->sets;
	domain_suffixes_init(&suffixes, table, name, len);
	found = domain_table_find(table, &suffixes, len, &id);
	if (found == 0)
		return table->sets;
	sets = table->sets + 2 * table->set_words * id;
	return found == len ? sets + table->set_words : sets;
}

void domain_table_free(struct domain_table *table)
{
	if (table == NULL)
		return;
	free(table->filter);
	free(table->lines);
	free(table->text);
	free(table->sets);
	free(table);
}

void domain_table_each(const struct domain_table *table,
		       void (*each)(void *ctx, const char *name, size_t len),
		       void *ctx)
{
	/* Offset 0 is the empty name. */
	for (size_t at = 1; at < table->text_len;) {
		size_t len = (uint8_t)table->text[at];

		each(ctx, table->text + at + 1, len);
		at += 1 + len;
	}
}

size_t domain_table_bytes(const struct domain_table *table)
{
	return sizeof(*table) + table->filter_words * sizeof(uint64_t) +
	       table->line_count * sizeof(*table->lines) +
	       table->text_len +
	       table->set_count * table->set_words * 2 * sizeof(uint64_t);
}
