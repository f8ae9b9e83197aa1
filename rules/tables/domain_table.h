/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domain_table.h - find all domain sets of a policy that match a host name, in
 * one lookup by label suffix.
 *
 * The caller numbers the sets 0 to sets - 1, one for each list and each inline
 * { ... }. Built once, then read by any thread.
 */
#ifndef WAYMARK_DOMAIN_TABLE_H
#define WAYMARK_DOMAIN_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest host name, without its final dot (RFC 1035, 2.3.4). */
#define DOMAIN_MAX 253

struct domain_table;
struct domain_builder;

/*
 * Convert a host name of a policy or a packet to its canonical form: lower
 * case ASCII, no final dot, IDNA A-labels (libidn2, non-transitional
 * UTS #46). Returns its length, or -EINVAL with a static message in *ret_why
 * ("a label is at most 63 characters long", ...). Accepts underscores. A label
 * "xn--..." is converted to lower case and otherwise kept, valid IDNA or not.
 * ASCII input neither allocates nor calls libidn2.
 */
int domain_canonical(const char *text, size_t len,
		     char ret[static DOMAIN_MAX + 1], const char **ret_why);

/* Create a builder for `sets` sets; NULL when out of memory. */
struct domain_builder *domain_builder_new(size_t sets);
void domain_builder_free(struct domain_builder *builder);

/*
 * Add `name` (canonical, `len` long) to `set`: the name and its subdomains, or
 * with `exact` only the name. 0 or -ENOMEM.
 */
int domain_builder_add(struct domain_builder *builder, size_t set,
		       const char *name, size_t len, bool exact);

/*
 * Build the table, which the caller owns. The builder becomes empty and still
 * belongs to the caller. 0 or -ENOMEM.
 */
int domain_table_build(struct domain_builder *builder,
		       struct domain_table **ret_table);
void domain_table_free(struct domain_table *table);

/*
 * Return the sets that match `name` as a bitmap: bit n % 64 of word n / 64 is
 * set n. Never NULL; (sets + 63) / 64 words, at least one, valid as long as
 * the table. `name` may have any case and a final dot and need not be valid; a
 * name longer than DOMAIN_MAX matches no set. Convert Unicode names with
 * domain_canonical() first. Does not allocate.
 */
const uint64_t *domain_table_lookup(const struct domain_table *table,
				    const char *name, size_t len);

/* Call `each` for every name that was added, once, in any order. */
void domain_table_each(const struct domain_table *table,
		       void (*each)(void *ctx, const char *name, size_t len),
		       void *ctx);

/* Return the table's size in bytes. */
size_t domain_table_bytes(const struct domain_table *table);

#endif
