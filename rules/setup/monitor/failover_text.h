/* SPDX-License-Identifier: GPL-2.0-or-later */
/* failover_text.h - log lines about which uplink carries another's traffic. */
#ifndef WAYMARK_SETUP_FAILOVER_TEXT_H
#define WAYMARK_SETUP_FAILOVER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/util/log.h"

struct policy;
struct setup_report;

#define FAILOVER_TEXT_MAX 512

/*
 * Describe that the traffic of an uplink uses `active` now, a path of
 * setup_report.active, because of `reason`. Returns the level: a failover is a
 * warning.
 */
enum log_level failover_text(const struct policy *policy, size_t uplink,
			     int family, uint8_t active, const char *reason,
			     char text[static FAILOVER_TEXT_MAX]);

/* Describe a failover that stays when the probes end; returns `text`. */
char *failover_text_end(const struct policy *policy, size_t uplink, int family,
			uint8_t active, char text[static FAILOVER_TEXT_MAX]);

/* Describe that the `hold` of an uplink ended; returns `text`. */
char *hold_text_end(const struct policy *policy, size_t uplink, bool v6,
		    char text[static FAILOVER_TEXT_MAX]);

/* Describe what `failback` did with flows. false: there were none. */
bool failback_text(const struct policy *policy,
		   const struct setup_report *report, size_t uplink, bool v6,
		   char text[static FAILOVER_TEXT_MAX]);

#endif
