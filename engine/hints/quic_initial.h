/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quic_initial.h - QUIC's long headers, and opening the Initial packets that
 * anyone on the way can open (RFC 9000, 17.2; RFC 9001, 5). Pure functions.
 */
#ifndef WAYMARK_QUIC_INITIAL_H
#define WAYMARK_QUIC_INITIAL_H

#include "engine/packet/cursor.h"

enum quic_type { QUIC_INITIAL, QUIC_0RTT, QUIC_HANDSHAKE, QUIC_RETRY };

#define QUIC_CID_MAX 20	/* RFC 9000, 17.2 */
#define QUIC_KEY_LEN 16		/* AES-128-GCM (RFC 9001, 5.3) */
#define QUIC_IV_LEN 12

struct quic_packet {
	uint32_t version;
	enum quic_type type;
	struct cursor dcid;
	struct cursor scid;
	struct cursor whole;	/* header included; empty for a Retry */
	size_t number_at;	/* offset of the packet number in `whole` */
	bool is_greased;	/* the fixed bit is 0 (RFC 9287): only a packet
				 * that opens is one of QUIC */
};

/* A variable-length integer (RFC 9000, 16). */
uint64_t quic_varint(struct cursor *c);

/* Whether Initial packets of this version can be opened. */
bool quic_is_version(uint32_t version);

/*
 * Read one long-header packet of a known version and skip it; the rest of the
 * datagram may hold another one. False when it is none, or does not fit.
 */
bool quic_packet_read(struct cursor *datagram, struct quic_packet *ret);

/* The latest keys, which one connection uses again; all 0 at first. */
struct quic_keys {
	const void *version;	/* NULL: none yet */
	uint8_t dcid_len;
	uint8_t dcid[QUIC_CID_MAX];
	uint8_t key[QUIC_KEY_LEN];
	uint8_t iv[QUIC_IV_LEN];
	uint8_t mask_key[QUIC_KEY_LEN];
};

/*
 * Open a client's Initial packet with the keys that `dcid` gives, which is
 * the destination of the client's first one. The frames are written to
 * `plain`. False when the packet was not made with these keys: that it opens
 * is proof.
 */
bool quic_initial_open(const struct quic_packet *packet, struct cursor dcid,
		       struct quic_keys *keys, uint8_t *plain, size_t room,
		       struct cursor *ret_frames);

#endif
