/*
 * prefix_table.h - which of the policy's address sets hold an address, for
 * all sets in one look-up.
 *
 * A set is a small number that the caller chooses, 0 to sets - 1: one for
 * each list and each inline { ... }. Built once, then read by any thread.
 */
#ifndef WAYMARK_PREFIX_TABLE_H
#define WAYMARK_PREFIX_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "rules/tables/address.h"

struct prefix_table;
struct prefix_builder;

/* A builder for `sets` sets; NULL when out of memory. */
struct prefix_builder *prefix_builder_new(size_t sets);
void prefix_builder_free(struct prefix_builder *builder);

/* Put first..last, both of one family, into `set`. 0 or -ENOMEM. An IPv6 range
 * never holds an IPv4 address, not even ::/0. */
int prefix_builder_add(struct prefix_builder *builder, size_t set,
		       const struct address *first, const struct address *last);

/*
 * The finished table, the caller's to free; the builder is left empty and
 * still the caller's to free. 0 or -ENOMEM.
 */
int prefix_table_build(struct prefix_builder *builder,
		       struct prefix_table **ret_table);
void prefix_table_free(struct prefix_table *table);

/*
 * The sets that hold `a`, as a bitmap: bit n % 64 of word n / 64 is set n.
 * Never NULL; (sets + 63) / 64 words (at least one) that live as long as the
 * table. An address in no set gives a bitmap of zeros.
 */
const uint64_t *prefix_table_lookup(const struct prefix_table *table,
				    const struct address *a);

/* Bytes that the table holds in memory. */
size_t prefix_table_bytes(const struct prefix_table *table);

#endif
