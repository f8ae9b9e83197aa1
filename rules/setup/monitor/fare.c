/* fare.c - how each uplink fares, see fare.h. */
#include "rules/setup/monitor/fare.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "rules/setup/plan/plan_routes.h"
#include "rules/setup/monitor/probe.h"

void fare_init(struct fare *fare)
{
	*fare = (struct fare){ 0 };
	pthread_mutex_init(&fare->lock, NULL);
}

void fare_fini(struct fare *fare)
{
	pthread_mutex_destroy(&fare->lock);
	free(fare->items);
}

static struct fare_uplink old_of(const struct fare *fare, const char *name)
{
	struct fare_uplink new = { 0 };

	snprintf(new.name, sizeof(new.name), "%s", name);
	for (size_t i = 0; i < fare->count; i++)
		if (strcmp(fare->items[i].name, new.name) == 0)
			return fare->items[i];
	return new;
}

static void take_report(struct fare_uplink *uplink, size_t i,
			const struct policy *policy,
			const struct setup_report *report, uint64_t now_ms)
{
	uplink->wish = (enum health_wish)report->wish[i];
	for (int v6 = 0; v6 < 2; v6++) {
		struct fare_family *family = &uplink->families[v6];
		uint8_t by = report->carrier[i][v6];
		enum setup_way way = (enum setup_way)report->way[i][v6];
		const char *name = plan_routes_carrier(policy, i, by);
		char carrier[UPLINK_NAME_MAX] = "";

		if (name)
			snprintf(carrier, sizeof(carrier), "%s", name);
		if (!uplink->is_known || way != family->way ||
		    strcmp(carrier, family->carrier) != 0)
			family->since_ms = now_ms;
		family->way = way;
		memcpy(family->carrier, carrier, sizeof(carrier));
	}
	uplink->is_known = true;
}

void fare_update(struct fare *fare, const struct policy *policy,
		 const struct setup_report *report,
		 const struct probes *probes, uint64_t now_ms)
{
	size_t count = policy_uplinks(policy);
	struct fare_uplink *items = calloc(count + 1, sizeof(*items));

	if (!items)
		return;		/* what was known last stands */
	for (size_t i = 0; i < count; i++) {
		struct fare_family *families = items[i].families;

		items[i] = old_of(fare, policy_uplink(policy, i)->name);
		if (report)
			take_report(&items[i], i, policy, report, now_ms);
		probes_last(probes, i, AF_INET, &families[0].asked_ms,
			    &families[0].answered_ms);
		probes_last(probes, i, AF_INET6, &families[1].asked_ms,
			    &families[1].answered_ms);
	}
	pthread_mutex_lock(&fare->lock);
	free(fare->items);
	fare->items = items;
	fare->count = count;
	pthread_mutex_unlock(&fare->lock);
}

int fare_copy(struct fare *fare, struct fare_uplink **ret_uplinks)
{
	struct fare_uplink *copy;
	int rc = -ENOMEM;

	pthread_mutex_lock(&fare->lock);
	copy = calloc(fare->count + 1, sizeof(*copy));
	if (copy) {
		if (fare->count > 0)
			memcpy(copy, fare->items, fare->count * sizeof(*copy));
		*ret_uplinks = copy;
		rc = (int)fare->count;
	}
	pthread_mutex_unlock(&fare->lock);
	return rc;
}
