/*
 * queue_rule.h - the rule that queues, for kernels without nft's own: the
 * xtables target NFQUEUE through nf_tables' compatibility expression.
 */
#ifndef WAYMARK_SETUP_QUEUE_RULE_H
#define WAYMARK_SETUP_QUEUE_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/setup/kernel/set_error.h"
#include "rules/setup/plan/plan.h"

/* Whether the kernel takes such a rule; leaves nothing behind. */
bool queue_rule_works(void);

/*
 * Whether each of the plan's queue chains, which exist, holds its rule and
 * nothing else. 0 or -errno.
 */
int queue_rule_check(const struct plan *plan, bool *ret_right);

/* Fill the plan's queue chains, which exist, in one transaction. */
int queue_rule_fill(const struct plan *plan,
		    char error[static SETUP_ERROR_MAX]);

#endif
