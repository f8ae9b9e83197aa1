/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * traffic_flows.h - count what flows have carried since the previous reading of
 * connection tracking, and add it to groups. A table of fixed size remembers
 * the counters of each flow. Main thread only.
 *
 * What a flow is may be known before or after connection tracking is read. A
 * flow counts from its second reading on, so that what it is has had time to
 * arrive; nothing is lost by that, since its counters start at 0.
 */
#ifndef WAYMARK_TRAFFIC_FLOWS_H
#define WAYMARK_TRAFFIC_FLOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/traffic/traffic_groups.h"
#include "tools/traffic/flows_kernel.h"

enum traffic_kind {
	/* Known from connection tracking. */
	TRAFFIC_UPLINK,
	TRAFFIC_CLIENT,
	/* Known from the policy and the engine. */
	TRAFFIC_CLASS,
	TRAFFIC_ROUTE,
	TRAFFIC_APP,
	TRAFFIC_HOST,
	TRAFFIC_KINDS
};
#define TRAFFIC_NAMED TRAFFIC_CLASS

/* What a flow is, from TRAFFIC_NAMED on; NULL: unknown. */
struct traffic_names {
	const char *names[TRAFFIC_KINDS];
};

struct traffic_flows;

/* Room for `room` flows, a multiple of TRAFFIC_WAYS; 64 bytes each. NULL: out
 * of memory. */
struct traffic_flows *traffic_flows_new(size_t room);
void traffic_flows_free(struct traffic_flows *flows);
struct traffic_groups *traffic_flows_groups(struct traffic_flows *flows,
					    enum traffic_kind kind);

/* What the flow with these ends is, whichever of them is the client. */
void traffic_flows_name(struct traffic_flows *flows,
			const struct flows_entry *ends,
			const struct traffic_names *names);

/* An entry was read; `uplink` is where its mark leads. Return whether
 * traffic_flows_name_seen() should name it, if that is possible. */
bool traffic_flows_see(struct traffic_flows *flows,
		       const struct flows_entry *entry, const char *uplink,
		       bool is_settled);
/* Name the entry that was seen last. */
void traffic_flows_name_seen(struct traffic_flows *flows,
			     const struct traffic_names *names);
/* Count the entry that was seen last, or leave it for later. */
void traffic_flows_count_seen(struct traffic_flows *flows);

/* All entries were read, `seconds` after the previous time (0: the first). */
void traffic_flows_turn(struct traffic_flows *flows, double seconds);
/* Flows that found no room, times readings. */
uint64_t traffic_flows_uncounted(const struct traffic_flows *flows);

#endif
