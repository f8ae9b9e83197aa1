/*
 * defrag.h - puts fragments together, as conntrack does before the queue.
 * Live packets arrive whole; captures need this. One table, one thread.
 */
#ifndef WAYMARK_DEFRAG_H
#define WAYMARK_DEFRAG_H

#include <stddef.h>

#include "engine/packet/packet.h"

struct defrag;

/* Room for `datagrams` unfinished ones at a time; NULL when out of memory.
 * When full, or 30 s old by packet time (ipfrag_time, ip-sysctl), the oldest
 * is given up. */
struct defrag *defrag_new(size_t datagrams);
void defrag_free(struct defrag *defrag);

/*
 * Take a fragment (is_fragment). When it completes its datagram, true, and
 * *ret_whole is the whole packet, decoded, with time, mark and interface of
 * this last fragment and the TOS of the first; its data lives until the next
 * call. What was captured in part is not taken. A datagram with more than a
 * few dozen gaps at a time is given up. Overlaps: IPv4 keeps what came first,
 * as do exact duplicates; an overlapping IPv6 datagram is given up (RFC 5722).
 */
bool defrag_take(struct defrag *defrag, const struct packet *fragment,
		 struct packet *ret_whole);

#endif
