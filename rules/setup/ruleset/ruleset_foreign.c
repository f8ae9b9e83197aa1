/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset_foreign.c - let other programs' tests of whole marks work.
 *
 * Tests before the routing decision decide the route, so packets with such a
 * mark are not marked at all. Tests after it, such as `-m mark` in the forward
 * hook, only need the mark to be free of our bits by then: the policy still
 * routes the packet, and its bits are cleared before any other chain of the
 * hook. The check of strict uplinks needs the bits, so it comes first.
 */
#include "rules/setup/ruleset/ruleset_foreign.h"

#include <inttypes.h>

#include "rules/setup/plan/plan.h"
#include "rules/setup/ruleset/ruleset_guard.h"

static void write_accept(const char *test, const struct foreign_mark_list *list,
			 FILE *out)
{
	if (list->count == 0)
		return;
	fprintf(out, "\t\t%s {", test);
	for (size_t i = 0; i < list->count; i++)
		fprintf(out, "%s 0x%08" PRIx32, i ? "," : "", list->marks[i]);
	fputs(" } accept comment \"another program's\"\n", out);
}

void ruleset_foreign_write_accept(const struct plan *plan, FILE *out)
{
	write_accept("meta mark", &plan->foreign.packet, out);
	write_accept("ct mark", &plan->foreign.flow, out);
}

void ruleset_foreign_write(const struct plan *plan, FILE *out)
{
	static const char *const hooks[] = { "forward", "input",
					     "postrouting" };

	for (size_t i = 0; plan->foreign.routed.count > 0 &&
			   i < sizeof(hooks) / sizeof(*hooks); i++) {
		fprintf(out,
			"\tchain clear_%s {\n"
			"\t\ttype filter hook %s priority -400; "
			"policy accept;\n", hooks[i], hooks[i]);
		if (i != 1)
			ruleset_guard_write_strict(plan, out);
		fprintf(out,
			"\t\tmeta mark & 0x%08" PRIx32 " != 0 "
			"meta mark set meta mark & 0x%08" PRIx32 "\n"
			"\t}\n\n", plan->mask, ~plan->mask);
	}
}
