/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replay_reassembly.c - reassemble fragments and open tunnels. */
#include "engine/replay/replay_reassembly.h"

#include <stdlib.h>

#include "engine/packet/decode.h"
#include "engine/packet/defrag.h"

#define DEFRAG_DATAGRAMS 1024
#define PENDING 1024		/* datagrams whose fragments are counted */
#define PENDING_NS 30000000000u	/* the timeout of defrag.c */
#define TUNNELS_MAX 4

/* The fragments seen of an incomplete datagram. */
struct pending {
	struct address src;
	struct address dst;
	uint32_t id;
	uint32_t zone;
	uint32_t packets;
	uint64_t bytes;
	uint64_t since_ns;
};

struct replay_reassembly {
	struct defrag *defrag[2];	/* outside and inside tunnels */
	struct pending *pending;
	bool decap;
};

struct replay_reassembly *replay_reassembly_new(bool decap, size_t datagrams)
{
	struct replay_reassembly *reassembly = calloc(1, sizeof(*reassembly));

	if (reassembly == NULL)
		return NULL;
	if (datagrams == 0)
		datagrams = DEFRAG_DATAGRAMS;
	reassembly->decap = decap;
	reassembly->defrag[0] = defrag_new(datagrams);
	if (decap)
		reassembly->defrag[1] = defrag_new(datagrams);
	reassembly->pending = calloc(PENDING, sizeof(*reassembly->pending));
	if (reassembly->defrag[0] == NULL || reassembly->pending == NULL ||
	    (decap && reassembly->defrag[1] == NULL)) {
		replay_reassembly_free(reassembly);
		return NULL;
	}
	return reassembly;
}

void replay_reassembly_free(struct replay_reassembly *reassembly)
{
	if (reassembly == NULL)
		return;
	free(reassembly->pending);
	defrag_free(reassembly->defrag[0]);
	defrag_free(reassembly->defrag[1]);
	free(reassembly);
}

static struct pending *pending_of(struct replay_reassembly *reassembly,
				  const struct packet *pkt, uint32_t zone)
{
	uint64_t key = pkt->src.be64[1] * 31 + pkt->dst.be64[1] +
		       pkt->src.be64[0] + pkt->dst.be64[0] +
		       ((uint64_t)pkt->fragment_id << 16) + zone;
	struct pending *pending = &reassembly->pending[
		(key * 0x9e3779b97f4a7c15u >> 32) % PENDING];

	if (pending->id != pkt->fragment_id || pending->zone != zone ||
	    !address_equal(&pending->src, &pkt->src) ||
	    !address_equal(&pending->dst, &pkt->dst) ||
	    pkt->time_ns - pending->since_ns > PENDING_NS)
		*pending = (struct pending){
			.src = pkt->src,
			.dst = pkt->dst,
			.id = pkt->fragment_id,
			.zone = zone,
			.since_ns = pkt->time_ns,
		};
	return pending;
}

/* Count a fragment; returns true when it completes its datagram. */
static bool join(struct replay_reassembly *reassembly, uint32_t zone,
		 bool is_inside, struct reassembled *ret)
{
	struct pending *pending = pending_of(reassembly, ret->packet, zone);

	pending->packets++;
	pending->bytes += ret->packet->ip_len;
	if (!defrag_take(reassembly->defrag[is_inside], ret->packet,
			 &ret->room[is_inside]))
		return false;
	ret->packets = pending->packets;
	ret->bytes = pending->bytes;
	*pending = (struct pending){ 0 };
	ret->packet = &ret->room[is_inside];
	return true;
}

/* Replace a tunnel packet by its content; false when there is none. */
static bool enter(struct packet *pkt)
{
	struct packet inner;

	if (pkt->status != DECODE_OK || !decode_inner(pkt, &inner))
		return false;
	decode_ip(&inner);
	if (inner.status != DECODE_OK && inner.status != DECODE_FRAGMENT)
		return false;
	*pkt = inner;
	return true;
}

bool replay_reassembly_take(struct replay_reassembly *reassembly,
			    struct packet *pkt, uint32_t zone,
			    struct reassembled *ret)
{
	bool entered = false;

	ret->packet = pkt;
	ret->packets = 1;
	ret->bytes = pkt->ip_len;
	if (pkt->is_fragment && !join(reassembly, zone, false, ret))
		return false;
	if (!reassembly->decap)
		return true;
	for (int i = 0; i < TUNNELS_MAX && enter(ret->packet); i++)
		entered = true;
	if (!entered)
		return true;
	ret->packets = 1;
	ret->bytes = ret->packet->ip_len;
	return !ret->packet->is_fragment || join(reassembly, zone, true, ret);
}
