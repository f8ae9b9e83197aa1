/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * big_set_fill.h - declare, load and delete the big sets of a plan
 * (plan/big_set.h) in table inet waymark.
 */
#ifndef WAYMARK_SETUP_BIG_SET_FILL_H
#define WAYMARK_SETUP_BIG_SET_FILL_H

#include <stdbool.h>
#include <stdio.h>

#include "rules/setup/kernel/set_error.h"

struct nft_table;
struct plan;

/* Write commands that declare the sets, for a trial of the rules. */
void big_sets_declare(const struct plan *plan, FILE *out);
/* Write commands that delete sets of the table that the plan lacks. */
void big_sets_delete(const struct plan *plan, const struct nft_table *table,
		     FILE *out);
/* Whether any is missing or incomplete. */
bool big_sets_lack(const struct plan *plan, const struct nft_table *table);
/* Load the missing or incomplete ones; `owner` is the socket of the table's
 * owner, or -1. 0 or -errno with a message. */
int big_sets_make(const struct plan *plan, const struct nft_table *table,
		  int owner, char error[static SETUP_ERROR_MAX]);

#endif
