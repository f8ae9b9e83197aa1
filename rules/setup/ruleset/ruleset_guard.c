/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ruleset_guard.c - keep traffic of strict uplinks and of bound sockets on its
 * uplink. */
#include "rules/setup/ruleset/ruleset_guard.h"

#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "rules/setup/plan/plan.h"
#include "rules/setup/kernel/prefs.h"
#include "rules/setup/ruleset/ruleset.h"
#include "rules/setup/ruleset/ruleset_arrival.h"

/*
 * Mark packets that `divert` accepted without a path as main's; conntrack gets
 * no mark. The settled bit with path 0 shows that `divert` saw the packet: an
 * absent mark would not, since while the table is restored a packet may pass
 * one empty chain and then a filled one. The flow of an invalid packet is
 * unknown, so that packet gets no path.
 */
void ruleset_guard_write_unmarked(const struct plan *plan, FILE *out)
{
	for (size_t i = 0; i < plan->path_count && plan->has_guard; i++)
		if (strcmp(plan->paths[i].name, "main") == 0)
			fprintf(out, "\t\tmeta mark & 0x%08" PRIx32
				" == 0x%08" PRIx32 " ct state != invalid "
				"meta mark set meta mark & 0x%08" PRIx32
				" | 0x%08" PRIx32 " accept\n",
				plan->mask, plan->settled, ~plan->mask,
				plan->paths[i].mark | plan->settled);
}

/* ---- packets without a verdict ---- */

/*
 * A queue without an engine, or with no room, accepts a packet as it is. The
 * chain inspect_strict therefore removes the sign that `divert` saw the packet:
 * a verdict replaces it, and a packet without a verdict shows up in `settle`
 * unmarked. There a new flow takes the default route, which is strict. If other
 * routes are strict as well, the flow may belong to any of them: the packet stays
 * unmarked, and the ip rules drop it. DNS is queued even where headers decide,
 * so those decide then.
 */
static bool has_unanswered(const struct plan *plan)
{
	return plan->has_guard && !plan->queue_drop &&
	       (plan->unanswered == UNANSWERED_DEFAULT ||
		plan->unanswered == UNANSWERED_DROP);
}

const char *ruleset_guard_inspect(const struct plan *plan, bool may_be_strict)
{
	return may_be_strict && has_unanswered(plan) ? "goto inspect_strict" :
						       "goto inspect";
}

static uint32_t mark_of(const struct plan *plan, uint8_t path)
{
	for (size_t i = 0; i < plan->path_count; i++)
		if (plan->paths[i].number == path)
			return plan->paths[i].mark;
	return 0;
}

static uint32_t mark_of_main(const struct plan *plan)
{
	for (size_t i = 0; i < plan->path_count; i++)
		if (strcmp(plan->paths[i].name, "main") == 0)
			return plan->paths[i].mark;
	return 0;
}

/* Add the bits of `mark` to the packet's or the flow's mark. */
static void write_merge(const struct plan *plan, const char *what,
			uint32_t mark, FILE *out)
{
	fprintf(out, "\t\t%s mark set %s mark & 0x%08" PRIx32
		" | 0x%08" PRIx32, what, what, ~plan->mask, mark);
}

static void write_default(const struct plan *plan, FILE *out)
{
	uint32_t mark = mark_of(plan, plan->default_path);

	write_merge(plan, "ct", mark, out);
	putc('\n', out);
	write_merge(plan, "meta", mark, out);
	fputs(" accept\n", out);
}

static void write_unanswered_chain(const struct plan *plan, FILE *out)
{
	fputs("\tchain unanswered {\n", out);
	ruleset_write_exempts(plan, "", out);
	if (plan->unanswered == UNANSWERED_DEFAULT) {
		write_default(plan, out);
	} else {
		write_merge(plan, "meta", mark_of_main(plan) | plan->settled,
			    out);
		fputs("\n\t\tgoto headers\n", out);
	}
	fprintf(out,
		"\t}\n\n"
		"\tchain inspect_strict {\n"
		"\t\tmeta mark set meta mark & 0x%08" PRIx32 "\n"
		"\t\tgoto enqueue\n"
		"\t}\n\n", ~plan->mask);
}

void ruleset_guard_write_unanswered(const struct plan *plan, FILE *out)
{
	if (!has_unanswered(plan) ||
	    (plan->unanswered == UNANSWERED_DROP && !plan->inspects_dns))
		return;
	fprintf(out, "\t\tmeta mark & 0x%08" PRIx32
		" == 0 ct state new,related %sgoto unanswered\n", plan->mask,
		plan->unanswered == UNANSWERED_DEFAULT ? "" :
		"meta l4proto { tcp, udp } th dport 53 ");
}

static bool is_fallback(const struct plan *plan, size_t uplink, const char *dev)
{
	int at = (int)uplink;

	for (size_t i = 0; i < plan->uplink_count && at >= 0; i++) {
		if (strcmp(plan->uplinks[at].dev, dev) == 0)
			return true;
		at = plan->uplinks[at].fallback;
	}
	return false;
}

/* Stop packets of strict uplink `i` at the devices of other uplinks, except its
 * fallbacks. */
static void write_strict(const struct plan *plan, size_t i, uint32_t mark,
			 FILE *out)
{
	const char *between = "";

	for (size_t n = 0; n < plan->uplink_count; n++) {
		const struct plan_uplink *other = &plan->uplinks[n];

		if (other->on_lan || is_fallback(plan, i, other->dev))
			continue;
		if (*between == '\0')
			fprintf(out, "\t\tmeta mark & 0x%08" PRIx32
				" == 0x%08" PRIx32 " oifname {",
				plan->mask & ~plan->settled, mark);
		fprintf(out, "%s \"%s\"", between, other->dev);
		between = ",";
	}
	if (*between == ',')
		fputs(" } goto wrong_uplink\n", out);
}

/* Stop forwarded packets that no flow could be found for (see write_clear() in
 * ruleset.c) at every uplink's device: PREF_GUARD does, but may be missing. */
static void write_unknown(const struct plan *plan, FILE *out)
{
	const char *between = "";

	for (size_t n = 0; n < plan->uplink_count; n++) {
		if (plan->uplinks[n].on_lan)
			continue;
		if (*between == '\0')
			fprintf(out, "\t\tmeta mark & 0x%08" PRIx32
				" == 0x%08" PRIx32 " oifname {",
				plan->mask, plan->settled);
		fprintf(out, "%s \"%s\"", between, plan->uplinks[n].dev);
		between = ",";
	}
	if (*between == ',')
		fputs(" } goto wrong_uplink\n", out);
}

void ruleset_guard_write_strict(const struct plan *plan, FILE *out)
{
	if (!plan->has_guard)
		return;
	for (size_t i = 0; i < plan->uplink_count; i++) {
		const struct plan_uplink *uplink = &plan->uplinks[i];

		if (!uplink->is_strict)
			continue;
		write_strict(plan, i, mark_of(plan, uplink->path), out);
		if (uplink->arrival)
			write_strict(plan, i,
				     ruleset_arrival_mark(plan, uplink), out);
	}
	write_unknown(plan, out);
}

/* Write the part of the guard that holds when our ip rules or routes are
 * missing (plan_guard.h covers a missing table). */
void ruleset_guard_write(const struct plan *plan, FILE *out)
{
	if (!plan->has_guard)
		return;
	if (has_unanswered(plan))
		write_unanswered_chain(plan, out);
	fputs("\tchain wrong_uplink {\n", out);
	ruleset_write_exempts(plan, "", out);
	fputs("\t\tdrop\n"
	      "\t}\n\n"
	      "\tchain strict {\n"
	      "\t\ttype filter hook postrouting priority 0; "
	      "policy accept;\n", out);
	ruleset_guard_write_strict(plan, out);
	fputs("\t}\n\n", out);
}

/* Whether packets of the path keep their source address, as those of main do.
 * A strict uplink's packets stay with it. */
static bool keeps_source(const struct plan *plan, const struct plan_path *path)
{
	for (size_t i = 0; i < plan->uplink_count; i++)
		if (plan->uplinks[i].path == path->number)
			return !plan->uplinks[i].translates &&
			       !plan->uplinks[i].is_strict;
	return !path->is_drop;
}

/* Such a flow can neither move nor stay. */
void ruleset_guard_write_bound_nat(const struct plan *plan, FILE *out)
{
	for (size_t i = 0; i < plan->uplink_count; i++) {
		uint32_t mark = mark_of(plan, plan->uplinks[i].path);

		if (plan->uplinks[i].is_strict)
			fprintf(out, "\t\tct status snat meta mark & 0x%08" PRIx32
				" == 0x%08" PRIx32 " ct mark & 0x%08" PRIx32
				" != { 0, 0x%08" PRIx32 ", 0x%08" PRIx32
				" } drop\n", plan->mask, mark | plan->settled,
				plan->mask, mark, mark | plan->settled);
	}
}

static void write_bound_to(const struct plan *plan,
			   const struct kernel_rule *rule, FILE *out)
{
	uint8_t path = (uint8_t)(rule->pref - PREF_SOURCE);
	char text[ADDRESS_TEXT_MAX];
	const char *between = "";

	for (size_t i = 0; i < plan->path_count; i++) {
		if (plan->paths[i].number == path ||
		    !keeps_source(plan, &plan->paths[i]))
			continue;
		if (*between == '\0')
			fprintf(out, "\t\tct state new %s saddr %s "
				"socket mark & 0x%08" PRIx32 " == 0 "
				"meta mark & 0x%08" PRIx32 " {",
				rule->family == AF_INET ? "ip" : "ip6",
				prefix_print(&rule->from, text), plan->mask,
				plan->mask & ~plan->settled);
		fprintf(out, "%s 0x%08" PRIx32, between, plan->paths[i].mark);
		between = ",";
	}
	if (*between == ',')
		fprintf(out, " } goto set_%u\n", path);
}

/*
 * Send packets whose source is an uplink's address by that uplink: either the
 * socket is bound to the address, or the kernel chose it before the policy
 * could choose another path. Elsewhere the provider would drop the packet.
 */
void ruleset_guard_write_bound(const struct plan *plan, FILE *out)
{
	for (size_t i = 0; i < plan->rule_count; i++)
		if (plan->rules[i].pref >= PREF_SOURCE &&
		    plan->rules[i].pref < PREF_LOCAL)
			write_bound_to(plan, &plan->rules[i], out);
}
