/*
 * interface_table.h - which of the policy's interface sets hold a name, for
 * all sets in one look-up. Built once, then read by any thread.
 */
#ifndef WAYMARK_INTERFACE_TABLE_H
#define WAYMARK_INTERFACE_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct interface_table;

struct interface_pattern {
	uint32_t set;
	const char *name;	/* "eth0", or "ppp*": all that begin so */
};

/* A table of `sets` sets; `patterns` are read, not kept. 0 or -ENOMEM. */
int interface_table_build(const struct interface_pattern *patterns,
			  size_t count, size_t sets,
			  struct interface_table **ret_table);
void interface_table_free(struct interface_table *table);

/* As number_table_lookup(). */
const uint64_t *interface_table_lookup(const struct interface_table *table,
				       const char *name);

#endif
