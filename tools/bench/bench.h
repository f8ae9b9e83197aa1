/*
 * bench.h - what the programs that send have in common: a clock, numbers
 * without a pattern, a pace.
 */
#ifndef WAYMARK_BENCH_H
#define WAYMARK_BENCH_H

#include <stdint.h>
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

/* Marsaglia's xorshift64; *state is not 0. */
static inline uint64_t bench_random64(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
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
