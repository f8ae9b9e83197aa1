/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strict.c - keep the flows of strict uplinks on them, see strict.h. */
#include "rules/policy/strict.h"

#include "rules/policy/policy.h"
#include "rules/policy/policy_private.h"

bool policy_uplink_is_strict(const struct policy *policy, size_t uplink)
{
	const struct uplink *up = &policy->uplinks[uplink];

	/* Fallbacks may form a circle. */
	for (size_t i = 0; i < policy->uplink_count; i++) {
		if (up->strict)
			return true;
		if (up->fallback < 0)
			return false;
		up = &policy->uplinks[up->fallback];
	}
	return false;
}

bool policy_is_strict(const struct policy *policy, uint8_t path)
{
	const struct uplink *up = policy->of_path[path];

	return up != NULL &&
	       policy_uplink_is_strict(policy, (size_t)(up - policy->uplinks));
}

uint8_t policy_strict_claim(const struct policy *policy, size_t i,
			    const struct facts *facts)
{
	uint8_t needs = 0;

	for (size_t above = 0; policy->strict_first && above < i; above++) {
		uint8_t path = policy_route_path(policy, above, facts);

		if (policy_is_strict(policy, path) &&
		    policy_route_holds(policy, above, facts, &needs) ==
			    TRUTH_UNKNOWN)
			return path;
	}
	return 0;
}

enum failback_policy policy_failback(const struct policy *policy,
				     size_t uplink, int from)
{
	enum failback_policy failback = policy->uplinks[uplink].failback;

	if (failback == FAILBACK_KEEP &&
	    policy_uplink_is_strict(policy, uplink) &&
	    (from < 0 || !policy_uplink_is_strict(policy, (size_t)from)))
		return FAILBACK_RESET;
	return failback;
}

static bool masquerades(const struct policy *policy, uint8_t path)
{
	return policy->of_path[path] != NULL &&
	       policy->of_path[path]->translates;
}

static enum late_policy late_of_path(const struct policy *policy, uint8_t path)
{
	const struct uplink *up = policy->of_path[path];

	return up != NULL ? up->late : LATE_AUTO;
}

enum late_policy policy_late_of(const struct policy *policy,
				enum late_policy late, uint8_t from,
				uint8_t to)
{
	if (late == LATE_AUTO)
		late = late_of_path(policy, from);
	if (late == LATE_AUTO)
		late = late_of_path(policy, to);
	if (late == LATE_AUTO)
		late = policy->late;
	if (late != LATE_AUTO)
		return late;
	if (!masquerades(policy, from) && !masquerades(policy, to))
		return LATE_MOVE;
	return policy_is_strict(policy, to) ? LATE_RESET : LATE_KEEP;
}

bool policy_takes_strict(const struct policy *policy, const struct route *route)
{
	for (size_t i = 0; i < policy->uplink_count; i++)
		if (policy_uplink_is_strict(policy, i) &&
		    policy_route_takes(route, policy->uplinks[i].path))
			return true;
	return false;
}

bool policy_strict_from(const struct policy *policy, size_t i)
{
	for (; i < policy->route_count; i++)
		if (policy_takes_strict(policy, &policy->routes[i]))
			return true;
	return false;
}

int policy_strict_uplink(const struct policy *policy)
{
	for (size_t i = 0; i < policy->route_count; i++)
		for (size_t n = 0; n < policy->uplink_count; n++)
			if (policy_uplink_is_strict(policy, n) &&
			    policy_route_takes(&policy->routes[i],
					       policy->uplinks[n].path))
				return (int)n;
	return -1;
}

void policy_set_unanswered(struct policy *policy)
{
	const struct route *last = &policy->routes[policy->route_count - 1];
	struct queues *queues = &policy->queues;
	bool others = false, is_last = policy_takes_strict(policy, last);

	if (queues->unanswered != UNANSWERED_AUTO)
		return;
	for (size_t i = 0; i + 1 < policy->route_count; i++)
		others |= policy->routes[i].path != last->path &&
			  policy_takes_strict(policy, &policy->routes[i]);
	queues->unanswered = UNANSWERED_MAIN;
	if (others || (is_last && last->balance != NULL))
		queues->unanswered = UNANSWERED_DROP;
	else if (is_last)
		queues->unanswered = UNANSWERED_DEFAULT;
}
