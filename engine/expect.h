/* SPDX-License-Identifier: GPL-2.0-or-later */
/* expect.h - check whether an expectation of a policy holds. */
#ifndef WAYMARK_EXPECT_H
#define WAYMARK_EXPECT_H

#include <stdbool.h>

#include "engine/flow/decide.h"
#include "rules/policy/policy.h"

struct expect_result {
	bool holds;
	const struct exempt *exempt;	/* that covers the flow, or NULL */
	const struct route *route;	/* its route; NULL: exempt */
	struct path_set paths;	/* paths that it may take */
};

/* The paths that a described flow may take once `decision` was made for it:
 * several where a balance depends on ports that the description omits. */
struct path_set expect_paths(const struct policy *policy,
			     const struct expect *flow,
			     const struct decision *decision);

/* Check one `expect` line. Payload properties that it does not name count as
 * absent. */
void expect_check(const struct policy *policy, const struct expect *expect,
		  struct expect_result *ret);

#endif
