/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * defrag.h - reassemble IP fragments.
 * Live packets were reassembled by conntrack; captures need this table.
 * A table belongs to one thread.
 */
#ifndef WAYMARK_DEFRAG_H
#define WAYMARK_DEFRAG_H

#include <stddef.h>

#include "engine/packet/packet.h"

struct defrag;

/* Create a table for `datagrams` incomplete datagrams; NULL when out of
 * memory. A full table evicts the oldest one; each is dropped after 30 s of
 * packet time (ipfrag_time, ip-sysctl). */
struct defrag *defrag_new(size_t datagrams);
void defrag_free(struct defrag *defrag);

/*
 * Add a fragment (is_fragment). Returns true when it completes its datagram:
 * *ret_packet is the reassembled, decoded packet, with the time, mark and
 * interface of this fragment and the TOS of the first one. Its data is valid
 * until the next call. Truncated fragments are ignored. A datagram with more
 * than a few dozen gaps is dropped. Of overlapping IPv4 data the first copy is
 * kept; an IPv6 datagram with overlaps is dropped (RFC 5722).
 */
bool defrag_take(struct defrag *defrag, const struct packet *fragment,
		 struct packet *ret_packet);

#endif
