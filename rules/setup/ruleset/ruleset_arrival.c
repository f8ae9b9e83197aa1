/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ruleset_arrival.c - the chains of flows that arrive by an uplink. */
#include "rules/setup/ruleset/ruleset_arrival.h"

#include <inttypes.h>

#include "rules/setup/plan/plan.h"

uint32_t ruleset_arrival_mark(const struct plan *plan,
			      const struct plan_uplink *uplink)
{
	return (uint32_t)uplink->arrival << __builtin_ctz(plan->mask);
}

static void write_merge(const struct plan *plan,
			const struct plan_uplink *uplink, const char *what,
			const char *end, FILE *out)
{
	fprintf(out, "\t\t%s mark set %s mark & 0x%08" PRIx32 " | 0x%08" PRIx32
		"%s\n", what, what, ~plan->mask,
		ruleset_arrival_mark(plan, uplink) | plan->settled, end);
}

void ruleset_arrival_write(const struct plan *plan, FILE *out)
{
	for (size_t i = 0; i < plan->uplink_count; i++) {
		const struct plan_uplink *uplink = &plan->uplinks[i];
		char comment[PLAN_NAME_MAX + 32];

		if (!uplink->arrival)
			continue;
		snprintf(comment, sizeof(comment), " comment \"arrived by %s\"",
			 uplink->name);
		fprintf(out, "\tchain set_%u {\n", uplink->arrival);
		write_merge(plan, uplink, "ct", comment, out);
		write_merge(plan, uplink, "meta", " accept", out);
		fprintf(out, "\t}\n\n"
			"\tchain mark_%u_settled {\n"
			"\t\tcounter name path_%u\n", uplink->arrival,
			uplink->path);
		write_merge(plan, uplink, "meta", comment, out);
		fputs("\t}\n\n", out);
	}
}

void ruleset_arrival_write_map(const struct plan *plan, FILE *out)
{
	for (size_t i = 0; i < plan->uplink_count; i++)
		if (plan->uplinks[i].arrival)
			fprintf(out, ", 0x%08" PRIx32
				" : goto mark_%u_settled",
				ruleset_arrival_mark(plan, &plan->uplinks[i]) |
				plan->settled, plan->uplinks[i].arrival);
}

void ruleset_arrival_write_again(const struct plan *plan, FILE *out)
{
	for (size_t i = 0; i < plan->uplink_count; i++)
		if (plan->uplinks[i].arrival)
			fprintf(out, "\t\tct mark & 0x%08" PRIx32
				" == 0x%08" PRIx32 " goto mark_%u_settled\n",
				plan->mask,
				ruleset_arrival_mark(plan, &plan->uplinks[i]) |
				plan->settled, plan->uplinks[i].arrival);
}

uint8_t ruleset_arrival_number(const struct plan *plan, uint8_t path)
{
	for (size_t i = 0; i < plan->uplink_count; i++)
		if (plan->uplinks[i].path == path && plan->uplinks[i].arrival)
			return plan->uplinks[i].arrival;
	return path;
}

bool ruleset_arrival_has(const struct plan *plan, uint8_t number)
{
	for (size_t i = 0; i < plan->uplink_count; i++)
		if (plan->uplinks[i].arrival == number)
			return true;
	return false;
}
