/*
 * replay_whole.h - from the packets of a capture to those that conntrack gets
 * to see: fragments are put together as the kernel does it, and tunnels are
 * entered where that was asked for. One thread.
 */
#ifndef WAYMARK_REPLAY_WHOLE_H
#define WAYMARK_REPLAY_WHOLE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/packet/packet.h"

struct replay_whole;

/* A packet, and what it came in. */
struct whole {
	struct packet *packet;	/* maybe one of `room` */
	uint32_t packets;
	uint64_t bytes;		/* of IP, as the headers say */
	struct packet room[2];
};

/* NULL: out of memory. */
struct replay_whole *replay_whole_new(bool decap);
void replay_whole_free(struct replay_whole *whole);

/* `pkt` made whole, which may have changed it. False: a fragment of what is
 * not whole yet; ret->packet then says of what. */
bool replay_whole_take(struct replay_whole *whole, struct packet *pkt,
		       uint32_t zone, struct whole *ret);

#endif
