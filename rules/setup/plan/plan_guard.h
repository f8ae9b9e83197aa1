/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_guard.h - plan the rules for strict uplinks that stop forwarded packets
 * which our table has not seen.
 */
#ifndef WAYMARK_SETUP_PLAN_GUARD_H
#define WAYMARK_SETUP_PLAN_GUARD_H

#include "rules/setup/plan/plan.h"

struct policy;

/* Add the rules; none where no uplink is strict. 0 or -ENOMEM. */
int plan_guard_make(struct plan *plan, const struct policy *policy,
		    uint8_t family);

#endif
