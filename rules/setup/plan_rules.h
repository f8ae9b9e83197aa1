/*
 * plan_rules.h - the rules that send a mark to its table, and whom the kernel
 * leaves alone.
 */
#ifndef WAYMARK_SETUP_PLAN_RULES_H
#define WAYMARK_SETUP_PLAN_RULES_H

#include "rules/setup/plan.h"

/* Fill plan->rules and plan->exempt; `exempts` may be NULL. 0 or -ENOMEM. */
int plan_rules_make(struct plan *plan, const struct policy *policy,
		    const struct plan_exempts *exempts,
		    const struct state *state);

#endif
