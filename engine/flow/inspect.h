/*
 * inspect.h - from a flow's packets to what its payload tells: asks the hints,
 * keeps payload only for those that want more, and knows when to give up. An
 * inspector is its worker's own; nothing here allocates after inspect_init().
 */
#ifndef WAYMARK_INSPECT_H
#define WAYMARK_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/flow/flow.h"
#include "engine/packet/packet.h"
#include "engine/flow/search.h"
#include "engine/flow/stream.h"
#include "rules/policy/policy.h"

struct inspector {
	const struct policy *policy;
	struct inspect budget;
	size_t stream_bytes;		/* of each stream in the pool */
	size_t stream_count;
	struct stream_pool *pool;
	struct search search;
	uint8_t *scratch;
	bool wants_ja4;
};

/*
 * Room for `streams` streams. The policy is borrowed. 0 or -ENOMEM. With
 * `before`, what it has and fits is not made anew: then inspect_inherit() has
 * to follow.
 */
int inspect_init(struct inspector *inspector, const struct policy *policy,
		 size_t streams, const struct inspector *prev);
void inspect_fini(struct inspector *inspector);

/* Take from `before` what inspect_init() left out. Returns whether that is so
 * of the streams: then those that flows hold stay good. */
bool inspect_inherit(struct inspector *inspector, struct inspector *prev);

/* A flow that has just been started: what its protocol alone tells. */
void inspect_start(const struct inspector *inspector, struct flow *flow);

/*
 * A flow that another policy's inspector has heard before: what it was told
 * stays known as far as it does not depend on the policy, `names` are looked up
 * anew, and patterns are searched in what streams it still holds.
 */
void inspect_renew(const struct inspector *inspector, struct flow *flow,
		   const struct flow_names *names);

/*
 * Hear a packet of `flow`, already counted in flow->packets: facts.known, app,
 * ALPN and host sets follow what it tells; `names` (flow_names()) get the host,
 * and the JA4 fingerprint if the policy tests one or `wants_ja4` is set.
 * When the budget is spent or no hint is left to ask, all is known. Does
 * nothing for a flow of which all is known.
 */
void inspect_packet(struct inspector *inspector, struct flow *flow,
		    struct flow_names *names, const struct packet *pkt,
		    bool from_server);

/* Give back what the flow holds of the pool. */
void inspect_release(struct inspector *inspector, struct flow *flow);

#endif
