/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * expect.h - what a policy makes of a flow that is described in words, and
 * whether that is what an `expect` line states.
 */
#ifndef WAYMARK_EXPECT_H
#define WAYMARK_EXPECT_H

#include <stdbool.h>

#include "engine/flow/decide.h"
#include "rules/policy/policy.h"

/*
 * The course of a described flow. Payload properties that the description does
 * not name are absent to the end. Path sets have several members where a
 * balance depends on ports that the description omits.
 */
struct expect_course {
	bool has_payload;	/* a payload property is described */
	bool waits;		/* headers alone do not decide */
	struct facts opening;	/* what the first packet shows */
	struct decision first;	/* for the first packet */
	struct decision last;	/* once everything described is known */
	struct path_set first_paths, last_paths;
	/* What may become of the flow then: bits 1 << enum late_policy, with
	 * LATE_AUTO where its path does not change. */
	unsigned late;
};

void expect_course(const struct policy *policy, const struct expect *flow,
		   struct expect_course *ret);

struct expect_result {
	bool holds;			/* all that the line states */
	bool first_holds, last_holds, late_holds;
	const struct exempt *exempt;	/* that covers the flow, or NULL */
	const struct route *route;	/* its route; NULL: exempt */
	struct path_set paths;		/* paths that it may take */
	struct expect_course course;	/* unless it is exempt */
};

/* Check one `expect` line. */
void expect_check(const struct policy *policy, const struct expect *expect,
		  struct expect_result *ret);

#endif
