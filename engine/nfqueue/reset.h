/*
 * reset.h - the end of a flow, as its client believes it: a TCP reset in the
 * server's name and in its place of the stream, or an ICMP port unreachable.
 * A sender belongs to one thread.
 */
#ifndef WAYMARK_RESET_H
#define WAYMARK_RESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/packet/packet.h"

/* Room for any packet that reset_packet() makes. */
#define RESET_MAX 128

/*
 * The packet, from its IP header on, that ends the flow of `pkt` for its
 * client: TCP or UDP, decoded. It fits only if `pkt` is let through when it is
 * the client's, and dropped when it is the server's. Returns its length, 0
 * where there is no such packet.
 */
size_t reset_packet(const struct packet *pkt, bool from_server,
		    uint8_t bytes[static RESET_MAX]);

struct reset_sender;

/* What it sends carries `mark`, so that it is neither queued nor marked anew.
 * NULL with errno set: no privilege, or no memory. */
struct reset_sender *reset_sender_new(uint32_t mark);
void reset_sender_free(struct reset_sender *sender);
/* Whether it went out. */
bool reset_send(struct reset_sender *sender, const struct packet *pkt,
		bool from_server);

#endif
