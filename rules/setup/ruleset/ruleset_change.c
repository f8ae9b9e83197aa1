/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ruleset_change.c - write the transaction from the present table to the
 * plan's. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "rules/setup/ruleset/big_set_fill.h"
#include "rules/setup/kernel/nft.h"
#include "rules/setup/ruleset/ruleset.h"
#include "rules/setup/ruleset/ruleset_arrival.h"
#include "rules/setup/ruleset/ruleset_clients.h"
#include "rules/setup/ruleset/ruleset_count.h"
#include "rules/setup/ruleset/ruleset_offload.h"
#include "rules/setup/ruleset/ruleset_payload.h"
#include "rules/setup/ruleset/ruleset_queue.h"

#define TABLE "inet " NFT_TABLE

/* Base chains are flushed, never deleted: deleting one drops the packets that
 * wait in every queue of the namespace. */
static const char *const hooked[] = { "divert", "divert_local", "settle",
				      "settle_local", RULESET_NAT, "strict",
				      "hold",
				      "clear_forward", "clear_input",
				      "clear_postrouting", "clamp_in",
				      "clamp_out", "unknown_input" };
static const char *const fixed[] = { "inspect",	     "new_flow",
				     "new_flow_local", "save",
				     "headers",	     "dropped",
				     "wrong_uplink",   "restore_again",
				     "enqueue",	     "inspect_strict",
				     "unanswered",    "ended" };
static const char *const numbered[] = { "mark_",    "save_", "settle_",
					"count_",   "set_",  "inbound_",
					"keep_nat_", "chosen_", "hold_",	 "held_" };

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static bool is_queue_chain(const char *name)
{
	return strncmp(name, "queue_", 6) == 0 &&
	       isdigit((unsigned char)name[6]);
}

/* Whether the chain belongs to a path. Other programs may have added chains to
 * our table; those are left alone. */
static bool is_path_chain(const char *name)
{
	for (size_t i = 0; i < sizeof(numbered) / sizeof(*numbered); i++) {
		size_t len = strlen(numbered[i]);

		if (strncmp(name, numbered[i], len) == 0 &&
		    isdigit((unsigned char)name[len]))
			return true;
	}
	return false;
}

static bool is_wanted_queue(const struct plan *plan, const char *name)
{
	char wanted[RULESET_QUEUE_MAX];

	for (unsigned int i = plan->queue_first; i <= plan->queue_last; i++)
		if (strcmp(name, ruleset_queue_name(plan, (uint16_t)i,
						    wanted)) == 0)
			return true;
	return false;
}

static bool is_wanted_path(const struct plan *plan, const char *name)
{
	const char *digits = strpbrk(name, "0123456789");
	unsigned long number = strtoul(digits, NULL, 10);

	for (size_t i = 0; i < plan->path_count; i++)
		if (plan->paths[i].number == number)
			return true;
	return ruleset_arrival_has(plan, (uint8_t)number);
}

/* Whether the plan has this chain of a header-only or `per packet` route. */
static bool is_wanted_offload(const struct plan *plan, const char *name)
{
	return ruleset_offload_has_chain(plan, name) &&
	       (strncmp(name, "packet_", 7) != 0 || is_wanted_path(plan, name));
}

void ruleset_write_first(const struct plan *plan,
			 const struct nft_table *table, FILE *out)
{
	char name[RULESET_QUEUE_MAX];

	fprintf(out, "add table " TABLE " { comment \"" NFT_COMMENT "\"; %s}\n",
		plan->owns_table ? "flags owner; " : "");
	for (unsigned int i = plan->queue_first; i <= plan->queue_last; i++) {
		ruleset_queue_name(plan, (uint16_t)i, name);
		if (!nft_table_has_chain(table, name))
			fprintf(out, "add chain " TABLE " %s\n", name);
	}
}

/* Flush all chains but those of queues, so that nothing refers to chains and
 * sets that will be deleted. */
static void write_flush(const struct nft_table *table, bool native, FILE *out)
{
	for (size_t i = 0; i < table->chain_count; i++) {
		const char *name = table->chains[i];

		if (is_one_of(name, hooked, sizeof(hooked) / sizeof(*hooked)) ||
		    is_one_of(name, fixed, sizeof(fixed) / sizeof(*fixed)) ||
		    is_path_chain(name) || ruleset_offload_is_chain(name) ||
		    ruleset_payload_is_chain(name) ||
		    ruleset_count_is_route(name) ||
		    (native && is_queue_chain(name)))
			fprintf(out, "flush chain " TABLE " %s\n", name);
	}
}

static void write_delete(const struct plan *plan,
			 const struct nft_table *table, FILE *out)
{
	for (size_t i = 0; i < table->chain_count; i++) {
		const char *name = table->chains[i];

		if ((is_queue_chain(name) && !is_wanted_queue(plan, name)) ||
		    (is_path_chain(name) && !is_wanted_path(plan, name)) ||
		    (ruleset_count_is_route(name) &&
		     !ruleset_count_has(plan, name)) ||
		    (ruleset_offload_is_chain(name) &&
		     !is_wanted_offload(plan, name)))
			fprintf(out, "delete chain " TABLE " %s\n", name);
	}
	for (size_t i = 0; i < table->counters.count; i++)
		if (ruleset_count_is(table->counters.items[i].name) &&
		    !ruleset_count_has(plan, table->counters.items[i].name))
			fprintf(out, "delete counter " TABLE " %s\n",
				table->counters.items[i].name);
}

/* The flush also empties queue chains with nft's own rules, so all of these are
 * written again. */
void ruleset_write_change(const struct plan *plan,
			  const struct nft_table *table, bool native, FILE *out)
{
	static const char *const sets[] = { "from4 { type ipv4_addr",
					    "from6 { type ipv6_addr",
					    "to4 { type ipv4_addr",
					    "to6 { type ipv6_addr" };

	ruleset_write_first(plan, table, out);
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++)
		fprintf(out, "add set " TABLE " %s; flags interval; }\n"
			"flush set " TABLE " %.*s\n", sets[i],
			(int)strcspn(sets[i], " "), sets[i]);
	write_flush(table, native, out);
	/* Nothing refers to these now; ruleset_write() adds what is needed. */
	for (size_t i = 0; i < table->set_count; i++)
		if (ruleset_offload_is_set(table->sets[i]) ||
		    ruleset_clients_is_set(table->sets[i]))
			fprintf(out, "delete set " TABLE " %s\n",
				table->sets[i]);
	if (native)
		ruleset_write_queues(plan, out);
	ruleset_write(plan, false, out);
	write_delete(plan, table, out);
	big_sets_delete(plan, table, out);
}
