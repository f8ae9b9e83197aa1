/*
 * expect.h - whether an expectation of a policy holds.
 */
#ifndef WAYMARK_EXPECT_H
#define WAYMARK_EXPECT_H

#include <stdbool.h>

#include "rules/policy.h"

struct expect_result {
	bool holds;
	const struct exempt *exempt;	/* that covers the flow; or NULL */
	const struct route *route;	/* that decides it; NULL when exempt */
};

/* All that the line does not say of payload counts as not there. */
void expect_check(const struct policy *policy, const struct expect *expect,
		  struct expect_result *ret);

#endif
