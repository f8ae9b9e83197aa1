/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipfix_encoder.h - messages of IPFIX (RFC 7011) from records of flows.
 *
 * libfixbuf encodes to memory: it never sees a socket, and never waits. One
 * encoder belongs to one thread.
 */
#ifndef WAYMARK_IPFIX_ENCODER_H
#define WAYMARK_IPFIX_ENCODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/ipfix/ipfix_record.h"

/* Of the encoder's messages, which the templates fit into. */
#define IPFIX_MESSAGE_MIN 1200
#define IPFIX_MESSAGE_MAX 16384

struct ipfix_encoder;

/* An encoder for an observation domain; NULL when out of memory. */
struct ipfix_encoder *ipfix_encoder_new(uint32_t domain);
void ipfix_encoder_free(struct ipfix_encoder *encoder);

/*
 * Begin a transport session, whose messages have at most `size` bytes. Returns
 * the number of records that were encoded for the earlier session and are lost.
 */
size_t ipfix_encoder_begin(struct ipfix_encoder *encoder, size_t size);

/* Send templates and names again: RFC 7011, 8.4, for UDP. */
void ipfix_encoder_repeat_templates(struct ipfix_encoder *encoder);

/* Records that are encoded and not in a message yet. */
size_t ipfix_encoder_pending(const struct ipfix_encoder *encoder);

/*
 * Encode records of `queue` until a message is full, or, if `is_due`, there are
 * none left. Returns the length of the message, which is borrowed until the
 * next call; 0: there is none yet. *ret_records: how many records it has.
 */
size_t ipfix_encoder_next(struct ipfix_encoder *encoder,
			  struct ipfix_queue *queue, bool is_due,
			  const uint8_t **ret_message, size_t *ret_records);

/* Records that could not be encoded. */
uint64_t ipfix_encoder_refused(const struct ipfix_encoder *encoder);

#endif
