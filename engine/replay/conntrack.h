/*
 * conntrack.h - the kernel's connection tracking as far as replay needs it:
 * which packets begin a flow, which belong to one, which the kernel calls
 * invalid, how long a flow is remembered, and its mark. Timeouts are the
 * kernel's defaults (nf_conntrack-sysctl). One thread.
 */
#ifndef WAYMARK_CONNTRACK_H
#define WAYMARK_CONNTRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/packet/packet.h"

struct conntrack;

enum conntrack_state {
	CONNTRACK_NEW,		/* its life begins with this packet */
	CONNTRACK_KNOWN,
	CONNTRACK_RELATED,	/* an ICMP error, see conntrack_related() */
	CONNTRACK_INVALID,	/* never marked, never queued */
	CONNTRACK_UNTRACKED,	/* the same: neighbour discovery and the like */
};

#define CONNTRACK_NO_OWNER 0

/*
 * What is remembered of a tuple. What the kernel forgets or never knew is
 * still an entry here, so that such packets can be told by flow as well;
 * `owner` and `mark` are the caller's, cleared as a life begins.
 */
struct conntrack_entry {
	struct address src;	/* who opened it */
	struct address dst;
	uint16_t sport;
	uint16_t dport;
	uint32_t zone;
	uint8_t proto;
	uint8_t tcp_state;
	uint8_t tcp_fins;	/* TCP_FIN seen: bit 0 opener, 1 the other */
	bool is_tracked;	/* the kernel has it */
	bool has_reply;
	uint32_t mark;
	uintptr_t owner;
	uint64_t hash;
	uint64_t since_ns;
	uint64_t until_ns;
	struct conntrack_entry *next;
};

/* A life of `owner` is over: it is not seen any more. */
typedef void (*conntrack_ended)(void *ctx, uintptr_t owner);

/*
 * Room for `most` entries. As in the kernel, what has timed out goes when it is
 * come upon; when all live, the one that is to time out first of a few makes
 * way. `ended` may be NULL; NULL: out of memory.
 */
struct conntrack *conntrack_new(size_t max, conntrack_ended ended, void *ctx);
void conntrack_free(struct conntrack *conntrack);

/*
 * Track a decoded packet (DECODE_OK, whole). `hash` is the caller's, of its
 * tuple, the same in both directions. 0 or -ENOMEM. The entry is borrowed
 * until the next call. An owner of CONNTRACK_NO_OWNER: a life begins, to the
 * kernel or, for what it never tracks, to us. A packet that turns a tuple which
 * was only invalid so far into a tracked one keeps the owner. An ICMP error
 * comes here where conntrack_related() knows of nothing.
 */
int conntrack_track(struct conntrack *conntrack, const struct packet *pkt,
		    uint32_t zone, uint64_t hash,
		    struct conntrack_entry **ret_entry,
		    enum conntrack_state *ret_state, bool *ret_from_server);

/* The entry that the kernel has of `quoted`, which an ICMP error of `now_ns`
 * quotes and which has this hash; NULL: none. An error goes to who sent what
 * it quotes. */
struct conntrack_entry *conntrack_related(struct conntrack *conntrack,
					  const struct packet *quoted,
					  uint32_t zone, uint64_t hash,
					  uint64_t now_ns,
					  bool *ret_from_server);

/* The packet that began this entry's life was dropped: the kernel never
 * confirmed it, so the next packet begins anew. */
void conntrack_drop(struct conntrack_entry *entry);

#endif
