/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy.h - a compiled policy. What a policy has to offer is
 * declared in the headers below; include the one that you need.
 *
 * A policy is immutable and read by all workers without a lock, except for the
 * set of uplinks that are down. It owns copies of all it needs: the syntax tree
 * may be freed. Names and places live as long as the policy.
 */
#ifndef WAYMARK_POLICY_H
#define WAYMARK_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/util/diag.h"
#include "rules/policy/exempt.h"
#include "rules/policy/expectation.h"
#include "rules/policy/marks.h"
#include "rules/policy/resolve.h"
#include "rules/policy/route.h"
#include "rules/policy/settings.h"
#include "rules/policy/uplink.h"

struct policy;

void policy_free(struct policy *policy);

/* A host name in an address list, once for each place. */
struct policy_host {
	const char *name;
	const char *list;	/* that contains it; NULL: a statement */
	struct place place;
	const struct address *addresses;	/* used for it */
	size_t count;
};

size_t policy_hosts(const struct policy *policy);
const struct policy_host *policy_host(const struct policy *policy, size_t i);
struct name_limits policy_name_limits(const struct policy *policy);

#endif
