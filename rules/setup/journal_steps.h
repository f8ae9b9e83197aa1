/* SPDX-License-Identifier: GPL-2.0-or-later */
/* journal_steps.h - what a run's steps change in the journal. */
#ifndef WAYMARK_SETUP_JOURNAL_STEPS_H
#define WAYMARK_SETUP_JOURNAL_STEPS_H

struct diff;
struct journal;
struct plan;
struct rt_tables;

/* Note what `diff` will overwrite, before it does. 0 or -ENOMEM. */
int journal_steps_note(struct journal *journal, const struct diff *diff,
		       const struct plan *plan, const struct rt_tables *tables);
/* Afterwards: drop entries that were restored, or whose object has a foreign
 * value. */
void journal_steps_drop_old(struct journal *journal, const struct plan *plan);

#endif
