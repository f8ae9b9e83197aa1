/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_local.h - plan the rules that give local sockets the source address of
 * their path. The kernel chooses the address when it routes the socket, before
 * any packet can be marked.
 */
#ifndef WAYMARK_SETUP_PLAN_LOCAL_H
#define WAYMARK_SETUP_PLAN_LOCAL_H

#include "rules/setup/plan/plan.h"

/* Add to plan->rules; the plan is otherwise complete. plan->local_note reports
 * what had to be left out. 0 or -ENOMEM. */
int plan_local_make(struct plan *plan, const struct policy *policy,
		    const struct state *state);

#endif
