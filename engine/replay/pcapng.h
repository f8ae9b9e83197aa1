/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pcapng.h - read pcapng files (draft-ietf-opsawg-pcapng). libpcap rejects
 * files whose interfaces differ in link type or snap length, which is common
 * in merged captures and in captures of several interfaces.
 * Private to source_pcap.c. A reader belongs to one thread.
 */
#ifndef WAYMARK_PCAPNG_H
#define WAYMARK_PCAPNG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct pcapng;

struct pcapng_frame {
	const uint8_t *data;	/* valid until the next call */
	uint32_t len;
	uint32_t wire_len;
	int dlt;
	bool has_time;
	uint64_t time_ns;
};

/* Create a reader of `file`, which is borrowed; NULL when out of memory. */
struct pcapng *pcapng_new(FILE *file);
void pcapng_free(struct pcapng *reader);

/* Read the next frame. 1, 0 at the end, or -EIO or -ENOMEM with *ret_why. */
int pcapng_next(struct pcapng *reader, struct pcapng_frame *ret_frame,
		const char **ret_why);

/* Return the link type of an interface defined so far in the current section;
 * -1 after the last one. */
int pcapng_link(const struct pcapng *reader, size_t index);

#endif
