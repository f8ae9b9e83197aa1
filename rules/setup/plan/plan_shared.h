/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_shared.h - find uplinks that share a device, and that only the
 * gateway's hardware address identifies when a connection arrives.
 */
#ifndef WAYMARK_SETUP_PLAN_SHARED_H
#define WAYMARK_SETUP_PLAN_SHARED_H

#include "rules/setup/plan/plan_foreign.h"

struct policy;
struct state;

/* Report each such uplink, with a fix. */
void plan_shared_each(const struct policy *policy, const struct state *state,
		      plan_foreign_fn *each, void *ctx);

#endif
