/*
 * uplink_status.h - how each uplink fares: who carries its traffic, why, and since
 * when. The keeper writes it, whoever is asked for the status reads.
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

/* In one family. Times are on the monotonic clock; 0: never, not known. */
struct uplink_status_family {
	enum setup_way way;
	char active[UPLINK_NAME_MAX];	/* of its traffic, main perhaps;
					 * "": it is refused */
	uint64_t since_ms;
	uint64_t asked_ms;		/* by a probe */
	uint64_t answered_ms;
};

struct uplink_status {
	char name[UPLINK_NAME_MAX];
	bool is_known;			/* false: not looked at yet */
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

/* What was found; `report` may be NULL: nothing yet. What an uplink of the
 * same name had stays, and so does the time if nothing changed. */
void uplink_statuses_update(struct uplink_statuses *statuses, const struct policy *policy,
		 const struct setup_report *report,
		 const struct probes *probes, uint64_t now_ms);
/* A copy for the caller to free. How many there are, or -ENOMEM. */
int uplink_statuses_copy(struct uplink_statuses *statuses, struct uplink_status **ret_uplinks);

#endif
