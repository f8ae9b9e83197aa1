/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * in_force.h - where the paths of a policy lead at present, by the rules and
 * routes that the kernel holds. Needs no root.
 */
#ifndef WAYMARK_SETUP_IN_FORCE_H
#define WAYMARK_SETUP_IN_FORCE_H

#include "rules/policy/policy.h"
#include "rules/setup/setup.h"

enum in_force_way {
	IN_FORCE_UNKNOWN,	/* the uplink is not set up here */
	IN_FORCE_UPLINK,	/* via an uplink: itself or a fallback */
	IN_FORCE_MAIN,
	IN_FORCE_REFUSED,
};

struct in_force_path {
	enum in_force_way way;
	size_t by;		/* the active uplink, */
	size_t table;		/* via a route in the table of this one */
	bool has_rule;		/* a rule selects a table of the policy */
};

struct in_force {
	struct in_force_path paths[SETUP_UPLINKS_MAX][2]; /* IPv4, IPv6 */
};

struct state;
/* Where the path of uplink `i` leads by the rules and routes of `state`. */
struct in_force_path in_force_find(const struct policy *policy,
				   const struct state *state, uint8_t family,
				   size_t i);

/* Read the state of what the journal of `state_dir`, which may be NULL, names.
 * What cannot be read is unknown. */
void in_force_read(const struct policy *policy, const char *state_dir,
		   struct in_force *ret);

#endif
