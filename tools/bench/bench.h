/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench.h - what the programs here have in common: clocks, numbers without a
 * pattern, a pace, a quartile.
 */
#ifndef WAYMARK_BENCH_H
#define WAYMARK_BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t bench_clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t bench_now_ns(void)
{
	return bench_clock_ns(CLOCK_MONOTONIC);
}

/* What this process has worked: neighbours count little. */
static inline uint64_t bench_cpu_ns(void)
{
	return bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

/* To begin with, so that each run has the same numbers. */
#define BENCH_CHANCE UINT64_C(88172645463325252)

/* Marsaglia's xorshift64; *state is not 0. */
static inline uint64_t bench_random64(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static inline int bench_by_number(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

/* Of `count` numbers, which are sorted. */
static inline double bench_lower_quartile(double *numbers, size_t count)
{
	qsort(numbers, count, sizeof(*numbers), bench_by_number);
	return numbers[count / 4];
}

/* Sleep until `per_second`, which 0 does not bound, allows more than `sent`
 * since `start_ns`. */
static inline void bench_pace(uint64_t start_ns, uint64_t sent,
			      uint64_t per_second)
{
	uint64_t due_ns;
	struct timespec due;

	if (per_second == 0)
		return;
	due_ns = start_ns + sent * 1000000000u / per_second;
	due.tv_sec = (time_t)(due_ns / 1000000000u);
	due.tv_nsec = (long)(due_ns % 1000000000u);
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

#endif
