/* SPDX-License-Identifier: GPL-2.0-or-later */
/* failover_text.c - log lines about failovers, see failover_text.h. */
#include "rules/setup/monitor/failover_text.h"

#include <stdio.h>

#include "rules/policy/policy.h"
#include "rules/setup/plan/plan_routes.h"
#include "rules/setup/setup.h"

enum log_level failover_text(const struct policy *policy, size_t uplink,
			     int family, uint8_t active, const char *reason,
			     char text[static FAILOVER_TEXT_MAX])
{
	const char *name = policy_uplink(policy, uplink)->name;
	const char *other = plan_routes_active_uplink(policy, uplink, active);

	if (active == uplink) {
		snprintf(text, FAILOVER_TEXT_MAX, "uplink %s: IPv%d: up (%s): "
			 "carries its traffic again", name, family, reason);
		return LOG_LEVEL_NOTICE;
	}
	snprintf(text, FAILOVER_TEXT_MAX,
		 "uplink %s: IPv%d: down (%s): "
		 "traffic %s%s",
		 name, family, reason,
		 other != NULL ? "fails over to " : "is rejected",
		 other != NULL ? other : "");
	return LOG_LEVEL_WARNING;
}

char *failover_text_end(const struct policy *policy, size_t uplink, int family,
			uint8_t active, char text[static FAILOVER_TEXT_MAX])
{
	const char *other = plan_routes_active_uplink(policy, uplink, active);

	snprintf(text, FAILOVER_TEXT_MAX,
		 "uplink %s: IPv%d: down by health "
		 "check, and probes end: traffic %s%s until waymark up or "
		 "setup",
		 policy_uplink(policy, uplink)->name, family,
		 other != NULL ? "uses " : "is rejected",
		 other != NULL ? other : "");
	return text;
}

char *hold_text_end(const struct policy *policy, size_t uplink, bool v6,
		    char text[static FAILOVER_TEXT_MAX])
{
	snprintf(text, FAILOVER_TEXT_MAX, "uplink %s: IPv%d: its hold is over: "
		 "established flows are given up",
		 policy_uplink(policy, uplink)->name, v6 ? 6 : 4);
	return text;
}

bool failback_text(const struct policy *policy,
		   const struct setup_report *report, size_t uplink, bool v6,
		   char text[static FAILOVER_TEXT_MAX])
{
	unsigned int kept = report->kept_flows[uplink][v6];
	unsigned int reset = report->reset_flows[uplink][v6];

	snprintf(text, FAILOVER_TEXT_MAX, "uplink %s: IPv%d: %u flows on its "
		 "fallback %s", policy_uplink(policy, uplink)->name,
		 v6 ? 6 : 4, kept ? kept : reset,
		 kept ? "stay there" : "are reset");
	return kept + reset > 0;
}
