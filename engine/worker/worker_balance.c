/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker_balance.c - balanced routes while uplinks go down and come back.
 */
#include "engine/worker/worker_private.h"

static bool is_down(const struct worker *worker, const struct flow *flow)
{
	struct path_set down = policy_down(worker->policy,
				!address_is_v4(&flow->facts.client));

	return path_set_has(&down, flow->path);
}

/*
 * The provisional and the final verdict may come from the same balance, before
 * and after an uplink went down or came back. The flow stays where it is,
 * unless its own uplink is the one that went down.
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
