/*
 * conflict.h - what others have in the places that a plan needs.
 */
#ifndef WAYMARK_SETUP_CONFLICT_H
#define WAYMARK_SETUP_CONFLICT_H

#include "rules/setup/plan/plan.h"
#include "rules/setup/plan/state.h"

/* 0, or -EEXIST with a sentence that says whose it is and the mend. */
int conflict_check(const struct plan *plan, const struct state *state,
		   char error[static SETUP_ERROR_MAX]);

/* The same for the one thing that we could not share: `table inet waymark`. */
int conflict_check_table(const struct state *state,
			 char error[static SETUP_ERROR_MAX]);

#endif
