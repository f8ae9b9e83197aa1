/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * progress_line.h - how far a replay is, in one line for people.
 */
#ifndef WAYMARK_PROGRESS_LINE_H
#define WAYMARK_PROGRESS_LINE_H

#include <stddef.h>
#include <stdint.h>

#define PROGRESS_LINE_MAX 256	/* with its end */

struct progress_state {
	const char *path;	/* of the capture */
	size_t number;		/* of it, from 1 */
	size_t captures;
	uint64_t done;		/* bytes of it */
	uint64_t size;		/* 0: unknown */
	uint64_t packets;	/* of it, so far */
	uint64_t elapsed_ms;	/* since it was begun */
};

/* As much of it as goes into `columns`, "" where nothing does: the name is cut,
 * then one thing after the other is left out, the percent last. */
void progress_line(const struct progress_state *state, size_t columns,
		   char line[static PROGRESS_LINE_MAX]);

#endif
