/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpu_time.c - the processor time that a process has taken, user and system,
 * all threads, in ns: by its clock (clock_getcpuclockid(3)), which the
 * scheduler keeps exactly, and not in ticks of 10 ms as /proc/PID/stat.
 *
 *   cpu_time PID...        a line for each
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/bench/bench.h"

int main(int argc, char *argv[])
{
	clockid_t clock;

	for (int i = 1; i < argc; i++) {
		if (clock_getcpuclockid(atoi(argv[i]), &clock) != 0) {
			fprintf(stderr, "cpu_time: no process %s\n", argv[i]);
			return EXIT_FAILURE;
		}
		printf("%" PRIu64 "\n", bench_clock_ns(clock));
	}
	return EXIT_SUCCESS;
}
