/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * marks.h - the layout of marks: which bits belong to waymark, and their
 * meaning. Packets (fwmark) and conntrack entries have the same layout.
 *
 * The top bit of the mask is "settled"; the bits below it are the path number,
 * shifted to the lowest bit of the mask. Path 0 means that waymark has not
 * seen the flow. The highest path is main, the one below it drop.
 */
#ifndef WAYMARK_MARKS_H
#define WAYMARK_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct policy;

#define MARKS_MASK_DEFAULT 0x7f000000u
#define MARKS_PATHS 256		/* a path number fits in a byte */

struct marks {
	uint32_t mask;
	uint32_t settled;	/* one bit of the mask */
	uint32_t path_mask;	/* the others */
	uint8_t shift;
	uint8_t path_main;
	uint8_t path_drop;	/* the kernel drops the rest of the flow */
	uint8_t path_max;	/* the highest path of an uplink */
};

/* Whether the bits are contiguous and enough for main, drop and an uplink. */
bool marks_mask_is_usable(uint64_t mask);

/* The layout of a usable mask. */
struct marks marks_layout(uint32_t mask);

/* The mark of a path, without foreign bits. */
static inline uint32_t marks_of(const struct marks *m, uint8_t path,
				bool settled)
{
	return (uint32_t)path << m->shift | (settled ? m->settled : 0);
}

/* Replace waymark's bits in `old`; foreign bits stay. */
static inline uint32_t marks_merge(const struct marks *m, uint32_t old,
				   uint32_t ours)
{
	return (old & ~m->mask) | ours;
}

static inline uint8_t marks_path(const struct marks *m, uint32_t mark)
{
	return (uint8_t)((mark & m->path_mask) >> m->shift);
}

const struct marks *policy_marks(const struct policy *policy);

/* The mark bits of a well-known program. */
struct marks_program {
	const char *name;
	uint32_t bits;
	const char *sign;	/* a file that exists while it runs, or NULL */
};

extern const struct marks_program marks_programs[];
extern const size_t marks_program_count;

#endif
