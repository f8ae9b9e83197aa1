/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset_count.h - write the counters (counters.h) and the chains that count:
 *
 *   settle_N    settles a flow on path N by its headers (through count_N)
 *   inbound_N   settles a flow that arrived by uplink N on it
 *   keep_nat_N  settles a flow on its first path, since it is translated
 *   set_N       sets path N in conntrack and on the packet
 *   route_ID    counts a header-only route
 */
#ifndef WAYMARK_SETUP_RULESET_COUNT_H
#define WAYMARK_SETUP_RULESET_COUNT_H

#include <stdbool.h>
#include <stdio.h>

struct plan;
struct plan_path;

/* Write the counters. Declaring one that exists does not reset it. */
void ruleset_count_write(const struct plan *plan, FILE *out);
/* Write the chains that settle flows on a path. */
void ruleset_count_write_path(const struct plan *plan,
			      const struct plan_path *path, FILE *out);

/* Whether a counter's, or a route chain's, name is one of ours under any plan;
 * and whether the plan has it. */
bool ruleset_count_is(const char *name);
bool ruleset_count_is_route(const char *name);
bool ruleset_count_has(const struct plan *plan, const char *name);

#endif
