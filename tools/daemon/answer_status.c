/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answer_status.c - build the status object: counters, memory, uplinks. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/nfqueue/queue_health.h"
#include "rules/setup/kernel/nft.h"
#include "tools/daemon/answer_parts.h"
#include "tools/daemon/traffic.h"
#include "tools/daemon/trial_file.h"
#include "tools/load/load.h"

#define PLACE_MAX 512

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *totals_json(const struct stats *totals)
{
	json_t *counts = json_object();

	for (size_t i = 0; i < stats_count; i++)
		json_object_set_new(counts, stats_rows[i].name,
				    number(stats_value(totals, i)));
	return counts;
}

static json_t *health_json(uint16_t queue)
{
	struct queue_health health;

	if (queue_health_read(queue, &health) < 0)
		return NULL;
	return json_pack("{s:b, s:o, s:o, s:o, s:o}",
			 "bound", (int)health.is_bound,
			 "waiting", number(health.waiting),
			 "copy_range", number(health.copy_range),
			 "full", number(health.full),
			 "lost", number(health.lost));
}

static json_t *workers_json(const struct engine *engine)
{
	json_t *workers = json_array();

	for (size_t i = 0; i < engine_workers(engine); i++) {
		struct stats totals = engine_worker_totals(engine, i);
		uint16_t queue = engine_worker_queue(engine, i);

		json_array_append_new(workers, json_pack(
			"{s:i, s:o, s:o*}", "queue", queue,
			"counts", totals_json(&totals),
			"health", health_json(queue)));
	}
	return workers;
}

static json_t *tally_json(struct engine_tally tally)
{
	json_t *counts = json_object();

#define COUNT(name, title, late) \
	json_object_set_new(counts, #name, number(tally.name));
	TALLIES(COUNT)
#undef COUNT
	return counts;
}

/* Set-up names the counter of a route by the hash of its text. */
static struct counter count_of(const struct counters *counters,
			       const struct route *route)
{
	char name[COUNTER_NAME_MAX];

	return counters_find(counters,
			     counter_route(nft_hash(route->text), name));
}

static json_t *packet_routes_json(const struct policy *policy,
				  const struct counters *counters)
{
	json_t *routes = json_array();
	char place[PLACE_MAX];

	for (size_t i = 0; i < policy_packet_routes(policy); i++) {
		const struct route *route = policy_packet_route(policy, i);
		struct counter counter = count_of(counters, route);

		json_array_append_new(routes, json_pack(
			"{s:o, s:o, s:s?, s:{s:o, s:o}}",
			"route", answer_text(route->text),
			"place", answer_text(load_place(&route->place, place,
							sizeof(place))),
			"uplink", policy_path_name(policy, route->path),
			"kernel", "packets", number(counter.packets),
			"bytes", number(counter.bytes)));
	}
	return routes;
}

/* Counters of the ruleset since the set-up. */
static json_t *kernel_json(const struct policy *policy,
			   const struct counters *counters)
{
	const struct marks *marks = policy_marks(policy);
	struct counter exempt = counters_find(counters, "exempt");
	struct counter all = { 0 };

	for (size_t i = 0; i < counters->count; i++)
		if (strncmp(counters->items[i].name, "path_", 5) == 0) {
			all.packets += counters->items[i].packets;
			all.bytes += counters->items[i].bytes;
		}
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "over_limit_packets", number(counters_find(
				counters, "over_limit").packets),
			 "packets", number(all.packets),
			 "bytes", number(all.bytes),
			 "main", answer_kernel_path(counters, marks->path_main),
			 "drop", answer_kernel_path(counters, marks->path_drop),
			 "exempt_packets", number(exempt.packets),
			 "exempt_bytes", number(exempt.bytes));
}

static json_t *routes_json(const struct running *running,
			   const struct counters *counters)
{
	const struct engine *engine = running->engine;
	const struct policy *policy = engine_policy(engine);
	json_t *routes = json_array();
	char place[PLACE_MAX];

	for (size_t i = 0; i < policy_routes(policy); i++) {
		const struct route *route = policy_route(policy, i);

		json_array_append_new(routes, json_pack(
			"{s:o, s:o, s:s?, s:o, s:o, s:{s:o}}",
			"route", answer_text(route->text),
			"place", answer_text(load_place(&route->place, place,
							sizeof(place))),
			"uplink", route->way,
			"counts", tally_json(engine_route_tally(engine, i)),
			"traffic", traffic_sums_json(running->traffic,
						     TRAFFIC_ROUTE,
						     route->text),
			"kernel", "flows",
			number(count_of(counters, route).packets)));
	}
	return routes;
}

/* Flows that the kernel decided by routes that name the class. A route that
 * names several classes has one counter: its flows count for each of them. */
static uint64_t kernel_class_flows(const struct policy *policy, size_t class,
				   const struct counters *counters)
{
	uint64_t flows = 0;

	for (size_t i = 0; i < policy_routes(policy); i++)
		if (policy_route_names_class(policy, i, class))
			flows += count_of(counters,
					  policy_route(policy, i)).packets;
	return flows;
}

static json_t *classes_json(const struct running *running,
			    const struct counters *counters)
{
	const struct engine *engine = running->engine;
	const struct policy *policy = engine_policy(engine);
	json_t *classes = json_array();

	for (size_t i = 0; i < policy_classes(policy); i++)
		json_array_append_new(classes, json_pack(
			"{s:s, s:o, s:o, s:{s:o}}",
			"class", policy_class_name(policy, i),
			"counts", tally_json(engine_class_tally(engine, i)),
			"traffic", traffic_sums_json(
				running->traffic, TRAFFIC_CLASS,
				policy_class_name(policy, i)),
			"kernel", "flows",
			number(kernel_class_flows(policy, i, counters))));
	return classes;
}

/* Second column of /proc/self/statm, see proc(5). */
static uint64_t resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%*u %lu", &pages) != 1)
		pages = 0;
	fclose(file);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static json_t *memory_json(const struct engine *engine)
{
	struct engine_memory memory = engine_memory(engine);

	return json_pack("{s:o, s:o, s:o, s:o}",
			 "flows", number(memory.flows),
			 "streams", number(memory.streams),
			 "buffers", number(memory.buffers),
			 "resident", number(resident_bytes()));
}

/* null without one. */
static json_t *trial_json(const struct running *running)
{
	if (!trial_is_on(running))
		return json_null();
	return json_pack("{s:o, s:o}",
			 "seconds_left", number(trial_left_s(running)),
			 "confirmed", answer_text(running->trial.path));
}

json_t *answer_status(struct running *running)
{
	const struct engine *engine = running->engine;
	struct stats totals = engine_totals(engine);
	const struct policy *policy = engine_policy(engine);
	int64_t now_s = clock_boot_s();
	struct counters counters;
	json_t *status;

	/* Counters that cannot be read are reported as 0. */
	if (counters_read(&counters) == 0)
		counter_totals_apply(&running->totals, &counters);
	status = json_pack(
		"{s:o, s:b, s:o, s:i, s:I, s:I, s:i, s:b, s:i, s:o, s:o, s:o, s:o, s:o, "
		"s:o, s:o, s:o, s:o}",
		"policy", answer_text(running->path),
		"file_differs", (int)trial_file_differs(running->path,
							running->source.ast),
		"trial", trial_json(running), "pid", (int)getpid(),
		"uptime_seconds", (json_int_t)(now_s - running->started_s),
		"loaded_seconds", (json_int_t)(now_s - running->loaded_s),
		"reloads", (int)running->reloads,
		"setup", (int)running->has_setup,
		"exempt", (int)json_array_size(running->exempts.hosts),
		"counts", totals_json(&totals),
		"memory", memory_json(engine),
		"traffic", traffic_state_json(running->traffic),
		"workers", workers_json(engine),
		"routes", routes_json(running, &counters),
		"classes", classes_json(running, &counters),
		"packet_routes", packet_routes_json(policy, &counters),
		"uplinks", answer_uplinks(running, &counters),
		"kernel", kernel_json(policy, &counters));
	counters_fini(&counters);
	return status;
}
