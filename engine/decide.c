/* decide.c - the first route that holds, and how sure that is. */
#include "engine/decide.h"

void decide(const struct policy *policy, const struct facts *facts,
	    struct decision *ret)
{
	size_t last = policy_routes(policy) - 1;
	bool is_final = true;
	uint8_t needs = 0;
	size_t i = 0;

	for (; i < last; i++) {
		enum truth truth = policy_route_holds(policy, i, facts, &needs);

		if (truth == TRUTH_TRUE)
			break;
		is_final &= truth == TRUTH_FALSE;
	}
	ret->route = (uint16_t)i;
	ret->is_final = is_final;
	ret->needs = is_final ? 0 : needs;
	ret->road = policy_route(policy, i)->road;
}

static bool masquerades(const struct policy *policy, uint8_t road)
{
	const struct uplink *uplink = policy_uplink_of_road(policy, road);

	return uplink != NULL && uplink->masquerade;
}

uint8_t decide_late(const struct policy *policy, uint8_t from, uint8_t to)
{
	uint8_t road_drop = policy_marks(policy)->road_drop;

	/* What was dropped so far has left by no road. */
	if (to == road_drop || from == road_drop)
		return to;
	switch (policy_late(policy)) {
	case LATE_KEEP:
		return from;
	case LATE_MOVE:
		return to;
	case LATE_AUTO:
		break;
	}
	return masquerades(policy, from) || masquerades(policy, to) ? from : to;
}
