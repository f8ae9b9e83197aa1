/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock.c - clocks for durations. */
#include "rules/util/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
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

uint64_t clock_boot_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int64_t clock_boot_s(void)
{
	return (int64_t)(clock_boot_ms() / 1000);
}

void clock_boot_id(char id[static CLOCK_BOOT_ID_MAX])
{
	FILE *in = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (in == NULL || fscanf(in, "%39s", id) != 1)
		id[0] = '\0';
	if (in != NULL)
		fclose(in);
}

/* ---- stamps ---- */

/* 2026-01-01, before the first release: a wall clock that is earlier has not
 * been set, since the router has no battery-backed clock. */
#define UNSET_BEFORE_S 1767225600

struct clock_stamp clock_stamp_now(void)
{
	struct clock_stamp now = { .boot_s = clock_boot_s() };
	struct timespec day;

	clock_gettime(CLOCK_REALTIME, &day);
	now.day_s = (int64_t)day.tv_sec;
	clock_boot_id(now.boot_id);
	return now;
}

int64_t clock_stamp_age_s(const struct clock_stamp *then,
			  const struct clock_stamp *now)
{
	bool is_same_boot = then->boot_id[0] != '\0' &&
			    strcmp(then->boot_id, now->boot_id) == 0;
	bool was_set = then->day_s >= UNSET_BEFORE_S;
	bool is_set = now->day_s >= UNSET_BEFORE_S;
	int64_t age_s = now->boot_s > 0 ? now->boot_s : 0;

	/* A time namespace may shift the clock of the boot. */
	if (is_same_boot && now->boot_s >= then->boot_s)
		return now->boot_s - then->boot_s;
	if (is_same_boot)
		age_s = 0;
	if (was_set == is_set && now->day_s - then->day_s > age_s)
		age_s = now->day_s - then->day_s;
	return age_s;
}
