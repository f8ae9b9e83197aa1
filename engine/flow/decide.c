/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decide.c - find the first matching route, and whether that is final. */
#include "engine/flow/decide.h"

#include "rules/policy/strict.h"

void decide(const struct policy *policy, const struct facts *facts,
	    struct decision *ret)
{
	size_t i = policy_first_route(policy, facts, &ret->is_final,
				      &ret->needs);

	ret->route = (uint16_t)i;
	ret->path = policy_route_path(policy, i, facts);
	ret->is_claimed = false;
	/* What the policy drops by default must not leave either way. */
	if (!ret->is_final && ret->path != policy_marks(policy)->path_drop) {
		uint8_t claim = policy_strict_claim(policy, i, facts);

		ret->is_claimed = claim != 0;
		if (ret->is_claimed)
			ret->path = claim;
	}
}

enum late_policy decide_late(const struct policy *policy, uint16_t route,
			     uint8_t from, uint8_t to)
{
	uint8_t path_drop = policy_marks(policy)->path_drop;

	/* A flow that was dropped so far has used no path. */
	if (to == path_drop || from == path_drop)
		return LATE_MOVE;
	return policy_late_of(policy, policy_route(policy, route)->late, from,
			      to);
}
