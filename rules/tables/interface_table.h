/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interface_table.h - find all interface sets of a policy that match a name,
 * in one lookup. Built once, then read by any thread.
 */
#ifndef WAYMARK_INTERFACE_TABLE_H
#define WAYMARK_INTERFACE_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct interface_table;

struct interface_pattern {
	uint32_t set;
	const char *name;	/* "eth0", or "ppp*" for a prefix */
};

/* Build a table of `sets` sets; `patterns` are not kept. 0 or -ENOMEM. */
int interface_table_build(const struct interface_pattern *patterns,
			  size_t count, size_t sets,
			  struct interface_table **ret_table);
void interface_table_free(struct interface_table *table);

/* Return the sets that match `name`, as number_table_lookup() does. */
const uint64_t *interface_table_lookup(const struct interface_table *table,
				       const char *name);

#endif
