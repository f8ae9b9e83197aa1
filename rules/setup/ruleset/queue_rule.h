/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * queue_rule.h - queue rules for kernels without nft's `queue` expression: the
 * xtables target NFQUEUE via nf_tables' compatibility layer.
 */
#ifndef WAYMARK_SETUP_QUEUE_RULE_H
#define WAYMARK_SETUP_QUEUE_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/setup/kernel/set_error.h"
#include "rules/setup/plan/plan.h"

/* Whether the kernel accepts such a rule; creates nothing. */
bool queue_rule_works(void);

/*
 * Check whether each of the plan's queue chains, which exist, holds its rule
 * and nothing else. 0 or -errno.
 */
int queue_rule_check(const struct plan *plan, bool *ret_right);

/* Fill the plan's queue chains, which exist, in one transaction. `owner` is the
 * socket of the table's owner, or -1. */
int queue_rule_fill(const struct plan *plan, int owner,
		    char error[static SETUP_ERROR_MAX]);

#endif
