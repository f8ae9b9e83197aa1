/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * progress.h - show the progress of a replay in one line of the terminal. A
 * separate thread rewrites it; the replay does no work for it. The line is
 * there once nothing else has been printed for a second, and gone when
 * something is, in the end, and when a signal ends the program.
 *
 * All of it is for the main thread, and NULL does nothing.
 */
#ifndef WAYMARK_PROGRESS_H
#define WAYMARK_PROGRESS_H

#include <stddef.h>

struct progress;
struct replay;

/* NULL: standard error is no terminal where a line can be rewritten, or there
 * is no room for a thread. */
struct progress *progress_new(size_t captures);
void progress_free(struct progress *progress);

/* The next capture, and who reads it; both are borrowed until the end. */
void progress_begin(struct progress *progress, struct replay *replay,
		    const char *path);
void progress_end(struct progress *progress);

/* Around what else is printed on the terminal. */
void progress_hold(struct progress *progress);
void progress_release(struct progress *progress);

#endif
