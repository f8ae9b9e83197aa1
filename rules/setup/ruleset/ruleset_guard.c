/* ruleset_guard.c - what must not leave by another uplink than its own. */
#include "rules/setup/ruleset/ruleset_guard.h"

#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "rules/setup/plan/plan.h"
#include "rules/setup/kernel/prefs.h"
#include "rules/setup/ruleset/ruleset.h"

/*
 * What was seen and left alone is main's, as a mark on the packet alone. That
 * it was seen is said by `divert`, not by the absence of a mark: while the
 * table is being put back, a packet may meet one chain empty and the next one
 * full. Whose an invalid packet is nobody knows, so it gets no path.
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

static uint32_t mark_of(const struct plan *plan, uint8_t path)
{
	for (size_t i = 0; i < plan->path_count; i++)
		if (plan->paths[i].number == path)
			return plan->paths[i].mark;
	return 0;
}

/* The devices of uplinks by which a strict one's packets must not leave. */
static void write_strict(const struct plan *plan, size_t i, FILE *out)
{
	const char *between = "";

	for (size_t n = 0; n < plan->uplink_count; n++) {
		const struct plan_uplink *other = &plan->uplinks[n];

		if (other->is_shared || is_fallback(plan, i, other->dev))
			continue;
		if (*between == '\0')
			fprintf(out, "\t\tmeta mark & 0x%08" PRIx32
				" == 0x%08" PRIx32 " oifname {",
				plan->mask & ~plan->settled,
				mark_of(plan, plan->uplinks[i].path));
		fprintf(out, "%s \"%s\"", between, other->dev);
		between = ",";
	}
	if (*between == ',')
		fputs(" } goto astray\n", out);
}

/* The other half of the guard: rules or routes of ours are gone. */
void ruleset_guard_write(const struct plan *plan, FILE *out)
{
	if (!plan->has_guard)
		return;
	fputs("\tchain astray {\n", out);
	ruleset_write_exempts(plan, "", out);
	fputs("\t\tdrop\n"
	      "\t}\n\n"
	      "\tchain strict {\n"
	      "\t\ttype filter hook postrouting priority 0; "
	      "policy accept;\n", out);
	for (size_t i = 0; i < plan->uplink_count; i++)
		if (plan->uplinks[i].is_strict)
			write_strict(plan, i, out);
	fputs("\t}\n\n", out);
}

/* Paths that keep the source as it is, main's among them, so that an uplink's
 * is of no use there; what is strict stays with its own. */
static bool keeps_source(const struct plan *plan, const struct plan_path *path)
{
	for (size_t i = 0; i < plan->uplink_count; i++)
		if (plan->uplinks[i].path == path->number)
			return !plan->uplinks[i].masquerade &&
			       !plan->uplinks[i].is_strict;
	return !path->is_drop;
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
		fprintf(out, " } goto put_%u\n", path);
}

/*
 * Who has bound a socket to the address of an uplink leaves by that uplink.
 * That others have it as well, since what the policy asks came too late to
 * choose another, is no reason to send it where nobody answers.
 */
void ruleset_guard_write_bound(const struct plan *plan, FILE *out)
{
	for (size_t i = 0; i < plan->rule_count; i++)
		if (plan->rules[i].pref >= PREF_SOURCE &&
		    plan->rules[i].pref < PREF_LOCAL)
			write_bound_to(plan, &plan->rules[i], out);
}
