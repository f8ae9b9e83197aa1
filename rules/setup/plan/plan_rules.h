/*
 * plan_rules.h - the rules that send a mark to its table, and whom the kernel
 * leaves alone.
 */
#ifndef WAYMARK_SETUP_PLAN_RULES_H
#define WAYMARK_SETUP_PLAN_RULES_H

#include "rules/setup/plan/plan.h"

/* Fill plan->rules and plan->exempt; `exempts` may be NULL. 0 or -ENOMEM. */
int plan_rules_make(struct plan *plan, const struct policy *policy,
		    const struct plan_exempts *exempts,
		    const struct state *state);

/* What plan_local.c shares: a rule without selectors, one more unless it is
 * there, and the table that the marks of uplink `i` lead to: its own, or that
 * of who stands in while it is taken for dead; 0: none. */
struct kernel_rule plan_rules_new(uint8_t family, uint32_t pref,
				  uint32_t table);
int plan_rules_add(struct plan *plan, const struct kernel_rule *rule);
uint32_t plan_rules_table(const struct policy *policy,
			  const struct state *state, uint8_t family, size_t i);

#endif
