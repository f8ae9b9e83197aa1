/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uplink_status.c - the status of each uplink, see uplink_status.h. */
#include "rules/setup/monitor/uplink_status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "rules/setup/plan/plan_routes.h"
#include "rules/setup/monitor/probe.h"

void uplink_statuses_init(struct uplink_statuses *statuses)
{
	*statuses = (struct uplink_statuses){ 0 };
	pthread_mutex_init(&statuses->lock, NULL);
}

void uplink_statuses_fini(struct uplink_statuses *statuses)
{
	pthread_mutex_destroy(&statuses->lock);
	free(statuses->items);
}

static struct uplink_status old_of(const struct uplink_statuses *statuses,
				   const char *name)
{
	struct uplink_status new = { 0 };

	snprintf(new.name, sizeof(new.name), "%s", name);
	for (size_t i = 0; i < statuses->count; i++)
		if (strcmp(statuses->items[i].name, new.name) == 0)
			return statuses->items[i];
	return new;
}

static void take_report(struct uplink_status *uplink, size_t i,
			const struct policy *policy,
			const struct setup_report *report, uint64_t now_ms)
{
	uplink->admin_state = (enum health_admin_state)report->admin_state[i];
	for (int v6 = 0; v6 < 2; v6++) {
		struct uplink_status_family *family = &uplink->families[v6];
		uint8_t by = report->active[i][v6];
		enum setup_way way = (enum setup_way)report->way[i][v6];
		const char *name = plan_routes_active_uplink(policy, i, by);
		char active[UPLINK_NAME_MAX] = "";

		if (name != NULL)
			snprintf(active, sizeof(active), "%s", name);
		if (!uplink->is_known || way != family->way ||
		    strcmp(active, family->active) != 0)
			family->since_ms = now_ms;
		family->way = way;
		memcpy(family->active, active, sizeof(active));
	}
	uplink->is_known = true;
}

void uplink_statuses_update(struct uplink_statuses *statuses,
			    const struct policy *policy,
			    const struct setup_report *report,
			    const struct probes *probes, uint64_t now_ms)
{
	size_t count = policy_uplinks(policy);
	struct uplink_status *items = calloc(count + 1, sizeof(*items));

	if (items == NULL)
		return;		/* the last status stays */
	for (size_t i = 0; i < count; i++) {
		struct uplink_status_family *families = items[i].families;

		items[i] = old_of(statuses, policy_uplink(policy, i)->name);
		if (report != NULL)
			take_report(&items[i], i, policy, report, now_ms);
		families[0].is_kept = probes_is_kept(probes, i, AF_INET);
		families[1].is_kept = probes_is_kept(probes, i, AF_INET6);
		probes_last(probes, i, AF_INET, &families[0].asked_ms,
			    &families[0].answered_ms);
		probes_last(probes, i, AF_INET6, &families[1].asked_ms,
			    &families[1].answered_ms);
	}
	pthread_mutex_lock(&statuses->lock);
	free(statuses->items);
	statuses->items = items;
	statuses->count = count;
	pthread_mutex_unlock(&statuses->lock);
}

int uplink_statuses_copy(struct uplink_statuses *statuses,
			 struct uplink_status **ret_uplinks)
{
	struct uplink_status *copy;
	int rc = -ENOMEM;

	pthread_mutex_lock(&statuses->lock);
	copy = calloc(statuses->count + 1, sizeof(*copy));
	if (copy != NULL) {
		if (statuses->count > 0)
			memcpy(copy, statuses->items,
			       statuses->count * sizeof(*copy));
		*ret_uplinks = copy;
		rc = (int)statuses->count;
	}
	pthread_mutex_unlock(&statuses->lock);
	return rc;
}
