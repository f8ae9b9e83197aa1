/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset_chosen.c - let sockets choose their uplink, see ruleset_chosen.h.
 *
 * In the output hook `oif` is the device of the first route, whatever the mark
 * changed since (struct nf_hook_state). Without a choice it is that of the
 * local rules (plan_local.h) or of main's default. Where neither leads to an
 * uplink, the socket chose the uplink. A choice of the uplink that they lead to
 * cannot be detected, and the policy decides.
 */
#include "rules/setup/ruleset/ruleset_chosen.h"

#include <inttypes.h>
#include <linux/fib_rules.h>
#include <string.h>
#include <sys/socket.h>

#include "rules/setup/kernel/prefs.h"
#include "rules/setup/plan/plan.h"

static const uint8_t families[] = { AF_INET, AF_INET6 };

/* Whether a local rule leads to the device of uplink i. */
static bool leads_to(const struct plan *plan, const struct kernel_rule *rule,
		     size_t i, bool v6)
{
	if (rule->family != families[v6] || rule->pref < PREF_LOCAL_ROUTE ||
	    rule->pref > PREF_LOCAL_DEFAULT || rule->action != FR_ACT_TO_TBL)
		return false;
	for (size_t n = 0; n < plan->uplink_count; n++)
		if (plan->uplinks[n].table == rule->table) {
			uint8_t by = plan->uplinks[n].active[v6];

			return by == PLAN_NO_UPLINK ||
			       strcmp(plan->uplinks[by].dev,
				      plan->uplinks[i].dev) == 0;
		}
	return true;
}

static bool is_default(const struct kernel_rule *rule)
{
	return rule->pref == PREF_LOCAL_DEFAULT;
}

/* Whether a choice of the uplink can be detected. */
static bool is_distinct(const struct plan *plan, size_t i, bool v6)
{
	const struct plan_uplink *uplink = &plan->uplinks[i];

	if (uplink->shares_dev || uplink->on_lan || uplink->is_main[v6])
		return false;
	for (size_t n = 0; n < plan->rule_count; n++)
		if (is_default(&plan->rules[n]) &&
		    leads_to(plan, &plan->rules[n], i, v6))
			return false;
	return true;
}

static void write_ports(const char *key, struct kernel_ports ports, FILE *out)
{
	if (ports.last == 0)
		return;
	fprintf(out, "th %s %u", key, ports.first);
	if (ports.last != ports.first)
		fprintf(out, "-%u", ports.last);
	putc(' ', out);
}

/* The selectors of a local rule, see add_selector() in plan_local.c. */
static void write_selectors(const struct kernel_rule *rule, FILE *out)
{
	bool v4 = rule->family == AF_INET;
	char text[ADDRESS_TEXT_MAX];

	fprintf(out, "\t\tmeta nfproto %s ", v4 ? "ipv4" : "ipv6");
	if (rule->ipproto)
		fprintf(out, "meta l4proto %u ", rule->ipproto);
	write_ports("sport", rule->sport, out);
	write_ports("dport", rule->dport, out);
	if (rule->has_to)
		fprintf(out, "%s daddr %s ", v4 ? "ip" : "ip6",
			prefix_print(&rule->to, text));
	if (rule->has_users && rule->first_user == rule->last_user)
		fprintf(out, "meta skuid %" PRIu32 " ", rule->first_user);
	else if (rule->has_users)
		fprintf(out, "meta skuid %" PRIu32 "-%" PRIu32 " ",
			rule->first_user, rule->last_user);
	fputs("return\n", out);
}

void ruleset_chosen_write(const struct plan *plan, FILE *out)
{
	for (size_t i = 0; i < plan->uplink_count; i++) {
		if (!is_distinct(plan, i, false) && !is_distinct(plan, i, true))
			continue;
		fprintf(out, "\tchain chosen_%u {\n", plan->uplinks[i].path);
		for (size_t n = 0; n < plan->rule_count; n++)
			if (leads_to(plan, &plan->rules[n], i,
				     plan->rules[n].family == AF_INET6) &&
			    !is_default(&plan->rules[n]))
				write_selectors(&plan->rules[n], out);
		fprintf(out, "\t\tgoto set_%u\n\t}\n\n",
			plan->uplinks[i].path);
	}
}

/* Whether flows of the path may leave by another uplink that a socket chose. */
static bool may_leave(const struct plan *plan, const struct plan_path *path)
{
	for (size_t i = 0; i < plan->uplink_count; i++)
		if (plan->uplinks[i].path == path->number)
			return !plan->uplinks[i].is_strict;
	return !path->is_drop;
}

static void write_rule(const struct plan *plan, size_t i, bool v6, FILE *out)
{
	const struct plan_uplink *uplink = &plan->uplinks[i];
	const char *between = "";

	for (size_t n = 0; n < plan->path_count; n++) {
		const struct plan_path *path = &plan->paths[n];

		if (path->number == uplink->path || !may_leave(plan, path))
			continue;
		if (*between == '\0')
			fprintf(out, "\t\tct state new oifname \"%s\" "
				"meta nfproto %s socket mark & 0x%08" PRIx32
				" == 0 meta mark & 0x%08" PRIx32 " {",
				uplink->dev, v6 ? "ipv6" : "ipv4", plan->mask,
				plan->mask & ~plan->settled);
		fprintf(out, "%s 0x%08" PRIx32, between, path->mark);
		between = ",";
	}
	if (*between == ',')
		fprintf(out, " } jump chosen_%u\n", uplink->path);
}

void ruleset_chosen_write_rules(const struct plan *plan, FILE *out)
{
	for (size_t i = 0; i < plan->uplink_count; i++)
		for (int v6 = 0; v6 < 2; v6++)
			if (is_distinct(plan, i, v6))
				write_rule(plan, i, v6, out);
}
