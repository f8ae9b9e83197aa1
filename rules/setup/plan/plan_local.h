/*
 * plan_local.h - the rules by which the router's own sockets get the source
 * address that goes with their path: the kernel chooses it when it routes
 * them, before anything can mark a packet.
 */
#ifndef WAYMARK_SETUP_PLAN_LOCAL_H
#define WAYMARK_SETUP_PLAN_LOCAL_H

#include "rules/setup/plan/plan.h"

/* Add to plan->rules, whose other rules and routes are made; what had to be
 * left out is in plan->local_note. 0 or -ENOMEM. */
int plan_local_make(struct plan *plan, const struct policy *policy,
		  const struct state *state);

#endif
