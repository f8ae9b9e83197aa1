/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seal_quic.h - make a client's Initial packets, for tests.
 */
#ifndef WAYMARK_SEAL_QUIC_H
#define WAYMARK_SEAL_QUIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUIC_V1 0x00000001u
#define QUIC_V2 0x6b3343cfu
#define QUIC_DRAFT_29 0xff00001du

struct seal {
	uint32_t version;
	const char *dcid;	/* eight bytes, in the header */
	/* input of the key derivation; NULL: the same */
	const char *key_dcid;
	uint32_t number;
	size_t pad_to;		/* length of the packet; 0: no padding */
	bool greased;		/* without the fixed bit (RFC 9287) */
};

/* Write a CRYPTO frame. Returns its length. */
size_t seal_crypto(uint8_t *to, size_t offset, const void *data, size_t len);

/* Seal `frames` into `to`, which has room for the packet. Returns its
 * length. */
size_t seal_initial(const struct seal *seal, const void *frames, size_t len,
		    uint8_t *to);

#endif
