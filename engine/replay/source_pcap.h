/*
 * source_pcap.h - packets out of capture files (pcap, pcapng; micro- and
 * nanoseconds). One reader, one thread. A pcapng file may have interfaces of
 * several link types; frames of those that decode_frame() does not know are
 * DECODE_NOT_IP. It is an error when it knows none.
 */
#ifndef WAYMARK_SOURCE_PCAP_H
#define WAYMARK_SOURCE_PCAP_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/packet/packet.h"

#define SOURCE_ERROR_MAX 512

struct source_input;
struct source_pcap;

/* A frame as it lies in the file. */
struct source_raw {
	const uint8_t *data;	/* until the next call */
	uint32_t len;
	uint32_t wire_len;
	int dlt;
	uint64_t number;
	uint64_t time_ns;
};

struct source_frame {
	struct packet packet;	/* decoded; .status says what it is; data lives
				 * until the next call */
	uint64_t number;	/* of the frame in the file, from 1 */
	uint32_t vlan;		/* decode_frame() */
	uint32_t wire_len;	/* of the frame, before it was cut */
};

/*
 * Open `path` ("-": standard input), with a tcpdump filter or NULL. On failure
 * -errno or -EINVAL and a sentence in `error` that names the file and the mend.
 */
int source_pcap_open(const char *path, const char *filter,
		     struct source_pcap **ret_source,
		     char error[static SOURCE_ERROR_MAX]);
void source_pcap_close(struct source_pcap *source);

/* Decode a frame of this link type (pcap's DLT_*), whose data stays borrowed;
 * number, lengths and time are the caller's. */
void source_frame_decode(struct source_frame *frame, int dlt,
			 const uint8_t *data, uint32_t len);

/*
 * The next frame: 1; at the end 0; -EIO when the file is damaged or cut
 * within a packet, with a sentence in `error`: what came before is good.
 * Times that run backwards are kept at the latest time seen.
 */
int source_pcap_next(struct source_pcap *source, struct source_frame *ret,
		     char error[static SOURCE_ERROR_MAX]);

/* The same in two steps, for who puts `data` in another place between. */
int source_pcap_read(struct source_pcap *source, struct source_raw *ret,
		     char error[static SOURCE_ERROR_MAX]);
void source_raw_decode(const struct source_raw *raw, const uint8_t *data,
		       struct source_frame *ret);

/* Borrowed. */
struct source_input *source_pcap_input(const struct source_pcap *source);

#endif
