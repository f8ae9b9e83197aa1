/* decide.c - the first route that holds, and how sure that is. */
#include "engine/decide.h"

/* Where a flow goes meanwhile. A drop that is not certain yet must not drop:
 * nothing more would ever be known of the flow. If it is not dropped in the
 * end, it is the first unknown route that takes it. */
static uint8_t meanwhile(const struct policy *policy, uint8_t road,
			 uint8_t unknown_road)
{
	return road == policy_marks(policy)->road_drop ? unknown_road : road;
}

void decide(const struct policy *policy, const struct facts *facts,
	    struct decision *ret)
{
	uint8_t road_drop = policy_marks(policy)->road_drop;
	uint8_t unknown_road = road_drop;
	bool is_final = true;
	uint8_t needs = 0;
	size_t last = policy_routes(policy) - 1;
	size_t i = 0;
	uint8_t road;

	for (; i < last; i++) {
		enum truth truth = policy_route_holds(policy, i, facts, &needs);

		if (truth == TRUTH_TRUE)
			break;
		if (truth != TRUTH_UNKNOWN)
			continue;
		is_final = false;
		if (unknown_road == road_drop)
			unknown_road = policy_route(policy, i)->road;
	}
	road = policy_route(policy, i)->road;
	/* Dropped by one line or by another: that is certain. */
	if (road == road_drop && unknown_road == road_drop)
		is_final = true;

	ret->route = (uint16_t)i;
	ret->is_final = is_final;
	ret->needs = is_final ? 0 : needs;
	ret->road = is_final ? road : meanwhile(policy, road, unknown_road);
}

static bool masquerades(const struct policy *policy, uint8_t road)
{
	const struct uplink *uplink = policy_uplink_of_road(policy, road);

	return uplink != NULL && uplink->masquerade;
}

uint8_t decide_late(const struct policy *policy, uint8_t from, uint8_t to)
{
	if (to == policy_marks(policy)->road_drop)
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
