/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clock.h - clocks for durations. No step of the wall clock changes them. Any
 * thread may call everything here.
 */
#ifndef WAYMARK_CLOCK_H
#define WAYMARK_CLOCK_H

#include <stdint.h>

/* The monotonic clock, which packets and timers are measured by. */
uint64_t clock_ns(void);
uint64_t clock_ms(void);

/* Time since the system started, including suspend. */
int64_t clock_boot_s(void);
uint64_t clock_boot_ms(void);

#define CLOCK_BOOT_ID_MAX 40
/* Read the ID of this boot of the system (random(4)); "" if it is unknown. */
void clock_boot_id(char id[static CLOCK_BOOT_ID_MAX]);

/*
 * A point in time that a later process can measure from: also after a restart
 * of the system, when only the wall clock, which may be wrong, spans the gap.
 */
struct clock_stamp {
	char boot_id[CLOCK_BOOT_ID_MAX];	/* "": unknown */
	int64_t boot_s;		/* clock_boot_s() */
	int64_t day_s;		/* the wall clock */
};

struct clock_stamp clock_stamp_now(void);

/*
 * Return the seconds from `then` to `now`, never less than 0. Within one boot
 * the wall clock is not used. Across boots the result is the difference of the
 * wall clock if that is plausible, and at least the time since boot.
 */
int64_t clock_stamp_age_s(const struct clock_stamp *then,
			  const struct clock_stamp *now);

#endif
