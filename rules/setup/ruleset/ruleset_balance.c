/*
 * ruleset_balance.c - which of several paths a new flow takes, as nft says it.
 *
 * A chain is for first packets, so the packet's source is the flow's client.
 * What the router itself sends has an address of its own by then. The slots
 * of the dead are left out of the first map, so that their flows come to the
 * second, where the living share them.
 */
#include "rules/setup/ruleset/ruleset_balance.h"

#include <inttypes.h>

#include "rules/offload/offload.h"
#include "rules/setup/plan/plan.h"

static const struct path_set nobody;

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

/* The slots of those that are not in `gone`, out of all but `left`. */
static void write_map(const struct writer *w, const struct path_set *left,
		      const struct path_set *gone)
{
	const char *between = "vmap { ";
	uint32_t slot = 0;

	for (size_t i = 0; i < w->balance->count; i++) {
		struct balance_member member = w->balance->members[i];

		if (path_set_has(left, member.path))
			continue;
		if (!path_set_has(gone, member.path)) {
			fprintf(w->out, "%s%" PRIu32, between, slot);
			if (member.weight > 1)
				fprintf(w->out, "-%" PRIu32,
					slot + member.weight - 1);
			fprintf(w->out, " : goto take_%u", member.path);
			between = ", ";
		}
		slot += member.weight;
	}
	fputs(" }\n", w->out);
}

static void write_rule(const struct writer *w, bool has_ports, uint32_t seed,
		       const struct path_set *left,
		       const struct path_set *gone)
{
	fprintf(w->out, "\t\tmeta nfproto ipv%c %s", w->is_v6 ? '6' : '4',
		has_ports ? "meta l4proto { tcp, udp, dccp, sctp, udplite } "
			  : "");
	write_key(w, has_ports);
	fprintf(w->out, "mod %" PRIu32 " seed 0x%08" PRIx32 " ",
		balance_weight(w->balance, left), seed);
	write_map(w, left, gone);
}

static void write_rules(const struct writer *w, bool has_ports)
{
	uint32_t living = balance_weight(w->balance, w->down);

	if (living == 0 || living == balance_weight(w->balance, &nobody)) {
		write_rule(w, has_ports, BALANCE_SEED, &nobody, &nobody);
		return;
	}
	write_rule(w, has_ports, BALANCE_SEED, &nobody, w->down);
	write_rule(w, has_ports, BALANCE_SEED_AGAIN, w->down, w->down);
}

static size_t count_living(const struct writer *w)
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

	if (count_living(w) == 1) {
		fprintf(w->out, "\t\tmeta nfproto ipv%c goto take_%u\n",
			family, first);
		return;
	}
	fprintf(w->out,
		"\t\tmeta nfproto ipv%c fib saddr type local goto take_%u\n",
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
		/* Only while the maps are being replaced: take_N. */
		fputs("\t\tgoto inspect\n"
		      "\t}\n\n", out);
	}
}
