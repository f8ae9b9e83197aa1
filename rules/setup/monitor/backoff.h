/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backoff.h - count how often each object had to be restored. After more than
 * BACKOFF_AFTER times within a minute another program is undoing our changes,
 * and they are retried at growing intervals.
 */
#ifndef WAYMARK_SETUP_BACKOFF_H
#define WAYMARK_SETUP_BACKOFF_H

#include <stdint.h>

/* Restorations within a minute before backoff starts. */
#define BACKOFF_AFTER 5

#define BACKOFF_THINGS 64
#define BACKOFF_THING_MAX 256

struct backoff {
	char thing[BACKOFF_THING_MAX];
	uint64_t since_ms;	/* start of the minute of `count` */
	uint64_t last_ms;
	uint64_t until_ms;	/* not restored before this time */
	uint64_t pause_ms;
	unsigned int count;
	int refused;		/* the kernel's last error, which was logged */
};

/* All zero: empty. The entry that was idle longest is evicted. */
struct backoffs {
	struct backoff items[BACKOFF_THINGS];
};

enum backoff_state {
	BACKOFF_NONE,	/* restore it */
	BACKOFF_BEGIN,	/* wait, and report the conflict */
	BACKOFF_ACTIVE,	/* wait */
};

/* Find the entry of an object; adds it if there is none. */
struct backoff *backoff_of(struct backoffs *backoffs, const char *thing);
/* Count one more restoration. Whether to carry it out. */
enum backoff_state backoff_count(struct backoff *backoff, uint64_t now_ms);
/* The kernel accepted all steps: a later refusal is logged again. */
void backoff_clear_refusals(struct backoffs *backoffs);
/* Return when the next wait ends; 0: nothing waits. */
uint64_t backoff_next_ms(const struct backoffs *backoffs, uint64_t now_ms);

#endif
