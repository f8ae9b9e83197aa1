/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay_reassembly.h - turn the packets of a capture into those that
 * conntrack sees: reassemble fragments as the kernel does and, on request, open
 * tunnels. Belongs to one thread.
 */
#ifndef WAYMARK_REPLAY_REASSEMBLY_H
#define WAYMARK_REPLAY_REASSEMBLY_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/packet/packet.h"

struct replay_reassembly;

/* A packet and the packets of the capture that it came in. */
struct reassembled {
	struct packet *packet;	/* the caller's, or one of `room` */
	uint32_t packets;
	uint64_t bytes;		/* IP, from the headers */
	struct packet room[2];
};

/* Create a reassembler of `datagrams` at a time, 0: 1,024. NULL when out of
 * memory. */
struct replay_reassembly *replay_reassembly_new(bool decap, size_t datagrams);
void replay_reassembly_free(struct replay_reassembly *reassembly);

/* Take a packet, which may be modified, and return the complete one. False: a
 * fragment of an incomplete datagram, which is ret->packet. */
bool replay_reassembly_take(struct replay_reassembly *reassembly,
			    struct packet *pkt, uint32_t zone,
			    struct reassembled *ret);

#endif
