/* expect.c - an expect line asked of the policy, as a packet would be. */
#include "engine/expect.h"

#include "engine/decide.h"

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
	/* The flow has to live before a packet of it can go its own way. */
	packet = policy_packet_route_of(policy, &expect->facts);
	if (packet != NULL &&
	    decision.road != policy_marks(policy)->road_drop)
		ret->route = packet;
	ret->holds = expect->outcome != OUTCOME_EXEMPT &&
		     ret->route->road == expect->road;
}
