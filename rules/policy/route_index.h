/*
 * route_index.h - the first of many routes that holds, without a walk over
 * all of them.
 *
 * Each route is filed under leaves one of which has to be true before the
 * route can be: a list of servers, a set of ports, an application. The
 * look-ups that a flow's facts come from say which leaves are true, so that
 * only the routes filed there are evaluated. While payload is unknown, routes
 * filed under it can at best be unknown: those that wait for the same facts
 * behind the same test stand in one group, of which the first unknown one
 * says all there is to say.
 *
 * Written once by the compiler; afterwards any thread may read it.
 */
#ifndef WAYMARK_ROUTE_INDEX_H
#define WAYMARK_ROUTE_INDEX_H

#include "rules/util/arena.h"
#include "rules/policy/condition.h"

/* Whether the set of a leaf holds so much that most flows are in it. */
typedef bool (*set_is_wide)(const void *ctx, enum node_kind kind,
			    uint32_t set);

/*
 * An index of `count` routes, whose conditions are `nodes`; NULL when out of
 * memory. `arena` and `pool` outlive it.
 */
struct route_index *route_index_new(struct arena *arena,
				    const struct condition_pool *pool,
				    const uint32_t *nodes, size_t count,
				    set_is_wide is_wide, const void *ctx);

/*
 * The first route that is true, `count` when none is. Not final when one
 * above it is unknown; *ret_needs has the payload facts that could tell.
 */
size_t route_index_first(const struct route_index *index,
			 const struct facts *facts, bool *ret_is_final,
			 uint8_t *ret_needs);

#endif
