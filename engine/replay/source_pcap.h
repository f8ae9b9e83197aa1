/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source_pcap.h - read frames of capture files (pcap, pcapng; microseconds or
 * nanoseconds; also compressed, see source_input.h). A source belongs to one
 * thread. A pcapng file may have interfaces of several link types: frames of
 * unsupported ones are DECODE_NOT_IP; a file without any supported one is an
 * error.
 */
#ifndef WAYMARK_SOURCE_PCAP_H
#define WAYMARK_SOURCE_PCAP_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/packet/packet.h"

#define SOURCE_ERROR_MAX 512

struct source_input;
struct source_pcap;

/* A frame of the file, not decoded. */
struct source_raw {
	const uint8_t *data;	/* valid until the next call */
	uint32_t len;
	uint32_t wire_len;
	int dlt;
	uint64_t number;
	uint64_t time_ns;
};

struct source_frame {
	struct packet packet;	/* decoded, see its status; data is valid until
				 * the next call */
	uint64_t number;	/* of the frame in the file, from 1 */
	uint32_t vlan;		/* from decode_frame() */
	uint32_t wire_len;	/* original length of the frame */
};

/*
 * Open `path` ("-": standard input), with a pcap-filter(7) or NULL. 0, or
 * -errno with a message in `error` that names the file and the fix.
 */
int source_pcap_open(const char *path, const char *filter,
		     struct source_pcap **ret_source,
		     char error[static SOURCE_ERROR_MAX]);
void source_pcap_close(struct source_pcap *source);

/* Decode a frame of this link type (pcap's DLT_*); `data` is borrowed. The
 * caller sets number, wire length and time. */
void source_frame_decode(struct source_frame *frame, int dlt,
			 const uint8_t *data, uint32_t len);

/*
 * Read and decode the next frame. 1, 0 at the end, or -EIO when the file is
 * damaged or truncated, with a message in `error`; frames before that are
 * valid. A time that runs backwards is replaced by the latest time seen.
 */
int source_pcap_next(struct source_pcap *source, struct source_frame *ret,
		     char error[static SOURCE_ERROR_MAX]);

/* Read and decode in two steps, for callers that copy `data` in between. */
int source_pcap_read(struct source_pcap *source, struct source_raw *ret,
		     char error[static SOURCE_ERROR_MAX]);
void source_raw_decode(const struct source_raw *raw, const uint8_t *data,
		       struct source_frame *ret);

/* Return the input, which is borrowed. */
struct source_input *source_pcap_input(const struct source_pcap *source);

#endif
