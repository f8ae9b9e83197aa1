/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lost_prompt.h - make the client of a TCP flow send a packet.
 *
 * A client that only receives sends nothing once conntrack has lost its flow:
 * what the server sends no longer reaches it. It answers a SYN of the server
 * with an acknowledgement, and the connection stays as it is (RFC 5961, 4).
 */
#ifndef WAYMARK_SETUP_LOST_PROMPT_H
#define WAYMARK_SETUP_LOST_PROMPT_H

#include <stddef.h>
#include <stdint.h>

#include "rules/setup/kernel/flow_entries.h"
#include "rules/tables/raw_ip.h"

#define LOST_PROMPT_MAX 60

/* Write the packet for the client of a flow with this original tuple; returns
 * its length. */
size_t lost_prompt_packet(const struct flow_tuple *flow,
			  uint8_t bytes[static LOST_PROMPT_MAX]);

/* Never waits; a packet that cannot be sent is given up. */
void lost_prompt_send(const struct raw_ip_sockets *sockets,
		      const struct flow_tuple *flow);

#endif
