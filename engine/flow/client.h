/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * client.h - who shares memory fairly: a client is an IPv4 address or an IPv6
 * /64, since a machine chooses addresses within its network as it likes.
 */
#ifndef WAYMARK_CLIENT_H
#define WAYMARK_CLIENT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "rules/tables/address.h"

/* The words that identify a client; 0 is no client. No IPv6 network has the
 * high half of an IPv4 client: ::/64 belongs to no client. */
static inline uint64_t client_of(const struct address *address)
{
	return address->be64[0] != 0 ? address->be64[0] : address->be64[1];
}

#define CLIENTS_MAX 8		/* places of a bucket */

/*
 * Find the places whose client has the most of `count` places (at most
 * CLIENTS_MAX), one bit each. Places of client 0 count for themselves.
 */
static inline unsigned int client_heaviest(const uint64_t *clients,
					   size_t count)
{
	unsigned int max = 0, places = 0;

	for (size_t i = 0; i < count; i++) {
		unsigned int share = 1;

		for (size_t other = 0; other < count; other++)
			share += other != i && clients[i] != 0 &&
				 clients[other] == clients[i];
		if (share > max) {
			max = share;
			places = 0;
		}
		if (share == max)
			places |= 1u << i;
	}
	return places;
}

#define CLIENT_ONES UINT64_C(0x0101010101010101)	/* 1 in each byte */

/* 1 in each byte where `word` has 0. */
static inline uint64_t client_zeros(uint64_t word)
{
	uint64_t low = 0x7f * CLIENT_ONES;

	return ~(((word & low) + low) | word | low) >> 7;
}

/* The same as client_heaviest() of CLIENTS_MAX places with a byte for each
 * client, all compared at once. Clients that share a byte count as one. */
static inline unsigned int
client_heaviest_bytes(const uint8_t clients[static CLIENTS_MAX])
{
	uint8_t shares[CLIENTS_MAX];
	unsigned int max = 0, places = 0;
	uint64_t word, share = CLIENT_ONES, known;

	memcpy(&word, clients, sizeof(word));
	known = CLIENT_ONES ^ client_zeros(word);
	for (unsigned int bits = 8; bits < 64; bits += 8)
		share += client_zeros(word ^ (word << bits |
					      word >> (64 - bits))) & known;
	if (share == CLIENT_ONES)
		return (1u << CLIENTS_MAX) - 1;
	memcpy(shares, &share, sizeof(shares));
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		max = shares[i] > max ? shares[i] : max;
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		places |= (unsigned int)(shares[i] == max) << i;
	return places;
}

#endif
