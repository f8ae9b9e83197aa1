/*
 * decode_link.h - the walk from an Ethernet type to IP, which frames and
 * tunnels share. Within decode_*.c only. Pure, for any thread.
 */
#ifndef WAYMARK_DECODE_LINK_H
#define WAYMARK_DECODE_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "engine/packet/packet.h"

#define ETHERTYPE_ETHERNET 0x6558	/* RFC 1701: a whole frame follows */
#define ETHERTYPE_PPP 0x880b		/* RFC 2637 */

/* As decode_frame(), for `data` that an Ethernet type has announced. */
enum decode_status decode_link_walk(uint16_t ethertype, const uint8_t *data,
				    size_t len, size_t *ret_offset);

#endif
