/*
 * ruleset_count.h - the counters of the ruleset (counters.h), and the chains
 * that count: take_N for a flow that is settled by its headers, come_N for one
 * that came in by an uplink, keep_N for one that the engine settled and NAT
 * keeps on its path, route_ID for what a route decides.
 */
#ifndef WAYMARK_SETUP_RULESET_COUNT_H
#define WAYMARK_SETUP_RULESET_COUNT_H

#include <stdbool.h>
#include <stdio.h>

struct plan;
struct plan_path;

/* The counters; of those that are there, none changes. */
void ruleset_count_write(const struct plan *plan, FILE *out);
/* What settles flows on a path. */
void ruleset_count_write_path(const struct plan *plan,
			      const struct plan_path *path, FILE *out);

/* Whether a counter, or a chain of a route, is made here, whatever the plan;
 * and whether the plan has it. */
bool ruleset_count_is(const char *name);
bool ruleset_count_is_route(const char *name);
bool ruleset_count_has(const struct plan *plan, const char *name);

#endif
