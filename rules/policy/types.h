/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * types.h - the choices of the policy language that syntax tree and policy
 * share.
 */
#ifndef WAYMARK_POLICY_TYPES_H
#define WAYMARK_POLICY_TYPES_H

/* What happens if the final path differs from the first one; AUTO: not set. */
enum late_policy { LATE_AUTO, LATE_KEEP, LATE_MOVE, LATE_RESET };

/* What happens to flows on the fallback when their uplink recovers; AUTO: not
 * set. */
enum failback_policy {
	FAILBACK_AUTO,
	FAILBACK_KEEP,
	FAILBACK_MOVE,
	FAILBACK_RESET,
};

/*
 * What happens to packets of new flows that get no verdict, since no engine
 * runs or a queue is full: main routes them; they take the default route; or
 * those that a strict uplink might claim are dropped. AUTO: not set.
 */
enum unanswered {
	UNANSWERED_AUTO,
	UNANSWERED_MAIN,
	UNANSWERED_DEFAULT,
	UNANSWERED_DROP,
};

enum outcome_kind {
	OUTCOME_VIA,
	OUTCOME_DROP,
	OUTCOME_EXEMPT,		/* expect lines only, as is the next */
	OUTCOME_NONE,		/* not stated */
};

#endif
