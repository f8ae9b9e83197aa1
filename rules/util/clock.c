/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock.c - the monotonic clock. */
#include "rules/util/clock.h"

#include <time.h>

#define SECOND_NS 1000000000u
#define MS_NS 1000000u

uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

uint64_t clock_ms(void)
{
	return clock_ns() / MS_NS;
}

int64_t clock_offset_s(void)
{
	struct timespec day;

	clock_gettime(CLOCK_REALTIME, &day);
	return (int64_t)day.tv_sec - (int64_t)(clock_ns() / SECOND_NS);
}
