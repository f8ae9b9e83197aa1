/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report.h - flows and packets of a replay, printed.
 */
#ifndef WAYMARK_REPORT_H
#define WAYMARK_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "engine/replay/replay.h"

/* For people: a heading, then a line for each flow, then totals. 0 or -errno,
 * as of replay_error(). */
int report_table(const struct policy *policy, const struct replay *replay,
		 FILE *out);

/* What of it was right from the first packet on. The same. */
int report_learned(const struct replay *replay, FILE *out);

/* One JSON object a line. 0 or -errno. */
int report_json(const struct policy *policy, const struct replay *replay,
		FILE *out);

/* The members of one flow, the caller's; NULL when out of memory. */
json_t *report_flow(const struct policy *policy,
		    const struct replay_flow *flow);
/* Of their numbers: microseconds since 1970 have 16 digits. */
#define REPORT_JSON (JSON_COMPACT | JSON_PRESERVE_ORDER | \
		     JSON_REAL_PRECISION(16))

/* One line a packet, as it comes. */
void report_packet(const struct policy *policy,
		   const struct replay_packet *packet, FILE *out);

/* Print a flow in one line, without times: what cases compare. */
void report_case_line(const struct policy *policy,
		      const struct replay_flow *flow, FILE *out);

#endif
