/* SPDX-License-Identifier: GPL-2.0-or-later */
/* journal_steps.c - what a run's steps change in the journal. */
#include "rules/setup/journal_steps.h"

#include <string.h>

#include "rules/setup/diff.h"
#include "rules/setup/journal.h"
#include "rules/setup/kernel/nft.h"
#include "rules/setup/kernel/rt_tables.h"
#include "rules/setup/plan/plan.h"

static int note_step(struct journal *journal, const struct step *step,
		     const struct plan *plan, const struct rt_tables *tables)
{
	switch (step->kind) {
	case STEP_GROUP:
		return journal_note_group(journal, step->group.link,
					  step->group.dev, step->group.found);
	case STEP_SYSCTL:
		return journal_note_sysctl(journal, step->sysctl.path,
					   step->sysctl.found,
					   step->sysctl.put);
	case STEP_TABLES_WRITE:
		if (!journal->made_file) {
			journal->dirs_made = tables->dirs_missing;
			journal->file = nft_hash(plan->tables);
		}
		journal->made_file = true;
		journal->file_next = nft_hash(plan->tables);
		return 0;
	case STEP_RULESET:
		journal->ruleset_asked = 0;
		journal->ruleset_found = 0;
		return 0;
	default:
		return 0;
	}
}

int journal_steps_note(struct journal *journal, const struct diff *diff,
		       const struct plan *plan, const struct rt_tables *tables)
{
	int rc = 0;

	for (size_t i = 0; i < diff->count && rc == 0; i++)
		rc = note_step(journal, &diff->steps[i], plan, tables);
	return rc;
}

static bool in_plan(const struct plan *plan, const char *path)
{
	for (size_t i = 0; i < plan->sysctl_count; i++)
		if (strcmp(plan->sysctls[i].path, path) == 0)
			return true;
	return false;
}

static bool link_in_plan(const struct plan *plan, unsigned int link)
{
	for (size_t i = 0; i < plan->link_count; i++)
		if (plan->links[i] == link)
			return true;
	return false;
}

void journal_steps_drop_old(struct journal *journal, const struct plan *plan)
{
	for (size_t i = journal->group_count; i-- > 0;)
		if (!link_in_plan(plan, journal->groups[i].link))
			journal_drop_group(journal, journal->groups[i].link);
	for (size_t i = journal->sysctl_count; i-- > 0;)
		if (!in_plan(plan, journal->sysctls[i].path))
			journal_drop_sysctl(journal, journal->sysctls[i].path);
	journal->file = journal->file_next;
	if (plan->tables == NULL) {
		journal->made_file = false;
		journal->dirs_made = 0;
	}
}
