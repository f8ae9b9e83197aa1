/*
 * domain_table.h - which of the policy's domain sets hold a host name, for
 * all sets in one look-up by label suffix.
 *
 * A set is a small number that the caller chooses, 0 to sets - 1: one for
 * each list and each inline { ... }. Built once, then read by any thread.
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
 * The canonical form of a host name as a policy or a packet writes it: lower
 * case ASCII, no final dot, IDNA A-labels (libidn2, non-transitional
 * UTS #46). Returns its length, or -EINVAL with *ret_why a static sentence
 * saying what is wrong ("a label is at most 63 characters long", ...).
 * Underscores are taken. A label that comes as "xn--..." is put in lower case
 * and kept, valid IDNA or not. ASCII input neither allocates nor calls
 * libidn2.
 */
int domain_canonical(const char *text, size_t len,
		     char ret[static DOMAIN_MAX + 1], const char **ret_why);

/* A builder for `sets` sets; NULL when out of memory. */
struct domain_builder *domain_builder_new(size_t sets);
void domain_builder_free(struct domain_builder *builder);

/*
 * Put `name` (canonical, `len` long) into `set`: that name and every name
 * below it on a label boundary, or with `exact` that name only. 0 or -ENOMEM.
 */
int domain_builder_add(struct domain_builder *builder, size_t set,
		       const char *name, size_t len, bool exact);

/*
 * The finished table, the caller's to free; the builder is left empty and
 * still the caller's to free. 0 or -ENOMEM.
 */
int domain_table_build(struct domain_builder *builder,
		       struct domain_table **ret_table);
void domain_table_free(struct domain_table *table);

/*
 * The sets that hold `name` (any ASCII case, a final dot allowed, `len` long,
 * not necessarily valid; more than DOMAIN_MAX is in no set), as a bitmap: bit
 * n % 64 of word n / 64 is set n. Never NULL; (sets + 63) / 64 words (at least
 * one) that live as long as the table. Does not allocate. IDNA spelling is for
 * the caller to change with domain_canonical().
 */
const uint64_t *domain_table_lookup(const struct domain_table *table,
				    const char *name, size_t len);

/* Bytes that the table holds in memory. */
size_t domain_table_bytes(const struct domain_table *table);

#endif
