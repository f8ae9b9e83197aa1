/* expect.c - an expect line asked of the policy, as a packet would be. */
#include "engine/expect.h"

struct road_set expect_roads(const struct policy *policy,
			     const struct expect *flow,
			     const struct decision *decision)
{
	const struct balance *balance =
		policy_route(policy, decision->route)->balance;
	struct road_set roads = { { 0 } };
	struct road_set dead;

	if (balance == NULL || balance->by_source || flow->has_all_ports ||
	    flow->facts.is_own) {
		road_set_add(&roads, decision->road);
		return roads;
	}
	dead = policy_dead(policy, !address_is_v4(&flow->facts.client));
	if (balance_weight(balance, &dead) == 0)
		dead = (struct road_set){ { 0 } };
	for (size_t i = 0; i < balance->count; i++)
		if (!road_set_has(&dead, balance->members[i].road))
			road_set_add(&roads, balance->members[i].road);
	return roads;
}

static bool is_within(const struct road_set *inner,
		      const struct road_set *outer)
{
	for (int i = 0; i < 4; i++)
		if (inner->words[i] & ~outer->words[i])
			return false;
	return true;
}

void expect_check(const struct policy *policy, const struct expect *expect,
		  struct expect_result *ret)
{
	const struct route *packet;
	struct decision decision;

	*ret = (struct expect_result){
		.exempt = policy_exempt_of(policy, &expect->facts.client,
					   &expect->facts.server),
	};
	if (ret->exempt != NULL) {
		ret->holds = expect->outcome == OUTCOME_EXEMPT;
		return;
	}
	decide(policy, &expect->facts, &decision);
	ret->route = policy_route(policy, decision.route);
	ret->roads = expect_roads(policy, expect, &decision);
	/* The flow has to live before a packet of it can go its own way. */
	packet = policy_packet_route_of(policy, &expect->facts);
	if (packet != NULL &&
	    decision.road != policy_marks(policy)->road_drop) {
		ret->route = packet;
		ret->roads = (struct road_set){ { 0 } };
		road_set_add(&ret->roads, packet->road);
	}
	ret->holds = expect->outcome != OUTCOME_EXEMPT &&
		     is_within(&ret->roads, &expect->roads);
}
