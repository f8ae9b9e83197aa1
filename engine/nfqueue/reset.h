/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reset.h - end a flow at its client: by a TCP reset in the server's name at
 * the exact sequence number, or by an ICMP port unreachable. A sender belongs
 * to one thread.
 */
#ifndef WAYMARK_RESET_H
#define WAYMARK_RESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/packet/packet.h"

/* Room for any packet of reset_packet(). */
#define RESET_MAX 128

/*
 * Build the packet, from its IP header on, that ends the flow of `pkt` (TCP or
 * UDP, decoded) for its client. It assumes that `pkt` is accepted if it is the
 * client's and dropped if it is the server's. Returns the length; 0: there is
 * no such packet.
 */
size_t reset_packet(const struct packet *pkt, bool from_server,
		    uint8_t bytes[static RESET_MAX]);

struct reset_sender;

/* Open raw sockets whose packets carry `mark`, so that they are neither queued
 * nor marked again. NULL with errno set: no privilege, or no memory. */
struct reset_sender *reset_sender_new(uint32_t mark);
void reset_sender_free(struct reset_sender *sender);
/* Send that packet; true if it was sent. */
bool reset_send(struct reset_sender *sender, const struct packet *pkt,
		bool from_server);

#endif
