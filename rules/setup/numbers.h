/*
 * numbers.h - the numbers of the uplinks from one set-up to the next: a name
 * keeps its path and its table, and no flow that conntrack knows by a path
 * changes over to another uplink's.
 */
#ifndef WAYMARK_SETUP_NUMBERS_H
#define WAYMARK_SETUP_NUMBERS_H

#include "rules/setup/journal.h"

/* Those in force, as the journal of `state_dir` (see setup.h) has them: none
 * where there is no journal. free() ->items. 0 or -errno. */
int numbers_load(const char *state_dir, struct uplink_numbers *ret);

/* Whether the journal has the plan's numbers and no others. */
bool numbers_are_noted(const struct journal *journal, const struct plan *plan);
/* Note the plan's beside those that are there. 0 or -ENOMEM. */
int numbers_note(struct journal *journal, const struct plan *plan);

/* Before the plan's ruleset is there: conntrack forgets the numbers of uplinks
 * that are no more, where others have them now. */
void numbers_clear_taken(const struct journal *journal,
			 const struct plan *plan);
/* Once nothing gives the old numbers out: flows of an uplink that has another
 * one now follow it, those of uplinks that are no more go unmarked; the
 * journal forgets what conntrack has forgotten. */
void numbers_follow(struct journal *journal, const struct plan *plan);

#endif
