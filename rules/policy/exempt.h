/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exempt.h - the exemptions of a policy: traffic that waymark leaves alone.
 */
#ifndef WAYMARK_POLICY_EXEMPT_H
#define WAYMARK_POLICY_EXEMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/util/diag.h"
#include "rules/tables/address.h"

struct policy;

/* The kernel needs about 170 bytes per range. */
#define EXEMPT_RANGES_MAX 1048576u
#define EXEMPT_RULES_MAX 4096u		/* of them `by rule` */

struct exempt_range {
	struct address first;
	struct address last;
};

struct exempt {
	struct place place;
	bool to;			/* servers; else clients */
	bool by_rule;
	uint32_t set;			/* an address set of the policy */
	const struct exempt_range *ranges;	/* with files and lists */
	size_t range_count;
};

size_t policy_exempts(const struct policy *policy);
const struct exempt *policy_exempt(const struct policy *policy, size_t i);
/* The first exemption of a flow from `client` to `server`, or NULL. */
const struct exempt *policy_exempt_of(const struct policy *policy,
				      const struct address *client,
				      const struct address *server);

/* ---- foreign rules that come first ---- */

#define AHEAD_MAX 32u

/* A foreign routing table, or the preference of foreign rules. */
struct policy_ahead {
	bool is_pref;
	uint32_t number;
};

size_t policy_aheads(const struct policy *policy);
const struct policy_ahead *policy_ahead(const struct policy *policy, size_t i);

#endif
