/* SPDX-License-Identifier: GPL-2.0-or-later */
/* worker_decide.c - inspect and decide one flow, until it is settled. */
#include "engine/worker/worker_private.h"

#include <string.h>

#include "engine/flow/decide.h"
#include "engine/flow/inspect.h"
#include "rules/policy/strict.h"

void worker_inspect(struct worker *worker, struct flow *flow,
		    const struct packet *pkt, bool from_server)
{
	bool had_host = flow->has_host;

	inspect_packet(worker->inspector, flow, flow_names(worker->flows, flow),
		       pkt, from_server);
	if (flow->has_host && !had_host && worker->learn.dns)
		worker_join_ech(worker, flow, pkt->time_ns);
}

void worker_resolve(struct worker *worker, struct flow *flow)
{
	struct facts *facts = &flow->facts;

	flow->generation = worker->generation;
	policy_resolve_headers(worker->policy, facts);
	facts->uid_bits = policy_resolve_uid(worker->policy, flow->uid);
	facts->in_sets = NULL;
	if (policy_needs_interface(worker->policy))
		facts->in_sets = worker_interface_sets(worker, flow->ifindex);
}

static void count_late(const struct flow *flow, atomic_uint_fast64_t *kept,
		       atomic_uint_fast64_t *moved, atomic_uint_fast64_t *reset)
{
	if (flow->late == FLOW_LATE_KEPT)
		stats_add(kept, 1);
	else if (flow->late == FLOW_LATE_MOVED)
		stats_add(moved, 1);
	else if (flow->late == FLOW_LATE_RESET)
		stats_add(reset, 1);
}

static void count_in(struct tally *tally, const struct flow *flow)
{
	stats_add(&tally->settled, 1);
	count_late(flow, &tally->late_kept, &tally->late_moved,
		   &tally->late_reset);
}

static void count_settled(struct worker *worker, struct flow *flow)
{
	struct stats_live *counters = &worker->counters;
	int class = policy_route_class(worker->policy, flow->route,
				       &flow->facts);

	flow->class = (int16_t)class;
	stats_add(&counters->settled, 1);
	count_late(flow, &counters->late_kept, &counters->late_moved,
		   &counters->late_reset);
	count_in(&worker->config->routes.items[flow->route], flow);
	if (class >= 0)
		count_in(&worker->config->classes.items[class], flow);
}

static void finish(struct worker *worker, struct flow *flow)
{
	flow->is_held = false;
	flow_settle(worker->flows, flow);
	flow->settled_packet = flow->packets;
	count_settled(worker, flow);
	worker_learn(worker, flow, flow->last_ns);
	worker_note_settled(worker, flow);
	if (!worker->options.name_all)
		inspect_release(worker->inspector, flow);
}

/* Where a reset is not allowed, the path is kept, unless the flow belongs to a
 * strict uplink: then it ends, see settle(). */
static enum flow_late late_outcome(const struct worker *worker,
				   const struct flow *flow,
				   const struct decision *decision)
{
	switch (decide_late(worker->policy, decision->route, flow->path,
			    decision->path)) {
	case LATE_MOVE:
		return FLOW_LATE_MOVED;
	case LATE_RESET:
		if (policy_is_strict(worker->policy, decision->path) ||
		    worker_may_reset(worker, flow, flow->last_ns))
			return FLOW_LATE_RESET;
		break;
	default:
		break;
	}
	return FLOW_LATE_KEPT;
}

static void settle(struct worker *worker, struct flow *flow,
		   const struct decision *decision)
{
	bool is_new = flow->state == FLOW_NEW;

	if (!is_new && decision->path != flow->path)
		flow->late = (uint8_t)late_outcome(worker, flow,
						    decision);
	if (is_new || flow->late == FLOW_LATE_MOVED)
		flow->path = decision->path;
	else if (flow->late == FLOW_LATE_RESET &&	/* nothing more leaves */
		 policy_is_strict(worker->policy, decision->path))
		flow->path = worker->marks->path_drop;
	flow->is_held = dns_observer_awaits(&worker->dns, flow,
					    flow->last_ns);
	if (flow->is_held)
		flow->state = FLOW_INSPECTED;
	else
		finish(worker, flow);
}

/* The first packet's path stays until the verdict is final: NAT and connections
 * depend on it. */
static void take_decision(struct worker *worker, struct flow *flow,
			  struct decision *decision)
{
	bool is_new = flow->state == FLOW_NEW;

	decision->path = worker_keep_path(worker, flow, decision);
	if (flow->assumed != 0 && decision->is_final)
		worker_give_up(worker, flow, decision);
	flow->route = decision->route;
	flow->routed = worker->generation;
	flow->needs = decision->needs;
	flow->is_held = false;
	if (decision->is_final) {
		settle(worker, flow, decision);
	} else if (is_new) {
		flow->path = decision->path;
		flow->state = FLOW_INSPECTED;
	}
	if (is_new)
		flow->first_path = flow->path;
}

/* Decide a flow in progress by a new policy. Its path may have another number;
 * a path that no longer exists cannot be kept. */
static void renew(struct worker *worker, struct flow *flow)
{
	struct decision decision;

	worker_forget_parts(worker, flow);
	flow->first_path = worker_path(worker, flow, flow->first_path);
	flow->path = worker_path(worker, flow, flow->path);
	worker_resolve(worker, flow);
	inspect_renew(worker->inspector, flow,
		      flow_names(worker->flows, flow));
	decide(worker->policy, &flow->facts, &decision);
	if (flow->path == 0)
		flow->path = decision.path;
	flow->route = decision.route;	/* the number was the old policy's */
	take_decision(worker, flow, &decision);
}

void worker_follow_policy(struct worker *worker, struct flow *flow)
{
	if (flow->state == FLOW_INSPECTED) {
		renew(worker, flow);
	} else if (flow->state == FLOW_SETTLED) {
		worker_forget_parts(worker, flow);
		flow->path = worker_path(worker, flow, flow->path);
		if (flow->path == 0)
			flow->path = worker->marks->path_main;
		flow->generation = worker->generation;
	}
}

/* Changes with every pattern that is found or ruled out: none is ever both. */
static uint64_t pattern_changes(const struct facts *facts)
{
	return facts->patterns_seen | facts->patterns_gone;
}

/* The path is final; only the DNS answer is awaited. */
static void pass_held(struct worker *worker, struct flow *flow,
		      const struct packet *pkt, bool from_server)
{
	if (worker->options.name_all)
		worker_inspect(worker, flow, pkt, from_server);
	if (!dns_observer_awaits(&worker->dns, flow, pkt->time_ns))
		finish(worker, flow);
}

void worker_decide(struct worker *worker, struct flow *flow,
			const struct packet *pkt, bool from_server)
{
	bool is_new = flow->state == FLOW_NEW;
	uint8_t known = flow->facts.known;
	uint64_t patterns = pattern_changes(&flow->facts);
	struct decision decision;

	if (flow->is_held) {
		pass_held(worker, flow, pkt, from_server);
		return;
	}
	if (is_new)
		decide(worker->policy, &flow->facts, &decision);
	if (!is_new || !decision.is_final || worker->options.name_all)
		worker_inspect(worker, flow, pkt, from_server);
	if (flow->facts.known != known ||
	    pattern_changes(&flow->facts) != patterns)
		decide(worker->policy, &flow->facts, &decision);
	else if (!is_new)
		return;
	if (is_new && (!decision.is_final || worker->options.name_all))
		worker_guess(worker, flow, pkt->time_ns, &decision);
	take_decision(worker, flow, &decision);
}
