/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset_hold.c - keep established flows while their uplink is away.
 *
 * When an uplink loses its route, its packets leave via the fallback at once.
 * For new flows that is wanted. The packets of an established flow have the
 * address of the lost uplink: masquerading would end the flow
 * (nf_nat_oif_changed(), nf_nat_core.c), and without it the provider drops
 * them. They are dropped here, before source NAT, so that the flow goes on once
 * its uplink is back. The rules are in force while the uplink is up, too: no
 * packet escapes between the failure and the reaction to it.
 *
 * No rule looks up a set or map, because these are empty for a moment while a
 * transaction replaces them, and failover may be its cause.
 */
#include "rules/setup/ruleset/ruleset_hold.h"

#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "rules/setup/kernel/prefs.h"
#include "rules/setup/plan/plan.h"
#include "rules/setup/ruleset/ruleset_arrival.h"

static bool is_other(const struct plan *plan, size_t uplink, size_t other)
{
	const struct plan_uplink *it = &plan->uplinks[other];

	if (it->on_lan || strcmp(it->dev, plan->uplinks[uplink].dev) == 0)
		return false;
	for (size_t i = 0; i < other; i++)
		if (strcmp(plan->uplinks[i].dev, it->dev) == 0)
			return false;
	return true;
}

static bool has_hold(const struct plan *plan, size_t uplink)
{
	for (size_t i = 0; i < plan->uplink_count; i++)
		if (plan->uplinks[uplink].has_hold &&
		    is_other(plan, uplink, i))
			return true;
	return false;
}

/* Answers to flows that arrived by the uplink have its address as well. No NAT
 * can give these another one, so they are dropped however long it is away. */
static void write_address(const struct plan_uplink *uplink,
			  const struct kernel_rule *rule, FILE *out)
{
	const char *ip = rule->family == AF_INET ? "ip" : "ip6";
	char text[ADDRESS_TEXT_MAX];

	prefix_print(&rule->from, text);
	if (uplink->keeps_flows[rule->family == AF_INET6])
		fprintf(out, "\t\tct direction original ct state established "
			"ct reply %s daddr %s drop\n", ip, text);
	fprintf(out, "\t\tct direction reply ct original %s daddr %s drop\n",
		ip, text);
}

static void write_uplink(const struct plan *plan, size_t i, FILE *out)
{
	const struct plan_uplink *uplink = &plan->uplinks[i];

	fprintf(out, "\tchain held_%u {\n", uplink->path);
	for (size_t n = 0; n < plan->rule_count; n++)
		if (plan->rules[n].pref == PREF_SOURCE + uplink->path)
			write_address(uplink, &plan->rules[n], out);
	fprintf(out,
		"\t}\n\n"
		"\tchain hold_%u {\n"
		"\t\toifname \"%s\" accept\n", uplink->path, uplink->dev);
	for (size_t n = 0; n < plan->uplink_count; n++)
		if (is_other(plan, i, n))
			fprintf(out, "\t\toifname \"%s\" goto held_%u\n",
				plan->uplinks[n].dev, uplink->path);
	fputs("\t}\n\n", out);
}

static void write_goto(const struct plan *plan,
		       const struct plan_uplink *uplink, uint32_t mark,
		       FILE *out)
{
	fprintf(out, "\t\tct mark & 0x%08" PRIx32 " == 0x%08" PRIx32
		" goto hold_%u\n", plan->mask & ~plan->settled, mark,
		uplink->path);
}

void ruleset_hold_write(const struct plan *plan, FILE *out)
{
	bool has_any = false;

	for (size_t i = 0; i < plan->uplink_count; i++) {
		if (!has_hold(plan, i))
			continue;
		write_uplink(plan, i, out);
		has_any = true;
	}
	if (!has_any)
		return;
	fputs("\tchain hold {\n"
	      "\t\ttype filter hook postrouting priority 0; "
	      "policy accept;\n", out);
	for (size_t i = 0; i < plan->uplink_count; i++) {
		const struct plan_uplink *uplink = &plan->uplinks[i];

		if (!has_hold(plan, i))
			continue;
		write_goto(plan, uplink, plan->paths[i].mark, out);
		if (uplink->arrival)
			write_goto(plan, uplink,
				   ruleset_arrival_mark(plan, uplink), out);
	}
	fputs("\t}\n\n", out);
}
