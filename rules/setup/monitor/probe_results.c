/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probe_results.c - keep the state that probes found in the state directory. */
#include "rules/setup/monitor/probe_results.h"

#include <stdio.h>
#include <sys/socket.h>

#include "rules/policy/policy.h"
#include "rules/setup/monitor/holds.h"
#include "rules/setup/kernel/array.h"
#include "rules/setup/monitor/probe.h"
#include "rules/setup/plan/health.h"

int probe_results_save(int fd, const struct policy *policy,
		       const struct probes *probes, const struct holds *holds)
{
	struct health health = { 0 };
	int rc = 0;

	for (size_t i = 0; i < policy_uplinks(policy) && rc == 0; i++) {
		struct health_uplink item = {
			.down4 = probes_is_down(probes, i, AF_INET),
			.down6 = probes_is_down(probes, i, AF_INET6),
			.is_known = true,
			.gone4 = holds_is_gone(holds, i, false),
			.gone6 = holds_is_gone(holds, i, true),
		};

		snprintf(item.name, sizeof(item.name), "%s",
			 policy_uplink(policy, i)->name);
		rc = ARRAY_ADD(health.items, health.count, item);
	}
	if (rc == 0)
		rc = health_probe_results_save(fd, &health);
	health_fini(&health);
	return rc;
}

int probe_results_load(int fd, const struct policy *policy,
		       struct probes *probes, struct holds *holds)
{
	struct health health;
	int rc = health_load_results(fd, HEALTH_RESTART_MS, &health);

	for (size_t i = 0; i < policy_uplinks(policy) && rc == 0; i++) {
		const char *name = policy_uplink(policy, i)->name;

		if (health_is_down(&health, name, AF_INET))
			probes_set_down(probes, i, AF_INET);
		if (health_is_down(&health, name, AF_INET6))
			probes_set_down(probes, i, AF_INET6);
	}
	if (rc == 0)
		holds_load(holds, policy, &health);
	health_fini(&health);
	return rc;
}
