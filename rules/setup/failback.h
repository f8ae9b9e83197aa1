/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * failback.h - carry out `failback` when traffic of an uplink leaves a fallback
 * that works: because the uplink is up again, or a better fallback is.
 *
 * A flow on the fallback has the path number of its uplink and, with NAT, the
 * address of the fallback. One packet of it through another device would end it
 * (nf_nat_oif_changed(), nf_nat_core.c). So failback_begin(), before routes and
 * rules change, gives such flows the path number of the fallback: they belong
 * to it from now on. Those that are to be reset are ended by failback_end(),
 * once new flows take the right way. The present routes and rules show where a
 * path leads, so that nothing depends on memory of an earlier process.
 */
#ifndef WAYMARK_SETUP_FAILBACK_H
#define WAYMARK_SETUP_FAILBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/setup/kernel/flow_entries.h"
#include "rules/setup/nat_owner.h"
#include "rules/setup/setup.h"

struct policy;
struct state;

/* A flow that is to be reset. */
struct failback_flow {
	struct flow_entry_key key;
	uint8_t protocol;
};

struct failback {
	const struct policy *policy;
	struct setup_report *report;
	/* Where each path leads before the change: an uplink, PLAN_NO_UPLINK
	 * for main, or FAILBACK_STAYS if the change is no failback. */
	uint8_t from[SETUP_UPLINKS_MAX][2];
	/* Whether the flows that its uplink had were given up. */
	bool has_given_up[SETUP_UPLINKS_MAX][2];
	struct nat_owners owners;
	struct failback_flow *flows;
	size_t flow_count;
};

#define FAILBACK_STAYS 0xfe

/* `report` has the active uplinks after the change; the numbers of flows are
 * added to it. 0 or -errno; failback_fini in both cases. */
int failback_begin(struct failback *failback, const struct policy *policy,
		   const struct state *state, struct setup_report *report);
int failback_end(struct failback *failback);
void failback_fini(struct failback *failback);

/* End a flow: the next TCP packet of its client is answered with a reset, see
 * ruleset.c; others start again as new flows. */
void failback_end_flow(struct flow_changes *changes,
		       const struct policy *policy,
		       const struct flow_entry_key *key, uint8_t protocol);

#endif
