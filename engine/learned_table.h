/*
 * learned_table.h - items in small buckets under a keyed hash; only the files
 * of the learned store include this.
 *
 * Each bucket has a sequence number: odd while somebody writes. A reader
 * copies and looks at it again; a writer that finds it odd tries a little and
 * then lets it be, since what is taught today is taught again tomorrow.
 */
#ifndef WAYMARK_LEARNED_TABLE_H
#define WAYMARK_LEARNED_TABLE_H

#include "engine/learned.h"

struct learned_table;

struct learned_table *learned_table_new(size_t capacity, bool fixed_key);
void learned_table_free(struct learned_table *table);
size_t learned_table_bytes(const struct learned_table *table);

/* The latest heard item with the key of `key` (kind, server, client, proto,
 * port) that has not expired by `now_s`. */
bool learned_table_find(const struct learned_table *table,
			const struct learned_item *key, uint32_t now_s,
			struct learned_item *ret);
void learned_table_prefetch(const struct learned_table *table,
			    const struct learned_item *key);

/*
 * Teach `news`: `merge` is asked for each item of the same key and returns
 * whether it took the news in; if none does, the news gets a place of its own,
 * that of the oldest of its key once there are LEARNED_NAMES_MOST.
 */
typedef bool (*learned_merge)(struct learned_item *item,
			      const struct learned_item *news);
void learned_table_teach(struct learned_table *table,
			 const struct learned_item *news, learned_merge merge);

void learned_table_each(const struct learned_table *table,
			learned_each_item each, void *ctx);

#endif
