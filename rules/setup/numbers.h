/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * numbers.h - keep the numbers of uplinks from one set-up to the next: a name
 * keeps its path and its table, so does another name for the same device and
 * gateways, and no flow whose conntrack mark has a path
 * number is taken for another uplink's.
 */
#ifndef WAYMARK_SETUP_NUMBERS_H
#define WAYMARK_SETUP_NUMBERS_H

#include "rules/setup/journal.h"

/* Load the numbers in force from the journal of `state_dir` (see setup.h);
 * without a journal there are none. The caller frees ->items. 0 or -errno. */
int numbers_load(const char *state_dir, struct uplink_numbers *ret);

/* Whether the journal has the plan's numbers and no others. */
bool numbers_are_noted(const struct journal *journal, const struct plan *plan);
/* Add the plan's numbers to the journal. 0 or -ENOMEM. */
int numbers_note(struct journal *journal, const struct plan *plan);

/* Unmark the flows of removed uplinks whose numbers the plan gives to others;
 * to be called before the plan's ruleset is loaded. */
void numbers_clear_taken(const struct journal *journal,
			 const struct plan *plan);
/* Renumber the flows of renumbered uplinks, unmark those of removed ones, and
 * drop their numbers from the journal; to be called when no rule sets the old
 * numbers any more. */
void numbers_follow(struct journal *journal, const struct plan *plan);

#endif
