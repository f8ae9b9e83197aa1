/* decide.c - the first route that holds, and how sure that is. */
#include "engine/flow/decide.h"

void decide(const struct policy *policy, const struct facts *facts,
	    struct decision *ret)
{
	size_t i = policy_first_route(policy, facts, &ret->is_final,
				      &ret->needs);

	ret->route = (uint16_t)i;
	ret->road = policy_route_road(policy, i, facts);
}

static bool masquerades(const struct policy *policy, uint8_t road)
{
	const struct uplink *uplink = policy_uplink_of_road(policy, road);

	return uplink != NULL && uplink->masquerade;
}

static enum late_policy late_of_road(const struct policy *policy, uint8_t road)
{
	const struct uplink *uplink = policy_uplink_of_road(policy, road);

	return uplink != NULL ? uplink->late : LATE_AUTO;
}

enum late_policy decide_late(const struct policy *policy, uint16_t route,
			     uint8_t from, uint8_t to)
{
	enum late_policy late = policy_route(policy, route)->late;
	uint8_t road_drop = policy_marks(policy)->road_drop;

	/* What was dropped so far has left by no road. */
	if (to == road_drop || from == road_drop)
		return LATE_MOVE;
	if (late == LATE_AUTO)
		late = late_of_road(policy, from);
	if (late == LATE_AUTO)
		late = late_of_road(policy, to);
	if (late == LATE_AUTO)
		late = policy_late(policy);
	if (late != LATE_AUTO)
		return late;
	return masquerades(policy, from) || masquerades(policy, to) ?
	       LATE_KEEP : LATE_MOVE;
}
