/*
 * quic_initial.h - QUIC's long headers, and opening the Initial packets that
 * anyone on the way can open (RFC 9000, 17.2; RFC 9001, 5). Pure functions.
 */
#ifndef WAYMARK_QUIC_INITIAL_H
#define WAYMARK_QUIC_INITIAL_H

#include "engine/cursor.h"

enum quic_type { QUIC_INITIAL, QUIC_0RTT, QUIC_HANDSHAKE, QUIC_RETRY };

#define QUIC_CID_MOST 20	/* RFC 9000, 17.2 */

struct quic_packet {
	uint32_t version;
	enum quic_type type;
	struct cursor dcid;
	struct cursor scid;
	struct cursor whole;	/* header included; empty for a Retry */
	size_t number_at;	/* offset of the packet number in `whole` */
};

/* A variable-length integer (RFC 9000, 16). */
uint64_t quic_varint(struct cursor *c);

/* Whether Initial packets of this version can be opened. */
bool quic_is_version(uint32_t version);

/*
 * Read one long-header packet of a known version and pass over it; what is
 * left of the datagram may hold another one. False when it is none, or does
 * not fit.
 */
bool quic_packet_read(struct cursor *datagram, struct quic_packet *ret);

/*
 * Open a client's Initial packet with the keys that `dcid` gives, which is
 * the destination of the client's first one. The frames are written to
 * `plain`. False when the packet was not made with these keys: that it opens
 * is proof.
 */
bool quic_initial_open(const struct quic_packet *packet, struct cursor dcid,
		       uint8_t *plain, size_t room, struct cursor *ret_frames);

#endif
