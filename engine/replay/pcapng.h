/*
 * pcapng.h - reads pcapng files (draft-ietf-opsawg-pcapng). libpcap reads
 * them too, but refuses a file whose interfaces differ in link type or snap
 * length, as those that were merged or taken from several interfaces do.
 * Within source_pcap.c only. One reader, one thread.
 */
#ifndef WAYMARK_PCAPNG_H
#define WAYMARK_PCAPNG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct pcapng;

struct pcapng_frame {
	const uint8_t *data;	/* until the next call */
	uint32_t len;
	uint32_t wire_len;
	int dlt;
	bool has_time;
	uint64_t time_ns;
};

/* Read from `file`, which stays the caller's; NULL when out of memory. */
struct pcapng *pcapng_new(FILE *file);
void pcapng_free(struct pcapng *reader);

/* The next frame: 1; at the end 0; -EIO or -ENOMEM, with *ret_why. */
int pcapng_next(struct pcapng *reader, struct pcapng_frame *ret_frame,
		const char **ret_why);

/* The link types of the current section's interfaces so far, by index; -1
 * past the last. */
int pcapng_link(const struct pcapng *reader, size_t index);

#endif
