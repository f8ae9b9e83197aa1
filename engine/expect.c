/* SPDX-License-Identifier: GPL-2.0-or-later */
/* expect.c - decide an `expect` line as a packet would be. */
#include "engine/expect.h"

struct path_set expect_paths(const struct policy *policy,
			     const struct expect *flow,
			     const struct decision *decision)
{
	const struct balance *balance =
		policy_route(policy, decision->route)->balance;
	struct path_set paths = { { 0 } };
	struct path_set down;

	if (decision->is_claimed || balance == NULL || balance->by_source ||
	    flow->has_all_ports ||
	    flow->facts.is_own) {
		path_set_add(&paths, decision->path);
		return paths;
	}
	down = policy_down(policy, !address_is_v4(&flow->facts.client));
	if (balance_weight(balance, &down) == 0)
		down = (struct path_set){ { 0 } };
	for (size_t i = 0; i < balance->count; i++)
		if (!path_set_has(&down, balance->members[i].path))
			path_set_add(&paths, balance->members[i].path);
	return paths;
}

static bool is_within(const struct path_set *inner,
		      const struct path_set *outer)
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
	ret->paths = expect_paths(policy, expect, &decision);
	/* A route per packet applies only to packets of a flow that is not
	 * dropped. */
	packet = policy_packet_route_of(policy, &expect->facts);
	if (packet != NULL &&
	    decision.path != policy_marks(policy)->path_drop) {
		ret->route = packet;
		ret->paths = (struct path_set){ { 0 } };
		path_set_add(&ret->paths, packet->path);
	}
	ret->holds = expect->outcome != OUTCOME_EXEMPT &&
		     is_within(&ret->paths, &expect->paths);
}
