/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inspect.h - inspect a flow's packets for what their payload reveals: ask the
 * hints, keep payload only for those that need more, and know when to give up.
 * An inspector belongs to one worker; nothing allocates after inspect_init().
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
	size_t stream_bytes;		/* size of each stream in the pool */
	size_t stream_count;
	struct stream_pool *pool;
	struct search search;
	uint8_t *scratch;
	bool wants_ja4;
};

/*
 * Set up with room for `streams` streams. The policy is borrowed. 0 or -ENOMEM.
 * With `prev`, what it has and fits is not allocated again; inspect_inherit()
 * has to follow.
 */
int inspect_init(struct inspector *inspector, const struct policy *policy,
		 size_t streams, const struct inspector *prev);
void inspect_fini(struct inspector *inspector);

/* Move from `prev` what inspect_init() left out. Returns whether that includes
 * the streams, so that those held by flows stay valid. */
bool inspect_inherit(struct inspector *inspector, struct inspector *prev);

/* Set what the protocol alone determines of a new flow. */
void inspect_start(const struct inspector *inspector, struct flow *flow);

/*
 * Prepare a flow in progress for another policy: what does not depend on the
 * policy stays known, `names` are resolved again, and patterns are searched in
 * the streams that it still holds.
 */
void inspect_renew(const struct inspector *inspector, struct flow *flow,
		   const struct flow_names *names);

/*
 * Inspect a packet of `flow`, already counted in flow->packets: facts.known,
 * app, ALPN and host sets follow. `names` (flow_names()) get the host, and the
 * JA4 fingerprint if the policy tests one or `wants_ja4` is set. Once the
 * budget is spent or no hint is left, everything counts as known. Does nothing
 * for a flow about which everything is known.
 */
void inspect_packet(struct inspector *inspector, struct flow *flow,
		    struct flow_names *names, const struct packet *pkt,
		    bool from_server);

/* Return what the flow holds of the pool. */
void inspect_release(struct inspector *inspector, struct flow *flow);

#endif
