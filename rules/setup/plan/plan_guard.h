/*
 * plan_guard.h - where an uplink is `strict`: the rules that let nothing be
 * forwarded by an uplink unless our table has seen it.
 */
#ifndef WAYMARK_SETUP_PLAN_GUARD_H
#define WAYMARK_SETUP_PLAN_GUARD_H

#include "rules/setup/plan/plan.h"

struct policy;

/* For the plan's uplinks; nothing where none is strict. 0 or -ENOMEM. */
int plan_guard_make(struct plan *plan, const struct policy *policy,
		    uint8_t family);

#endif
