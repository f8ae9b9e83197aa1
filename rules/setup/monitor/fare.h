/*
 * fare.h - how each uplink fares: who carries its traffic, why, and since
 * when. The keeper writes it, whoever is asked for the status reads.
 */
#ifndef WAYMARK_SETUP_FARE_H
#define WAYMARK_SETUP_FARE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "rules/policy/policy.h"
#include "rules/setup/monitor/health.h"
#include "rules/setup/setup.h"

struct probes;

/* In one family. Times are on the monotonic clock; 0: never, not known. */
struct fare_family {
	enum setup_way way;
	char carrier[UPLINK_NAME_MAX];	/* of its traffic, main perhaps;
					 * "": it is refused */
	uint64_t since_ms;
	uint64_t asked_ms;		/* by a probe */
	uint64_t answered_ms;
};

struct fare_uplink {
	char name[UPLINK_NAME_MAX];
	bool is_known;			/* false: not looked at yet */
	enum health_wish wish;
	struct fare_family families[2];	/* IPv4, IPv6 */
};

struct fare {
	pthread_mutex_t lock;
	struct fare_uplink *items;
	size_t count;
};

void fare_init(struct fare *fare);
void fare_fini(struct fare *fare);

/* What was found; `report` may be NULL: nothing yet. What an uplink of the
 * same name had stays, and so does the time if nothing changed. */
void fare_update(struct fare *fare, const struct policy *policy,
		 const struct setup_report *report,
		 const struct probes *probes, uint64_t now_ms);
/* A copy for the caller to free. How many there are, or -ENOMEM. */
int fare_copy(struct fare *fare, struct fare_uplink **ret_uplinks);

#endif
