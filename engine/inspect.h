/*
 * inspect.h - from a flow's packets to what its payload tells: asks the hints,
 * keeps payload only for those that want more, and knows when to give up.
 * An inspector is its worker's own; nothing here allocates after inspect_init().
 */
#ifndef WAYMARK_INSPECT_H
#define WAYMARK_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/flow.h"
#include "engine/packet.h"
#include "engine/search.h"
#include "engine/stream.h"
#include "rules/policy.h"

struct inspector {
	const struct policy *policy;
	struct inspect budget;
	struct stream_pool *pool;
	struct search search;
	uint8_t *scratch;
};

/* Room for `streams` streams. The policy is borrowed. 0 or -ENOMEM. */
int inspect_init(struct inspector *inspector, const struct policy *policy,
		 size_t streams);
void inspect_fini(struct inspector *inspector);

/* A flow that has just been started: what its protocol alone tells. */
void inspect_start(const struct inspector *inspector, struct flow *flow);

/*
 * Hear a packet of `flow`, already counted in flow->packets: facts.known, app,
 * ALPN and host sets follow what it tells; `host` (flow_host()) gets the name.
 * When the budget is spent or no hint is left to ask, all is known. Does
 * nothing for a flow of which all is known.
 */
void inspect_packet(struct inspector *inspector, struct flow *flow, char *host,
		    const struct packet *pkt, bool from_server);

/* Give back what the flow holds of the pool. */
void inspect_release(struct inspector *inspector, struct flow *flow);

#endif
