/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset_balance.c - write load balancing over several paths as nft rules.
 *
 * The chains see first packets only, so the packet's source is the flow's
 * client. Locally generated packets have their source address by then. The
 * first map leaves out the slots of uplinks that are down; their flows reach
 * the second map, which divides them among the uplinks that are up.
 */
#include "rules/setup/ruleset/ruleset_balance.h"

#include <inttypes.h>

#include "rules/offload/offload.h"
#include "rules/setup/plan/plan.h"

static const struct path_set no_paths;

/* One family's rules of one balance. */
struct writer {
	const struct balance *balance;
	const struct path_set *down;
	bool is_v6;
	FILE *out;
};

static void write_key(const struct writer *w, bool has_ports)
{
	const char *ip = w->is_v6 ? "ip6" : "ip";

	fprintf(w->out, "jhash %s saddr ", ip);
	if (!w->balance->by_source)
		fprintf(w->out, ". %s daddr ", ip);
	if (has_ports)
		fputs(". th sport . th dport ", w->out);
}

/* Map the slots of the members outside `excluded` to paths, without the slots
 * of members in `skipped`. */
static void write_map(const struct writer *w, const struct path_set *excluded,
		      const struct path_set *skipped)
{
	const char *between = "vmap { ";
	uint32_t slot = 0;

	for (size_t i = 0; i < w->balance->count; i++) {
		struct balance_member member = w->balance->members[i];

		if (path_set_has(excluded, member.path))
			continue;
		if (!path_set_has(skipped, member.path)) {
			fprintf(w->out, "%s%" PRIu32, between, slot);
			if (member.weight > 1)
				fprintf(w->out, "-%" PRIu32,
					slot + member.weight - 1);
			fprintf(w->out, " : goto settle_%u", member.path);
			between = ", ";
		}
		slot += member.weight;
	}
	fputs(" }\n", w->out);
}

static void write_rule(const struct writer *w, bool has_ports, uint32_t seed,
		       const struct path_set *excluded,
		       const struct path_set *skipped)
{
	fprintf(w->out, "\t\tmeta nfproto ipv%c %s", w->is_v6 ? '6' : '4',
		has_ports ? "meta l4proto { tcp, udp, dccp, sctp, udplite } "
			  : "");
	write_key(w, has_ports);
	fprintf(w->out, "mod %" PRIu32 " seed 0x%08" PRIx32 " ",
		balance_weight(w->balance, excluded), seed);
	write_map(w, excluded, skipped);
}

static void write_rules(const struct writer *w, bool has_ports)
{
	uint32_t up_weight = balance_weight(w->balance, w->down);

	if (up_weight == 0 ||
	    up_weight == balance_weight(w->balance, &no_paths)) {
		write_rule(w, has_ports, BALANCE_SEED, &no_paths, &no_paths);
		return;
	}
	write_rule(w, has_ports, BALANCE_SEED, &no_paths, w->down);
	write_rule(w, has_ports, BALANCE_SEED_AGAIN, w->down, w->down);
}

static size_t count_up(const struct writer *w)
{
	size_t count = 0;

	for (size_t i = 0; i < w->balance->count; i++)
		count += !path_set_has(w->down, w->balance->members[i].path);
	return count;
}

static void write_family(const struct writer *w)
{
	uint8_t first = balance_first(w->balance, w->down);
	char family = w->is_v6 ? '6' : '4';

	if (count_up(w) == 1) {
		fprintf(w->out, "\t\tmeta nfproto ipv%c goto settle_%u\n",
			family, first);
		return;
	}
	fprintf(w->out,
		"\t\tmeta nfproto ipv%c fib saddr type local goto settle_%u\n",
		family, first);
	if (!w->balance->by_source)
		write_rules(w, true);
	write_rules(w, false);
}

void ruleset_balance_write(const struct plan *plan, FILE *out)
{
	for (size_t i = 0; i < plan->offload->balance_count; i++) {
		struct writer w = {
			.balance = &plan->offload->balances[i], .out = out,
		};

		fprintf(out, "\tchain balance_%zu {\n", i);
		for (int v6 = 0; v6 < 2; v6++) {
			w.is_v6 = v6;
			w.down = &plan->down[v6];
			write_family(&w);
		}
		/* Reached only while the maps are replaced: see count_N. */
		fputs("\t\tgoto inspect\n"
		      "\t}\n\n", out);
	}
}
