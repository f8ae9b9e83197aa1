/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * learned_table.h - items in small buckets under a keyed hash; only the files
 * of the learned store include this.
 *
 * Each bucket has a sequence number that is odd while it is written. A reader
 * copies and checks it again; a writer that finds it odd retries a little and
 * then gives up, since it will have the same news again.
 */
#ifndef WAYMARK_LEARNED_TABLE_H
#define WAYMARK_LEARNED_TABLE_H

#include "engine/learn/learned.h"

struct learned_names;
struct learned_table;

/*
 * Allocate a table for items of one kind, which are found by a keyed hash of
 * all 64 bits alone. `names` is borrowed. NULL: out of memory.
 */
struct learned_table *learned_table_new(enum learned_kind kind,
					size_t capacity,
					struct learned_names *names);
void learned_table_free(struct learned_table *table);
size_t learned_table_bytes(const struct learned_table *table);

/* Prefetch what learned_table_find() reads first, and, once that has arrived,
 * what it reads next. */
void learned_table_fetch_tags(const struct learned_table *table,
			      uint64_t hash);
void learned_table_fetch_items(const struct learned_table *table,
			       uint64_t hash);

/* All items of a hash that have not expired, the latest seen first; returns
 * their number, at most LEARNED_NAMES_MAX. */
size_t learned_table_find_all(const struct learned_table *table, uint64_t hash,
			      uint32_t now_s,
			      struct learned_found ret[LEARNED_NAMES_MAX]);

/* The most recently seen item of a hash that has not expired by `now_s`, as
 * learned_answer() and learned_server() give it. */
bool learned_table_find(const struct learned_table *table, uint64_t hash,
			uint32_t now_s, struct learned_found *ret);

/*
 * Add `news`: `merge` is called for each item of the same hash and returns
 * whether it merged the news; if none does, the news gets a new slot, or that
 * of the oldest item of its hash once there are LEARNED_NAMES_MAX.
 */
typedef bool (*learned_merge)(struct learned_item *item,
			      const struct learned_item *news);
void learned_table_add(struct learned_table *table, uint64_t hash,
			 const struct learned_item *news, learned_merge merge);

void learned_table_each(const struct learned_table *table,
			learned_each_item each, void *ctx);

#endif
