/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.h - who may change `table inet waymark`: the statement `own-table`, and
 * the owner that the kernel reports.
 */
#ifndef WAYMARK_SETUP_TABLE_H
#define WAYMARK_SETUP_TABLE_H

#include <stdbool.h>

#include "rules/setup/kernel/set_error.h"

struct nft_table;
struct policy;
struct table_owner;

/* Refuse a table that a socket other than `owner` owns: only that one can change
 * it. 0, or -EBUSY with a message. */
int table_check_owner(const struct nft_table *table,
		      const struct table_owner *owner,
		      char error[static SETUP_ERROR_MAX]);

/* Whether the policy wants the table to be owned, and the kernel supports it;
 * with `logs`, a kernel that does not is logged. */
bool table_wants_owner(const struct policy *policy,
		       const struct nft_table *table, bool logs);

/* Have a process that keeps the owner's socket open. 0 or -errno with a
 * message. */
int table_keep_owner(const struct nft_table *table, struct table_owner *owner,
		     const char *dir, char error[static SETUP_ERROR_MAX]);

#endif
