/*
 * worker_balance.c - flows of several paths that share them, while uplinks die
 * and come back.
 */
#include "engine/worker/worker_private.h"

static bool is_down(const struct worker *worker, const struct flow *flow)
{
	struct path_set down = policy_down(worker->policy,
				!address_is_v4(&flow->facts.client));

	return path_set_has(&down, flow->path);
}

/*
 * What is provisional and what is final may be decided by one balance, once
 * before and once after an uplink died or came back. Its flow stays where it
 * is, unless that is the one that died.
 */
uint8_t worker_keep_path(const struct worker *worker, const struct flow *flow,
			 const struct decision *decision)
{
	const struct route *now = policy_route(worker->policy,
					       decision->route);

	if (now->balance == NULL || flow->state == FLOW_NEW ||
	    policy_route(worker->policy, flow->route)->balance !=
		    now->balance || !policy_route_takes(now, flow->path))
		return decision->path;
	return is_down(worker, flow) ? decision->path : flow->path;
}

void worker_leave_down(const struct worker *worker, struct flow *flow,
		       const struct packet *pkt)
{
	if (policy_balances(worker->policy) == 0 ||
	    marks_path(worker->marks, pkt->mark) != 0 ||
	    flow->state == FLOW_NEW ||
	    flow->generation != worker->generation ||
	    policy_route(worker->policy, flow->route)->balance == NULL ||
	    !is_down(worker, flow))
		return;
	flow->path = policy_route_path(worker->policy, flow->route,
				       &flow->facts);
	flow->first_path = flow->path;
}
