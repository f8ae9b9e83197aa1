/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answer_uplinks.c - list paths with their counters, uplinks with their state. */
#include <stdlib.h>

#include "rules/setup/monitor/uplink_status.h"
#include "rules/setup/monitor/reconcile.h"
#include "rules/util/clock.h"
#include "tools/daemon/answer_parts.h"
#include "tools/daemon/traffic.h"

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static uint64_t path_count(const struct counters *counters, const char *what,
			   uint8_t path)
{
	char name[COUNTER_NAME_MAX];

	return counters_find(counters, counter_path(what, path, name)).packets;
}

json_t *answer_kernel_path(const struct counters *counters, uint8_t path)
{
	char name[COUNTER_NAME_MAX];
	struct counter carried = counters_find(
		counters, counter_path("path", path, name));

	return json_pack("{s:o, s:o, s:o, s:o, s:o}",
			 "flows",
			 number(path_count(counters, "header_flows", path)),
			 "engine_flows",
			 number(path_count(counters, "engine_flows", path)),
			 "arrived_flows",
			 number(path_count(counters, "inbound_flows", path)),
			 "packets", number(carried.packets),
			 "bytes", number(carried.bytes));
}

/* ---- state ---- */

static json_t *ago(uint64_t then_ms)
{
	uint64_t now = clock_ms();

	if (then_ms == 0)
		return json_null();
	return number(now > then_ms ? (now - then_ms) / 1000 : 0);
}

static const char *reason_of(const struct uplink_status_family *family)
{
	if (family->is_kept)
		return "probes fail, no other uplink answers";
	return setup_way_name(family->way);
}

/* The paths that carry the balanced flows of an uplink that is down. */
static json_t *balanced_via(const struct policy *policy, uint8_t path,
			    bool is_v6)
{
	struct path_set others = policy_balance_others(policy, path, is_v6);
	json_t *names = json_array();

	for (int other = 1; other <= UINT8_MAX; other++)
		if (path_set_has(&others, (uint8_t)other))
			json_array_append_new(names, json_string(
				policy_path_name(policy, (uint8_t)other)));
	return names;
}

static json_t *family_json(const struct uplink_status_family *family,
			   const struct policy *policy, uint8_t path,
			   bool is_v6)
{
	bool is_up = family->way == SETUP_WAY_ITSELF;

	return json_pack("{s:b, s:o, s:s?, s:s?, s:o, s:o, s:o}",
			 "up", (int)is_up, "balanced_via",
			 is_up ? json_array() :
				 balanced_via(policy, path, is_v6),
			 "reason", reason_of(family),
			 "active",
			 family->active[0] != '\0' ? family->active : NULL,
			 "since_seconds", ago(family->since_ms),
			 "probed_seconds", ago(family->asked_ms),
			 "answered_seconds", ago(family->answered_ms));
}

static void add_uplink_status(json_t *row, const struct uplink_status *items,
			      int count, const struct policy *policy,
			      const struct uplink *up)
{
	static const char *const admin_states[] = { "auto", "up", "down" };

	for (int i = 0; i < count; i++) {
		const struct uplink_status *status = &items[i];

		if (strcmp(status->name, up->name) != 0 || !status->is_known)
			continue;
		json_object_set_new(row, "admin_state", json_string(
					admin_states[status->admin_state]));
		json_object_set_new(row, "ipv4",
				    family_json(&status->families[0], policy,
						up->path, false));
		json_object_set_new(row, "ipv6",
				    family_json(&status->families[1], policy,
						up->path, true));
	}
}

json_t *answer_uplinks(const struct running *running,
		       const struct counters *counters)
{
	const struct policy *policy = engine_policy(running->engine);
	struct uplink_status *statuses = NULL;
	int count = reconcile_uplinks(running->reconciler, &statuses);
	json_t *rows = json_array();

	for (size_t i = 0; i < policy_uplinks(policy); i++) {
		const struct uplink *up = policy_uplink(policy, i);
		json_t *row = json_pack(
			"{s:s, s:s, s:i, s:i, s:b, s:o, s:o}", "uplink", up->name,
			"dev", up->dev, "mark", (int)up->path,
			"table", (int)up->table, "own_routes",
			(int)policy_has_own_route(policy, up->path),
			"traffic", traffic_sums_json(running->traffic,
						     TRAFFIC_UPLINK, up->name),
			"kernel", answer_kernel_path(counters, up->path));

		add_uplink_status(row, statuses, count, policy, up);
		json_array_append_new(rows, row);
	}
	free(statuses);
	return rows;
}
