/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uplink_status.h - the status of each uplink: its active uplink, the reason,
 * and since when. The reconciler writes it; any thread may read.
 */
#ifndef WAYMARK_SETUP_UPLINK_STATUS_H
#define WAYMARK_SETUP_UPLINK_STATUS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "rules/policy/policy.h"
#include "rules/setup/plan/health.h"
#include "rules/setup/setup.h"

struct probes;

/* In one family. Times are on the monotonic clock; 0: never or unknown. */
struct uplink_status_family {
	enum setup_way way;
	char active[UPLINK_NAME_MAX];	/* an uplink or main;
					 * "": traffic is rejected */
	/* Its probes fail, and it stays in use: no other uplink answers. */
	bool is_kept;
	uint64_t since_ms;
	uint64_t asked_ms;		/* by a probe */
	uint64_t answered_ms;
};

struct uplink_status {
	char name[UPLINK_NAME_MAX];
	bool is_known;			/* false: not checked yet */
	enum health_admin_state admin_state;
	struct uplink_status_family families[2];	/* IPv4, IPv6 */
};

struct uplink_statuses {
	pthread_mutex_t lock;
	struct uplink_status *items;
	size_t count;
};

void uplink_statuses_init(struct uplink_statuses *statuses);
void uplink_statuses_fini(struct uplink_statuses *statuses);

/* Store what a check found; `report` may be NULL: none yet. An uplink of the
 * same name keeps its old status, and the time if nothing changed. */
void uplink_statuses_update(struct uplink_statuses *statuses,
			    const struct policy *policy,
			    const struct setup_report *report,
			    const struct probes *probes, uint64_t now_ms);
/* Copy all; the caller frees *ret_uplinks. Their number, or -ENOMEM. */
int uplink_statuses_copy(struct uplink_statuses *statuses,
			 struct uplink_status **ret_uplinks);

#endif
