/* expect.c - an expect line asked of the policy, as a packet would be. */
#include "engine/expect.h"

#include "engine/decide.h"

void expect_check(const struct policy *policy, const struct expect *expect,
		  struct expect_result *ret)
{
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
	ret->holds = expect->outcome != OUTCOME_EXEMPT &&
		     ret->route->road == expect->road;
}
