/*
 * replay_reassembly.h - from the packets of a capture to those that conntrack gets
 * to see: fragments are put together as the kernel does it, and tunnels are
 * entered where that was asked for. One thread.
 */
#ifndef WAYMARK_REPLAY_REASSEMBLY_H
#define WAYMARK_REPLAY_REASSEMBLY_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/packet/packet.h"

struct replay_reassembly;

/* A packet, and what it came in. */
struct reassembled {
	struct packet *packet;	/* maybe one of `room` */
	uint32_t packets;
	uint64_t bytes;		/* of IP, as the headers say */
	struct packet room[2];
};

/* NULL: out of memory. */
struct replay_reassembly *replay_reassembly_new(bool decap);
void replay_reassembly_free(struct replay_reassembly *reassembled);

/* `pkt` made whole, which may have changed it. False: a fragment of what is
 * not whole yet; ret->packet then says of what. */
bool replay_reassembly_take(struct replay_reassembly *reassembled, struct packet *pkt,
		       uint32_t zone, struct reassembled *ret);

#endif
