/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prefix_table.h - find all address sets of a policy that contain an address,
 * in one lookup.
 *
 * The caller numbers the sets 0 to sets - 1, one for each list and each inline
 * { ... }. Built once, then read by any thread.
 */
#ifndef WAYMARK_PREFIX_TABLE_H
#define WAYMARK_PREFIX_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "rules/tables/address.h"

struct prefix_table;
struct prefix_builder;

/* Create a builder for `sets` sets; NULL when out of memory. */
struct prefix_builder *prefix_builder_new(size_t sets);
void prefix_builder_free(struct prefix_builder *builder);

/* Add first..last, both of one family, to `set`. 0 or -ENOMEM. An IPv6 range,
 * even ::/0, never contains an IPv4 address. */
int prefix_builder_add(struct prefix_builder *builder, size_t set,
		       const struct address *first, const struct address *last);

/*
 * Build the table, which the caller owns. The builder becomes empty and still
 * belongs to the caller. 0 or -ENOMEM.
 */
int prefix_table_build(struct prefix_builder *builder,
		       struct prefix_table **ret_table);
void prefix_table_free(struct prefix_table *table);

/*
 * Return the sets that contain `a` as a bitmap: bit n % 64 of word n / 64 is
 * set n. Never NULL; (sets + 63) / 64 words, at least one, valid as long as
 * the table.
 */
const uint64_t *prefix_table_lookup(const struct prefix_table *table,
				    const struct address *a);

/* Return the table's size in bytes. */
size_t prefix_table_bytes(const struct prefix_table *table);

#endif
