/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * route_index.h - find the first of many routes that matches without
 * evaluating all of them.
 *
 * Each route is indexed under leaves of which one must be true for the route
 * to match: a list of servers, a set of ports, an application. The look-ups in
 * struct facts show which leaves are true, and only routes indexed under these
 * are evaluated. While payload is unknown, a route indexed under payload can
 * be unknown at best. Such routes form groups that need the same facts and
 * share a test of headers: the first unknown route of a group decides for all.
 *
 * Written once by the compiler; afterwards any thread may read it.
 */
#ifndef WAYMARK_ROUTE_INDEX_H
#define WAYMARK_ROUTE_INDEX_H

#include "rules/util/arena.h"
#include "rules/policy/condition.h"

/* Whether a route, by its number, can be provisional: routes that drop are not,
 * since a flow that is dropped never shows its payload. */
typedef bool (*route_may_guess)(const void *ctx, size_t route);

/* Whether the set of a leaf is so large that most flows are in it. */
typedef bool (*set_is_wide)(const void *ctx, enum node_kind kind,
			    uint32_t set);

/*
 * Build an index of `count` routes whose conditions are `nodes`; NULL when out
 * of memory. `arena` and `pool` must outlive it.
 */
struct route_index *route_index_new(struct arena *arena,
				    const struct condition_pool *pool,
				    const uint32_t *nodes, size_t count,
				    set_is_wide is_wide, const void *ctx);

/*
 * Return the first route that is true when unknown facts are taken as false,
 * `count` when none is; of those that depend on that only routes that
 * `may_guess` accepts. The result is not final when it or a route above it is
 * unknown; then *ret_needs has the payload facts that could decide it.
 */
size_t route_index_first(const struct route_index *index,
			 const struct facts *facts, route_may_guess may_guess,
			 const void *ctx, bool *ret_is_final,
			 uint8_t *ret_needs);

#endif
