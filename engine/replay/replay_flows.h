/*
 * replay_flows.h - the flows of a replay in the order of their first packet.
 *
 * Those that may still change are in memory, and as many of the latest as
 * replay_flows_new() was told; what is over and before those is in a temporary
 * file. So memory does not grow with the length of a capture. One thread.
 */
#ifndef WAYMARK_REPLAY_FLOWS_H
#define WAYMARK_REPLAY_FLOWS_H

#include <stddef.h>

#include "engine/replay/replay.h"

struct replay_flows;
struct replay_entry;		/* a flow that may still change */

/* NULL: out of memory. */
struct replay_flows *replay_flows_new(size_t keep);
void replay_flows_free(struct replay_flows *flows);

/* A flow, all zeros, to be changed until it ends; NULL: out of memory. What
 * `host` points to is given away with it. */
struct replay_entry *replay_entry_new(void);
struct replay_flow *replay_entry_flow(struct replay_entry *entry);
/* For who ends them later: a chain of any number, NULL for none. Returns the
 * chain with `entry` in front of it. */
struct replay_entry *replay_entry_chain(struct replay_entry *entry,
					struct replay_entry *chain);

/* One more, which is theirs from now on, even where it fails: 0, or what became
 * of the temporary file. */
int replay_flows_add(struct replay_flows *flows, struct replay_entry *entry);
/* Those that were added, and of this chain, do not change any more. */
void replay_flows_end(struct replay_flows *flows, struct replay_entry *chain);

size_t replay_flows_count(const struct replay_flows *flows);
/* Any flow, until the next call of any of these; NULL when it cannot be read
 * back, see replay_flows_error(). */
const struct replay_flow *replay_flows_read(struct replay_flows *flows,
					    size_t i);
/* Why something went wrong with the temporary file: 0 or -errno. */
int replay_flows_error(const struct replay_flows *flows);

#endif
