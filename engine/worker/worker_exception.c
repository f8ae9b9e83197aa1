/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker_exception.c - what happens to flows and packets that the engine gives
 * up on. The policy chooses (rules/policy/exceptions.h), but it cannot take
 * from a strict uplink what is its own.
 */
#include "engine/flow/decide.h"
#include "engine/worker/worker_private.h"
#include "rules/policy/exceptions.h"
#include "rules/policy/strict.h"

/* The path instead of `path` for a flow that is given up. */
static uint8_t path_for(const struct worker *worker, enum exception cause,
			uint8_t path)
{
	switch (policy_exception(worker->policy, cause)) {
	case EXCEPTION_DROP:
		return worker->marks->path_drop;
	case EXCEPTION_MAIN:
		if (path != worker->marks->path_drop &&
		    !policy_is_strict(worker->policy, path))
			return worker->marks->path_main;
		break;
	default:
		break;
	}
	return path;
}

/* What is assumed matters only if the flow is undecided without it. */
void worker_give_up(struct worker *worker, const struct flow *flow,
		    struct decision *decision)
{
	bool has_lost = flow->given_up >> EXCEPTION_STREAM_RECLAIMED & 1;
	struct facts found = flow->facts;
	struct decision open;

	found.known &= (uint8_t)~flow->assumed;
	decide(worker->policy, &found, &open);
	if (open.is_final)
		return;
	stats_add(has_lost ? &worker->counters.payload_lost :
			     &worker->counters.budget_spent, 1);
	decision->path = path_for(worker, has_lost ?
				  EXCEPTION_STREAM_RECLAIMED :
				  EXCEPTION_BUDGET_SPENT, decision->path);
}

/* Which side is the client is unknown, so the flow cannot start again. NAT has
 * fixed its source as it has that of a late flow. */
void worker_settle_lost(struct worker *worker, const struct packet *pkt,
			uint8_t path, struct verdict *verdict)
{
	uint8_t to = path_for(worker, EXCEPTION_FLOW_EVICTED, path);

	if (to == worker->marks->path_main &&
	    policy_late_of(worker->policy, LATE_AUTO, path, to) != LATE_MOVE)
		to = path;
	verdict->is_settled = true;
	verdict->mark = marks_merge(worker->marks, pkt->mark,
				    marks_of(worker->marks, to, true));
	if (to == worker->marks->path_drop)
		stats_add(&worker->counters.dropped, 1);
	stats_add(&worker->counters.settled, 1);
	stats_add(&worker->counters.flows_lost, 1);
}

/* Without a mark, the main table routes the packet unless a strict uplink may
 * claim it, and conntrack saves nothing. */
void worker_pass_undecoded(struct worker *worker, const struct packet *pkt,
			   struct verdict *verdict)
{
	const struct marks *marks = worker->marks;

	switch (policy_exception(worker->policy, EXCEPTION_UNDECODED)) {
	case EXCEPTION_DROP:
		verdict->drop = true;
		stats_add(&worker->counters.dropped, 1);
		break;
	case EXCEPTION_MAIN:
		if (marks_path(marks, pkt->mark) == 0 &&
		    !policy_strict_from(worker->policy, 0))
			verdict->mark = marks_merge(marks, pkt->mark,
				marks_of(marks, marks->path_main, true));
		break;
	default:
		break;
	}
}
