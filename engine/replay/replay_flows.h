/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay_flows.h - the flows of a replay in the order of their first packet.
 *
 * Active flows and a number of the latest ones are in memory; earlier flows
 * that have ended are in a temporary file, so that memory does not grow with
 * the capture. Belongs to one thread.
 */
#ifndef WAYMARK_REPLAY_FLOWS_H
#define WAYMARK_REPLAY_FLOWS_H

#include <stddef.h>

#include "engine/replay/replay.h"

struct replay_flows;
struct replay_entry;		/* a flow that may still change */

/* Create a list that keeps `keep` flows in memory; NULL when out of memory. */
struct replay_flows *replay_flows_new(size_t keep);
void replay_flows_free(struct replay_flows *flows);

/* Create a zeroed flow, which may be modified until it ends; NULL when out of
 * memory. It owns `host`. */
struct replay_entry *replay_entry_new(void);
struct replay_flow *replay_entry_flow(struct replay_entry *entry);
/* Prepend `entry` to a chain of flows to end; NULL is the empty chain. Returns
 * the new chain. */
struct replay_entry *replay_entry_chain(struct replay_entry *entry,
					struct replay_entry *chain);

/* Append a flow and take ownership, even on failure. 0, or -errno of the
 * temporary file. */
int replay_flows_add(struct replay_flows *flows, struct replay_entry *entry);
/* Mark the added flows of this chain as ended; they change no further. */
void replay_flows_end(struct replay_flows *flows, struct replay_entry *chain);

size_t replay_flows_count(const struct replay_flows *flows);
/* Return flow `i`, valid until the next call of any function here; NULL when
 * it cannot be read back, see replay_flows_error(). */
const struct replay_flow *replay_flows_read(struct replay_flows *flows,
					    size_t i);
/* Return the first error of the temporary file: 0 or -errno. */
int replay_flows_error(const struct replay_flows *flows);

#endif
