/* SPDX-License-Identifier: GPL-2.0-or-later */
/* holds.c - decide when the established flows of an uplink are given up. */
#include "rules/setup/monitor/holds.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "rules/policy/policy.h"
#include "rules/policy/strict.h"
#include "rules/setup/plan/health.h"
#include "rules/setup/plan/plan.h"
#include "rules/setup/plan/plan_routes.h"
#include "rules/setup/monitor/stray_nat.h"

static void set_names(struct holds *holds, const struct policy *policy)
{
	holds->count = policy_uplinks(policy);
	for (size_t i = 0; i < holds->count; i++)
		snprintf(holds->names[i], sizeof(holds->names[i]), "%s",
			 policy_uplink(policy, i)->name);
}

static int index_of(const struct holds *holds, const char *name)
{
	for (size_t i = 0; i < holds->count; i++)
		if (strcmp(holds->names[i], name) == 0)
			return (int)i;
	return -1;
}

void holds_load(struct holds *holds, const struct policy *policy,
		const struct health *health)
{
	*holds = (struct holds){ 0 };
	set_names(holds, policy);
	for (size_t n = 0; n < health->count; n++) {
		const struct health_uplink *item = &health->items[n];
		int i = index_of(holds, item->name);

		if (!item->is_known || i < 0)
			continue;
		holds->items[i][0] = holds->items[i][1] = (struct hold){
			.is_known = true, .flow_uplink = (uint8_t)i,
		};
		holds->items[i][0].is_gone = item->gone4 || item->down4;
		holds->items[i][1].is_gone = item->gone6 || item->down6;
	}
}

void holds_change_policy(struct holds *holds, const struct policy *policy)
{
	struct holds old = *holds;

	*holds = (struct holds){ 0 };
	set_names(holds, policy);
	for (size_t i = 0; i < holds->count; i++) {
		int was = index_of(&old, holds->names[i]);

		for (int v6 = 0; v6 < 2 && was >= 0; v6++) {
			struct hold *hold = &holds->items[i][v6];
			int by;

			*hold = old.items[was][v6];
			if (!hold->is_known ||
			    hold->flow_uplink == PLAN_NO_UPLINK)
				continue;
			by = index_of(holds, old.names[hold->flow_uplink]);
			hold->flow_uplink = by < 0 ? PLAN_NO_UPLINK :
						     (uint8_t)by;
		}
	}
}

bool holds_expire(struct holds *holds, uint64_t now_ms)
{
	bool has_any = false;

	for (size_t i = 0; i < SETUP_UPLINKS_MAX; i++)
		for (int v6 = 0; v6 < 2; v6++) {
			struct hold *hold = &holds->items[i][v6];

			if (hold->until_ms == 0 || hold->until_ms > now_ms)
				continue;
			hold->until_ms = 0;
			hold->is_gone = true;
			hold->has_expired = true;
			has_any = true;
		}
	return has_any;
}

uint64_t holds_next_ms(const struct holds *holds)
{
	uint64_t next = 0;

	for (size_t i = 0; i < SETUP_UPLINKS_MAX; i++)
		for (int v6 = 0; v6 < 2; v6++) {
			uint64_t until = holds->items[i][v6].until_ms;

			if (until && (!next || until < next))
				next = until;
		}
	return next;
}

const char *holds_print(const struct uplink *uplink,
			char text[static HOLDS_TEXT_MAX])
{
	uint32_t ms = uplink->hold_ms;

	snprintf(text, HOLDS_TEXT_MAX, "%u%s",
		 (unsigned)(ms % 1000 ? ms : ms / 1000), ms % 1000 ? "ms" : "s");
	return text;
}

/* Flows have a distinct address only where no other uplink and no LAN uses
 * the device. */
static bool can_hold(const struct policy *policy, size_t uplink)
{
	const struct uplink *it = policy_uplink(policy, uplink);

	for (size_t i = 0; i < policy_uplinks(policy); i++)
		if (i != uplink &&
		    strcmp(policy_uplink(policy, i)->dev, it->dev) == 0)
			return false;
	return it->hold_ms > 0 && !it->on_lan;
}

static void follow(struct holds *holds, const struct policy *policy,
		   const struct setup_report *report, size_t i, bool v6,
		   uint64_t now_ms)
{
	struct hold *hold = &holds->items[i][v6];
	uint8_t way = report->way[i][v6];

	if (!hold->is_known)
		*hold = (struct hold){
			.is_known = true,
			.is_gone = way != SETUP_WAY_ITSELF,
			.flow_uplink = report->active[i][v6],
		};
	if (way == SETUP_WAY_ITSELF) {
		hold->is_gone = false;
		hold->has_expired = false;
		hold->until_ms = 0;
	} else if (way == SETUP_WAY_PROBES || way == SETUP_WAY_FORCED ||
		   !can_hold(policy, i)) {
		hold->is_gone = true;
		hold->until_ms = 0;
	} else if (!hold->is_gone && hold->until_ms == 0) {
		hold->until_ms = now_ms + policy_uplink(policy, i)->hold_ms;
	}
}

void holds_follow(struct holds *holds, const struct policy *policy,
		  const struct setup_report *report, uint64_t now_ms)
{
	for (size_t i = 0; i < policy_uplinks(policy); i++)
		for (int v6 = 0; v6 < 2; v6++)
			follow(holds, policy, report, i, v6, now_ms);
}

bool holds_is_gone(const struct holds *holds, size_t i, bool v6)
{
	const struct hold *hold = &holds->items[i][v6];

	return hold->is_gone || !hold->is_known;
}

bool holds_is_running(const struct holds *holds, size_t i, bool v6)
{
	return holds->items[i][v6].until_ms != 0;
}

bool holds_take_expired(struct holds *holds, size_t i, bool v6)
{
	bool has_expired = holds->items[i][v6].has_expired;

	holds->items[i][v6].has_expired = false;
	return has_expired;
}

/* Whether the uplink that is left works: failback.h decides about its flows. */
static bool is_failback(const struct setup_report *report, size_t i, bool v6,
			uint8_t was)
{
	return report->active[i][v6] != PLAN_NO_UPLINK &&
	       (was == PLAN_NO_UPLINK ? report->active[i][v6] == i :
					was != i &&
					report->active[was][v6] == was);
}

/* A strict path without any uplink keeps its entries: what the engine decided
 * from payload is in the conntrack mark alone, and without it such flows would
 * leave via another path. */
static bool has_moved(struct hold *hold, const struct policy *policy,
		      const struct setup_report *report, size_t i, bool v6)
{
	uint8_t was = hold->flow_uplink;
	uint8_t active = report->active[i][v6];

	if (hold->until_ms != 0 ||
	    (active == PLAN_NO_UPLINK && policy_uplink_is_strict(policy, i)))
		return false;
	hold->flow_uplink = active;
	return active != was && !is_failback(report, i, v6, was);
}

int holds_clean_up(struct holds *holds, const struct policy *policy,
		   const struct setup_report *report, bool always,
		   struct stray_counts *ret_counts)
{
	struct stray_paths paths = { 0 };
	bool is_needed = always;

	for (size_t i = 0; i < policy_uplinks(policy); i++)
		for (int v6 = 0; v6 < 2; v6++) {
			struct hold *hold = &holds->items[i][v6];

			paths.held[i][v6] = hold->until_ms != 0;
			paths.moved[i][v6] = has_moved(hold, policy, report, i,
						       v6);
			is_needed |= paths.moved[i][v6];
		}
	return is_needed ? stray_nat_delete(policy, report, &paths,
					    ret_counts) : 0;
}
