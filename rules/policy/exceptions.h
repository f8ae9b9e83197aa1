/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exceptions.h - what happens to flows and packets that the engine gives up
 * on: each cause has an action, which `on CAUSE ACTION` sets.
 */
#ifndef WAYMARK_POLICY_EXCEPTIONS_H
#define WAYMARK_POLICY_EXCEPTIONS_H

/*
 * X(NAME, word of the policy language)
 *
 * BUDGET_SPENT: the budget of `inspect` was spent while a route was open.
 * STREAM_RECLAIMED: the same, and payload was discarded for want of memory.
 * FLOW_EVICTED: a packet of a flow in inspection that is not in the table.
 * QUEUE_OVERFLOW: no verdict, since a queue is full or no engine runs.
 * UNDECODED: the packet is truncated, malformed or not IP.
 */
#define EXCEPTIONS(X) \
	X(BUDGET_SPENT, "budget-spent") \
	X(STREAM_RECLAIMED, "stream-reclaimed") \
	X(FLOW_EVICTED, "flow-evicted") \
	X(QUEUE_OVERFLOW, "queue-overflow") \
	X(UNDECODED, "undecoded")

enum exception {
#define EXCEPTION_NAME(name, word) EXCEPTION_##name,
	EXCEPTIONS(EXCEPTION_NAME)
#undef EXCEPTION_NAME
	EXCEPTION_COUNT
};

/*
 * PASS goes on as if nothing more were to become known. MAIN routes by the main
 * table what a strict uplink has no claim to.
 */
enum exception_action {
	EXCEPTION_PASS,
	EXCEPTION_DROP,
	EXCEPTION_MAIN,
	EXCEPTION_ACTIONS
};

/* The words of both, in order; each list ends with NULL. */
extern const char *const exception_words[];
extern const char *const exception_action_words[];

struct policy;

enum exception_action policy_exception(const struct policy *policy,
				       enum exception cause);

#endif
