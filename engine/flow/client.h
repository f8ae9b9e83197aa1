/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * client.h - who shares memory fairly: a client is an IPv4 address or an IPv6
 * /64, since a machine chooses addresses within its network as it likes.
 */
#ifndef WAYMARK_CLIENT_H
#define WAYMARK_CLIENT_H

#include <stddef.h>
#include <stdint.h>

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

#endif
