/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe_results.h - keep in the state directory what probes found, and which
 * uplinks have given up their flows, for every process that sets up, and for the next daemon.
 */
#ifndef WAYMARK_SETUP_PROBE_RESULTS_H
#define WAYMARK_SETUP_PROBE_RESULTS_H

struct holds;
struct policy;
struct probes;

/* Write the state of all uplinks to the open file, see health.h. 0 or -errno. */
int probe_results_save(int fd, const struct policy *policy,
		       const struct probes *probes, const struct holds *holds);
/* Set the state that the previous daemon saved, unless it is old. 0 or -errno. */
int probe_results_load(int fd, const struct policy *policy,
		       struct probes *probes, struct holds *holds);

#endif
