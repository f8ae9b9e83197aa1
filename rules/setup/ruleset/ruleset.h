/*
 * ruleset.h - the text of `table inet waymark`: how packets are diverted to
 * the engine, and how conntrack remembers the verdict.
 */
#ifndef WAYMARK_SETUP_RULESET_H
#define WAYMARK_SETUP_RULESET_H

#include <stdio.h>

#include "rules/setup/kernel/nft_table.h"
#include "rules/setup/plan/plan.h"

/* Room for the name of a chain that holds one queue rule. */
#define RULESET_QUEUE_MAX 32

/*
 * The name says all of the rule, so a chain of that name never changes: what
 * waits in the queue meanwhile stays.
 */
char *ruleset_queue_name(const struct plan *plan, uint16_t queue,
			 char name[static RULESET_QUEUE_MAX]);

/* The chain that masquerades, there since some uplink asked for it. */
#define RULESET_NAT "masquerading"

/* Everything but the chains with a queue rule, and with `whole` what is in
 * big sets; the same plan gives the same text. */
void ruleset_write(const struct plan *plan, bool whole, FILE *out);

/* Rules that let go what is exempt; `counter`: a statement, or "". */
void ruleset_write_exempts(const struct plan *plan, const char *counter,
			   FILE *out);

/* The chains with nft's own queue rule, as a table of their own. */
void ruleset_write_queues(const struct plan *plan, FILE *out);

/*
 * The transaction that brings `table` to the plan: chains that are missing
 * are added, all others emptied and filled, none in a hook deleted. With
 * `native`, queue rules are nft's own and part of it; without, the chains are
 * made here and must be filled before (ruleset_write_first).
 */
void ruleset_write_change(const struct plan *plan,
			  const struct nft_table *table, bool native,
			  FILE *out);

/* The table with empty chains for queue rules that are not nft's own. */
void ruleset_write_first(const struct plan *plan,
			 const struct nft_table *table, FILE *out);

#endif
