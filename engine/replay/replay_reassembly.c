/* replay_reassembly.c - fragments and tunnels of a capture. */
#include "engine/replay/replay_reassembly.h"

#include <stdlib.h>

#include "engine/packet/decode.h"
#include "engine/packet/defrag.h"

#define DEFRAG_DATAGRAMS 1024
#define PENDING 1024		/* datagrams whose fragments are counted */
#define PENDING_NS 30000000000u	/* as long as defrag keeps them */
#define TUNNELS_MAX 4

/* Fragments so far of a datagram that is not whole yet. */
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
	struct defrag *defrag[2];	/* outside and inside of tunnels */
	struct pending *pending;
	bool decap;
};

struct replay_reassembly *replay_reassembly_new(bool decap)
{
	struct replay_reassembly *reassembled = calloc(1, sizeof(*reassembled));

	if (reassembled == NULL)
		return NULL;
	reassembled->decap = decap;
	reassembled->defrag[0] = defrag_new(DEFRAG_DATAGRAMS);
	if (decap)
		reassembled->defrag[1] = defrag_new(DEFRAG_DATAGRAMS);
	reassembled->pending = calloc(PENDING, sizeof(*reassembled->pending));
	if (reassembled->defrag[0] == NULL || reassembled->pending == NULL ||
	    (decap && reassembled->defrag[1] == NULL)) {
		replay_reassembly_free(reassembled);
		return NULL;
	}
	return reassembled;
}

void replay_reassembly_free(struct replay_reassembly *reassembled)
{
	if (reassembled == NULL)
		return;
	free(reassembled->pending);
	defrag_free(reassembled->defrag[0]);
	defrag_free(reassembled->defrag[1]);
	free(reassembled);
}

static struct pending *pending_of(struct replay_reassembly *reassembled,
				  const struct packet *pkt, uint32_t zone)
{
	uint64_t key = pkt->src.be64[1] * 31 + pkt->dst.be64[1] +
		       pkt->src.be64[0] + pkt->dst.be64[0] +
		       ((uint64_t)pkt->fragment_id << 16) + zone;
	struct pending *pending = &reassembled->pending[
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

/* Count a fragment; true when it makes its datagram whole. */
static bool join(struct replay_reassembly *reassembled, uint32_t zone, bool is_inside,
		 struct reassembled *w)
{
	struct pending *pending = pending_of(reassembled, w->packet, zone);

	pending->packets++;
	pending->bytes += w->packet->ip_len;
	if (!defrag_take(reassembled->defrag[is_inside], w->packet,
			 &w->room[is_inside]))
		return false;
	w->packets = pending->packets;
	w->bytes = pending->bytes;
	*pending = (struct pending){ 0 };
	w->packet = &w->room[is_inside];
	return true;
}

/* Step into a tunnel; false where there is none, or nothing to read in it. */
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

bool replay_reassembly_take(struct replay_reassembly *reassembled, struct packet *pkt,
		       uint32_t zone, struct reassembled *ret)
{
	bool entered = false;

	ret->packet = pkt;
	ret->packets = 1;
	ret->bytes = pkt->ip_len;
	if (pkt->is_fragment && !join(reassembled, zone, false, ret))
		return false;
	if (!reassembled->decap)
		return true;
	for (int i = 0; i < TUNNELS_MAX && enter(ret->packet); i++)
		entered = true;
	if (!entered)
		return true;
	ret->packets = 1;
	ret->bytes = ret->packet->ip_len;
	return !ret->packet->is_fragment || join(reassembled, zone, true, ret);
}
