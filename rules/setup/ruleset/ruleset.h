/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset.h - write the text of `table inet waymark`: how packets are diverted
 * to the engine, and how conntrack keeps the verdict. ruleset.c describes a
 * packet's way through it.
 */
#ifndef WAYMARK_SETUP_RULESET_H
#define WAYMARK_SETUP_RULESET_H

#include <stdio.h>

#include "rules/setup/kernel/nft_table.h"
#include "rules/setup/plan/plan.h"

/* The chain that translates sources; it exists once an uplink has NAT. */
#define RULESET_NAT "source_nat"

/* Write everything but the chains with a queue rule; with `with_big`, also the
 * elements of big sets. The same plan gives the same text. */
void ruleset_write(const struct plan *plan, bool with_big, FILE *out);

/* Write the rules that accept exempt packets; `counter`: a statement, or "". */
void ruleset_write_exempts(const struct plan *plan, const char *counter,
			   FILE *out);

/* Write the chains with nft's own queue rule, as a separate table block. */
void ruleset_write_queues(const struct plan *plan, FILE *out);

/*
 * Write the transaction that changes `table` into the plan's: missing chains
 * are added, the others flushed and filled; base chains are never deleted.
 * With `native`, the queue rules are nft's own and part of the transaction.
 * Without, the caller fills their chains first (ruleset_write_first()).
 */
void ruleset_write_change(const struct plan *plan,
			  const struct nft_table *table, bool native,
			  FILE *out);

/* Write the table with empty chains for queue rules that are not nft's own. */
void ruleset_write_first(const struct plan *plan,
			 const struct nft_table *table, FILE *out);

#endif
