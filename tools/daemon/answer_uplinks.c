/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answer_uplinks.c - list paths with their counters, uplinks with their state. */
#include <stdlib.h>

#include "rules/setup/monitor/uplink_status.h"
#include "rules/setup/monitor/reconcile.h"
#include "rules/util/clock.h"
#include "tools/daemon/answer_parts.h"

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

static const char *reason_of(enum setup_way way)
{
	switch (way) {
	case SETUP_WAY_LINK:
		return "link";
	case SETUP_WAY_PROBES:
		return "probes";
	case SETUP_WAY_FORCED:
		return "forced";
	case SETUP_WAY_NONE:
		return "no gateway";
	case SETUP_WAY_ITSELF:
		break;
	}
	return NULL;
}

static json_t *family_json(const struct uplink_status_family *family)
{

	return json_pack("{s:b, s:s?, s:s?, s:o, s:o, s:o}",
			 "up", (int)(family->way == SETUP_WAY_ITSELF),
			 "reason", reason_of(family->way),
			 "active",
			 family->active[0] != '\0' ? family->active : NULL,
			 "since_seconds", ago(family->since_ms),
			 "probed_seconds", ago(family->asked_ms),
			 "answered_seconds", ago(family->answered_ms));
}

static void add_uplink_status(json_t *row, const struct uplink_status *items,
			      int count, const char *name)
{
	static const char *const admin_states[] = { "auto", "up", "down" };

	for (int i = 0; i < count; i++) {
		const struct uplink_status *status = &items[i];

		if (strcmp(status->name, name) != 0 || !status->is_known)
			continue;
		json_object_set_new(row, "admin_state", json_string(
					admin_states[status->admin_state]));
		json_object_set_new(row, "ipv4",
				    family_json(&status->families[0]));
		json_object_set_new(row, "ipv6",
				    family_json(&status->families[1]));
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
			"{s:s, s:s, s:i, s:i, s:o}", "uplink", up->name,
			"dev", up->dev, "mark", (int)up->path,
			"table", (int)up->table,
			"kernel", answer_kernel_path(counters, up->path));

		add_uplink_status(row, statuses, count, up->name);
		json_array_append_new(rows, row);
	}
	free(statuses);
	return rows;
}
