/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * expectation.h - expect lines, and flows in the words of expect lines.
 */
#ifndef WAYMARK_POLICY_EXPECTATION_H
#define WAYMARK_POLICY_EXPECTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/util/diag.h"
#include "rules/policy/balance.h"
#include "rules/policy/facts.h"
#include "rules/policy/types.h"

struct policy;
struct vocabulary;

struct expect {
	struct place place;
	const char *text;		/* canonical */
	struct facts facts;		/* all known, sets looked up */
	bool has_all_ports;		/* both given, or not applicable */
	const char *host;		/* canonical; NULL: not given */
	const char *app;
	const char *alpn;
	const char *ja4;
	const char *interface;
	uint32_t uid;			/* UID_NONE: not given */
	/* What the line states; OUTCOME_NONE and LATE_AUTO: nothing. */
	enum outcome_kind first;	/* of the packet that opens the flow */
	enum outcome_kind outcome;	/* of the policy, in the end */
	enum late_policy late;		/* of the flow, if the two differ */
	struct path_set first_paths;	/* one of which is expected */
	struct path_set paths;
};

/* `expect never`: no flow that the condition matches has the outcome. */
struct never {
	struct place place;
	const char *text;		/* canonical */
	uint32_t node;			/* the condition */
	enum outcome_kind outcome;	/* OUTCOME_NONE: any, in a query */
	bool is_first;			/* of the first packet only */
	struct path_set paths;		/* one of which is meant */
};

size_t policy_nevers(const struct policy *policy);
const struct never *policy_never(const struct policy *policy, size_t i);

size_t policy_expects(const struct policy *policy);
const struct expect *policy_expect(const struct policy *policy, size_t i);

/*
 * Parse a flow written as an expect line without "expect" and without the
 * outcome, as `explain` takes it. 0, -EINVAL with errors in `diag`, or
 * -ENOMEM. Free *ret_flow with policy_flow_free().
 */
int policy_flow_parse(const struct policy *policy,
		      const struct vocabulary *vocabulary, const char *words,
		      struct diag *diag, struct expect **ret_flow);
void policy_flow_free(struct expect *flow);

#endif
