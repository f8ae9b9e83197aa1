/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_nat.h - plan what happens to packets as they pass an uplink's device:
 * source translation and the clamp of TCP's segment size.
 */
#ifndef WAYMARK_SETUP_PLAN_NAT_H
#define WAYMARK_SETUP_PLAN_NAT_H

#include "rules/setup/plan/plan.h"

/* Fill nat and mss of the plan's uplinks, after its routes. 0 or -ENOMEM. */
int plan_nat_make(struct plan *plan, const struct policy *policy,
		  const struct state *state);
void plan_nat_fini(struct plan *plan);

#endif
