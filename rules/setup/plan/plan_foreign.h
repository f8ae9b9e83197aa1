/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_foreign.h - plan the rules that keep others' routing in force: table
 * main, `ahead` and marks of other programs; and find what is shadowed still.
 */
#ifndef WAYMARK_SETUP_PLAN_FOREIGN_H
#define WAYMARK_SETUP_PLAN_FOREIGN_H

#include "rules/setup/plan/plan.h"

/* Add the rules of one family to plan->rules. 0 or -ENOMEM. */
int plan_foreign_make(struct plan *plan, const struct policy *policy,
		      const struct state *state, uint8_t family);

/* Receives one finding and its fix, which is NULL if nothing is to be done. */
typedef void plan_foreign_fn(void *ctx, const char *line, const char *fix);

/* Report the rules of others that ours shadow, error routes in main, gateways in
 * no prefix, and what plan_shared.h finds. */
void plan_foreign_each(const struct policy *policy, const struct state *state,
		       plan_foreign_fn *each, void *ctx);
/* The same with the present state of this network namespace. 0 or -errno. */
int plan_foreign_report(const struct policy *policy, plan_foreign_fn *each,
			void *ctx);

#endif
