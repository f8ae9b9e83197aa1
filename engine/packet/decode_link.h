/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode_link.h - find IP behind an Ethernet type, for frames and tunnels.
 * Private to decode_*.c. Pure functions; any thread may call them.
 */
#ifndef WAYMARK_DECODE_LINK_H
#define WAYMARK_DECODE_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "engine/packet/packet.h"

#define ETHERTYPE_ETHERNET 0x6558	/* RFC 1701: an Ethernet frame */
#define ETHERTYPE_PPP 0x880b		/* RFC 2637 */

/* Find the IP header in `data`, whose type is `ethertype`. Returns what
 * decode_frame() does. */
enum decode_status decode_link_walk(uint16_t ethertype, const uint8_t *data,
				    size_t len, size_t *ret_offset);

#endif
