/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clock.h - the monotonic clock, which packets, timers and ages are measured
 * by. Any thread may call everything here.
 */
#ifndef WAYMARK_CLOCK_H
#define WAYMARK_CLOCK_H

#include <stdint.h>

uint64_t clock_ns(void);
uint64_t clock_ms(void);

/* Return the time of day minus the monotonic clock, in seconds. */
int64_t clock_offset_s(void);

#endif
