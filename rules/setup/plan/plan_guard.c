/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_guard.c - drop forwarded packets that have no path: our nft table, or
 * one of our ip rules, is missing. Main's specific routes matched before, so
 * only the uplinks remain.
 *
 * Local packets are routed before they have a mark, so the rule has to skip
 * them. One rule does both: with two, the loss of one could cut off the
 * administrator who repairs it. The rule drops silently, since an ICMP error
 * would end connections during a short gap.
 */
#include "rules/setup/plan/plan_guard.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "rules/policy/policy.h"
#include "rules/setup/plan/plan_rules.h"
#include "rules/setup/kernel/prefs.h"

/* Let a path that may fall back to main pass the guard. */
static int add_pass(struct plan *plan, const struct marks *marks,
		    uint8_t family, uint8_t path)
{
	struct kernel_rule rule = plan_rules_new(family, PREF_STRICT + path,
						 RT_TABLE_UNSPEC);

	rule.action = FR_ACT_GOTO;
	rule.go_to = PREF_GUARD_END;
	rule.mark = marks_of(marks, path, false);
	rule.mask = marks->path_mask;
	return plan_rules_add(plan, &rule);
}

int plan_guard_make(struct plan *plan, const struct policy *policy,
		    uint8_t family)
{
	const struct marks *marks = policy_marks(policy);
	struct kernel_rule end = plan_rules_new(family, PREF_GUARD_END,
						RT_TABLE_UNSPEC);
	struct kernel_rule guard = plan_rules_new(family, PREF_GUARD,
						  RT_TABLE_UNSPEC);
	int rc;

	if (!plan->has_guard)
		return 0;
	end.action = FR_ACT_NOP;
	guard.action = FR_ACT_BLACKHOLE;
	guard.inverts = true;
	strcpy(guard.iif, "lo");
	rc = plan_rules_add(plan, &end);
	for (size_t i = 0; i < plan->uplink_count && rc == 0; i++) {
		const struct plan_uplink *uplink = &plan->uplinks[i];

		if (uplink->is_strict)
			continue;
		rc = add_pass(plan, marks, family, uplink->path);
		if (rc == 0 && uplink->arrival)
			rc = add_pass(plan, marks, family, uplink->arrival);
	}
	if (rc == 0)
		rc = add_pass(plan, marks, family, marks->path_main);
	return rc == 0 ? plan_rules_add(plan, &guard) : rc;
}
