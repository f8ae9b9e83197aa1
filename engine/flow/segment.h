/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * segment.h - find the place of TCP segments in the stream of their side, and
 * leave urgent bytes out of it: receivers take the urgent byte out of the data
 * (RFC 6093, 3.1), so a host name must not be read with it. Works on a flow of
 * the calling worker.
 */
#ifndef WAYMARK_SEGMENT_H
#define WAYMARK_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/flow/flow.h"
#include "engine/packet/cursor.h"

/* Whether the segment acknowledges something, and up to where. */
bool segment_ack(const struct packet *pkt, uint32_t *ret_ack);

/*
 * Note where the side's stream begins: after its SYN or, in midstream, with
 * the first payload that is no keep-alive. The server's SYN may have passed
 * outside of the queue: then its stream begins where the client's first payload
 * acknowledges it, as what the server sent before that would be queued.
 */
void segment_note_isn(struct flow *flow, const struct packet *pkt, bool side);

/*
 * Some stacks send the zeros that pad a short frame as a segment, in place of
 * the stream's first bytes. Set such a segment aside until the position of the
 * next one shows whether it was data. Returns false for other segments.
 */
#define SEGMENT_PADDING_MAX 6	/* in a frame with 54 bytes of headers */
bool segment_put_aside(struct flow *flow, bool side, struct cursor payload,
		       uint32_t offset);

/* Note the urgent byte that `pkt` announces, if it is among the first `max`
 * bytes of this side's stream. A flow has room for FLOW_URGENT_MAX. */
void segment_note_urgent(struct flow *flow, const struct packet *pkt,
			 bool side, uint32_t max);

/* Insert a segment into the side's stream without its urgent bytes, which
 * `offset` counts. Returns whether there are more contiguous bytes. */
bool segment_insert(struct flow *flow, bool side, uint32_t offset,
		    struct cursor payload);

#endif
