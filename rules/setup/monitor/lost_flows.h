/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lost_flows.h - remember the paths of translated flows whose conntrack entries
 * another program deletes: `conntrack -D`, `conntrack -F`.
 *
 * The next packet of such a flow begins a new entry in midstream. The policy
 * may have another path for it by now, where NAT gives it an address that its
 * server does not know. So the flow goes on via the path that it had. A thread
 * follows conntrack's events; firewalls see the flow as new, as they would
 * without waymark: what they refuse by now stays refused.
 *
 * - TCP: the first packet in midstream is queued, and the engine asks
 *   lost_flows_find(). conntrack reports the end of an entry before the entry
 *   is gone, so the answer never comes too late. A client that only receives
 *   is asked for a packet, see lost_prompt.h.
 * - UDP: an entry that begins with another address is replaced by one with the
 *   address that the flow had.
 *
 * Fixed memory; the oldest flow of a bucket is evicted.
 */
#ifndef WAYMARK_SETUP_LOST_FLOWS_H
#define WAYMARK_SETUP_LOST_FLOWS_H

#include <stdint.h>

#include "rules/policy/marks.h"
#include "rules/setup/kernel/flow_entries.h"

struct lost_flows;

/* Start the thread. Later policies must have the same marks. 0 or -errno. */
int lost_flows_start(const struct marks *marks, struct lost_flows **ret);
/* Accepts NULL. */
void lost_flows_stop(struct lost_flows *lost);

/* Return the path that a flow had, whose packets from the client have this
 * tuple; 0: it was not lost. `time_ns` is the time (clock_ns()) at which one of
 * them was received: the kernel is asked once for all packets of a time. For any
 * thread; neither allocates nor waits for the kernel. */
uint8_t lost_flows_find(struct lost_flows *lost, const struct flow_tuple *tuple,
			uint64_t time_ns);

#endif
