/*
 * expect.h - whether an expectation of a policy holds.
 */
#ifndef WAYMARK_EXPECT_H
#define WAYMARK_EXPECT_H

#include <stdbool.h>

#include "engine/flow/decide.h"
#include "rules/policy/policy.h"

struct expect_result {
	bool holds;
	const struct exempt *exempt;	/* that covers the flow; or NULL */
	const struct route *route;	/* that decides it; NULL when exempt */
	struct path_set paths;	/* those it may take: one, if it is told */
};

/* The paths that a flow in words may take once `decision` was made for it:
 * several where a balance asks for ports that the words leave out. */
struct path_set expect_paths(const struct policy *policy,
			     const struct expect *flow,
			     const struct decision *decision);

/* All that the line does not say of payload counts as not there. */
void expect_check(const struct policy *policy, const struct expect *expect,
		  struct expect_result *ret);

#endif
