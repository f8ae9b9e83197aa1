/* domain_table.c - look a host name up in all sets at once. */
#include "rules/domain_table.h"

#include <stdlib.h>

#include "rules/domain_parts.h"

static char *find_name(const struct domain_table *table, uint32_t hash,
		       const char *name, size_t len)
{
	const struct domain_slot *slot;

	slot = &table->slots[domain_home(table, hash)];
	while (slot->place != 0 && slot->hash < hash)
		slot++;
	for (; slot->place != 0 && slot->hash == hash; slot++) {
		char *record = table->text + slot->place;

		if (domain_record_len(record) == len &&
		    memcmp(record + DOMAIN_RECORD_HEAD, name, len) == 0)
			return record;
	}
	return NULL;
}

char *domain_table_find(const struct domain_table *table,
			const struct domain_suffixes *suffixes, size_t most)
{
	const char *end = suffixes->lower + sizeof(suffixes->lower);
	unsigned int i;

	for (i = suffixes->count; i-- > 0; ) {
		size_t len = suffixes->len[i];
		char *record;

		if (len > most)
			continue;
		record = find_name(table, suffixes->hash[i], end - len, len);
		if (record)
			return record;
	}
	return NULL;
}

const uint64_t *domain_table_lookup(const struct domain_table *table,
				    const char *name, size_t len)
{
	struct domain_suffixes suffixes;
	const uint64_t *sets;
	const char *record;
	unsigned int i;

	if (len > 0 && name[len - 1] == '.')
		len--;
	if (len == 0 || len > DOMAIN_MAX)
		return table->sets;
	domain_suffixes_init(&suffixes, table->key, table->label_counts, name,
			     len);
	for (i = 0; i < suffixes.count; i++)
		__builtin_prefetch(&table->slots[domain_home(table,
						suffixes.hash[i])]);
	record = domain_table_find(table, &suffixes, len);
	if (!record)
		return table->sets;
	sets = table->sets + 2 * table->set_words * domain_record_id(record);
	return domain_record_len(record) == len ? sets + table->set_words :
		sets;
}

void domain_table_free(struct domain_table *table)
{
	if (!table)
		return;
	free(table->slots);
	free(table->text);
	free(table->sets);
	free(table);
}

size_t domain_table_bytes(const struct domain_table *table)
{
	return sizeof(*table) + table->slot_count * sizeof(*table->slots) +
	       table->text_len +
	       table->set_count * table->set_words * 2 * sizeof(uint64_t);
}
