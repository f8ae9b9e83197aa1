/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conflict.h - find foreign objects in the places that a plan needs.
 */
#ifndef WAYMARK_SETUP_CONFLICT_H
#define WAYMARK_SETUP_CONFLICT_H

#include "rules/setup/plan/plan.h"
#include "rules/setup/plan/state.h"

/* Check all of them. 0, or -EEXIST with a message that names the object and the
 * fix. */
int conflict_check(const struct plan *plan, const struct state *state,
		   char error[static SETUP_ERROR_MAX]);

/* Check only `table inet waymark`, which cannot be shared. */
int conflict_check_table(const struct state *state,
			 char error[static SETUP_ERROR_MAX]);

#endif
