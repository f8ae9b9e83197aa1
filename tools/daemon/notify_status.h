/* SPDX-License-Identifier: GPL-2.0-or-later */
/* notify_status.h - describe the uplinks in one line for systemd. */
#ifndef WAYMARK_NOTIFY_STATUS_H
#define WAYMARK_NOTIFY_STATUS_H

#include "rules/setup/monitor/uplink_status.h"

#define NOTIFY_STATUS_MAX 1024

/* Write "3 uplinks, 1 down: lte" to `text` and return it; an uplink that is
 * down in one address family has the family's name behind its own. */
const char *notify_describe(const struct uplink_status *uplinks, int count,
			    char text[static NOTIFY_STATUS_MAX]);

#endif
