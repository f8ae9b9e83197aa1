/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conntrack.h - a model of the kernel's connection tracking for replay: which
 * packets open a connection, belong to one, or are invalid, when connections
 * time out, and their marks. Timeouts are the kernel's defaults
 * (nf_conntrack-sysctl). A table belongs to one thread.
 */
#ifndef WAYMARK_CONNTRACK_H
#define WAYMARK_CONNTRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/packet/packet.h"

struct conntrack;

enum conntrack_state {
	CONNTRACK_NEW,		/* the packet opens a connection */
	CONNTRACK_KNOWN,
	CONNTRACK_RELATED,	/* an ICMP error, see conntrack_related() */
	CONNTRACK_INVALID,	/* never marked, never queued */
	CONNTRACK_UNTRACKED,	/* likewise; neighbour discovery etc. */
};

#define CONNTRACK_NO_OWNER 0

/*
 * A tuple. Packets that the kernel does not track have entries as well, so
 * that they are reported per flow. `owner` and `mark` belong to the caller and
 * are cleared when a connection begins.
 */
struct conntrack_entry {
	struct address src;	/* the client */
	struct address dst;
	uint16_t sport;
	uint16_t dport;
	uint32_t zone;
	uint8_t proto;
	uint8_t tcp_state;
	uint8_t tcp_fins;	/* FIN seen: bit 0 from client, 1 from server */
	bool is_tracked;	/* the kernel has an entry */
	bool has_reply;
	uint32_t mark;
	uintptr_t owner;
	uint64_t hash;
	uint64_t since_ns;
	uint64_t until_ns;
	struct conntrack_entry *next;
};

/* The connection of `owner` has ended; no entry refers to it any longer. */
typedef void (*conntrack_ended)(void *ctx, uintptr_t owner);

/*
 * Create a table for `max` entries; NULL when out of memory. As in the kernel,
 * expired entries are removed when encountered; a full table evicts the entry
 * that would time out first among a few. `ended` may be NULL.
 */
struct conntrack *conntrack_new(size_t max, conntrack_ended ended, void *ctx);
void conntrack_free(struct conntrack *conntrack);

/*
 * Track a decoded packet (DECODE_OK, reassembled). `hash` is the caller's hash
 * of the tuple, equal in both directions. 0 or -ENOMEM. The entry is borrowed
 * until the next call. An owner of CONNTRACK_NO_OWNER marks the first packet
 * of a connection, or of a flow that the kernel does not track. An untracked
 * flow that becomes a connection keeps its owner. Pass ICMP errors here only
 * when conntrack_related() finds nothing.
 */
int conntrack_track(struct conntrack *conntrack, const struct packet *pkt,
		    uint32_t zone, uint64_t hash,
		    struct conntrack_entry **ret_entry,
		    enum conntrack_state *ret_state, bool *ret_from_server);

/* Find the connection of `quoted`, the packet that an ICMP error of `now_ns`
 * quotes, with its hash; NULL when the kernel has none. The error travels in
 * the opposite direction of the quoted packet. */
struct conntrack_entry *conntrack_related(struct conntrack *conntrack,
					  const struct packet *quoted,
					  uint32_t zone, uint64_t hash,
					  uint64_t now_ns,
					  bool *ret_from_server);

/* Undo an entry whose first packet was dropped: the kernel never confirmed it,
 * so the next packet opens the connection again. */
void conntrack_drop(struct conntrack_entry *entry);

#endif
