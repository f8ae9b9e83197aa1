/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reach_warn.h - warn of routes that no flow reaches and, on request, of routes
 * and classes that overlap.
 */
#ifndef WAYMARK_REACH_WARN_H
#define WAYMARK_REACH_WARN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/util/diag.h"

struct policy;
struct vocabulary;

struct reach_options {
	bool overlaps;		/* also warn of overlaps */
	size_t max_nodes;
	uint64_t max_ms;
	/* Find the text of a place of the policy. */
	struct place (*place)(void *ctx, struct place place);
	void *ctx;
};

/* Add the warnings to `diag`, and one more if the limits were too small. 0 or
 * -ENOMEM. The policy is borrowed. */
int reach_warn(const struct policy *policy, const struct vocabulary *vocabulary,
	       const struct reach_options *options, struct diag *diag);

#endif
