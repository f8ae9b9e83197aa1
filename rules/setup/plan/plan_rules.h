/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_rules.h - plan the ip rules that lead marks to tables, and exemptions.
 */
#ifndef WAYMARK_SETUP_PLAN_RULES_H
#define WAYMARK_SETUP_PLAN_RULES_H

#include "rules/setup/plan/plan.h"

/* Fill plan->rules and plan->exempt; `exempts` may be NULL. 0 or -ENOMEM. */
int plan_rules_make(struct plan *plan, const struct policy *policy,
		    const struct plan_exempts *exempts,
		    const struct state *state);

/* For plan_local.c and plan_guard.c: create a rule without selectors; add a
 * rule unless the plan has it; and return the table that the marks of uplink
 * `i` lead to: its own or, while it is down, its fallback's; 0: none. */
struct kernel_rule plan_rules_new(uint8_t family, uint32_t pref,
				  uint32_t table);
int plan_rules_add(struct plan *plan, const struct kernel_rule *rule);
uint32_t plan_rules_table(const struct policy *policy,
			  const struct state *state, uint8_t family, size_t i);

#endif
