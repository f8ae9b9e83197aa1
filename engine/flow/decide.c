/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decide.c - find the first matching route, and whether that is final. */
#include "engine/flow/decide.h"

void decide(const struct policy *policy, const struct facts *facts,
	    struct decision *ret)
{
	size_t i = policy_first_route(policy, facts, &ret->is_final,
				      &ret->needs);

	ret->route = (uint16_t)i;
	ret->path = policy_route_path(policy, i, facts);
}

static bool masquerades(const struct policy *policy, uint8_t path)
{
	const struct uplink *uplink = policy_uplink_of_path(policy, path);

	return uplink != NULL && uplink->masquerade;
}

static enum late_policy late_of_path(const struct policy *policy, uint8_t path)
{
	const struct uplink *uplink = policy_uplink_of_path(policy, path);

	return uplink != NULL ? uplink->late : LATE_AUTO;
}

enum late_policy decide_late(const struct policy *policy, uint16_t route,
			     uint8_t from, uint8_t to)
{
	enum late_policy late = policy_route(policy, route)->late;
	uint8_t path_drop = policy_marks(policy)->path_drop;

	/* A flow that was dropped so far has used no path. */
	if (to == path_drop || from == path_drop)
		return LATE_MOVE;
	if (late == LATE_AUTO)
		late = late_of_path(policy, from);
	if (late == LATE_AUTO)
		late = late_of_path(policy, to);
	if (late == LATE_AUTO)
		late = policy_late(policy);
	if (late != LATE_AUTO)
		return late;
	return masquerades(policy, from) || masquerades(policy, to) ?
	       LATE_KEEP : LATE_MOVE;
}
