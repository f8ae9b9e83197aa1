/* SPDX-License-Identifier: GPL-2.0-or-later */
/* running_events.c - events of a running daemon, see running_events.h. */
#include "tools/daemon/running_events.h"

#include <errno.h>
#include <string.h>

#include "rules/setup/plan/plan_routes.h"
#include "rules/parse/keywords.h"
#include "rules/util/clock.h"
#include "tools/daemon/answer_parts.h"
#include "tools/daemon/traffic.h"

/* Settled flows wait this long in their rings, and counters are compared. */
#define FLOWS_MS 100
#define COUNTERS_MS 1000
/* Settled flows of one turn, so that others are served. */
#define FLOWS_AT_ONCE 1024

/* ---- uplinks ---- */

static struct uplink_seen *find_seen(struct running *running, const char *name)
{
	struct uplink_seen *free_place = NULL;

	for (size_t i = 0; i < SETUP_UPLINKS_MAX; i++) {
		struct uplink_seen *seen = &running->uplinks_seen[i];

		if (strcmp(seen->name, name) == 0)
			return seen;
		if (seen->name[0] == '\0' && free_place == NULL)
			free_place = seen;
	}
	return free_place;
}

static void emit_uplink(struct running *running, const struct uplink *uplink,
			bool v6, enum setup_way way, const char *active)
{
	const struct hook_event hook = {
		.uplink = uplink->name, .dev = uplink->dev,
		.family = v6 ? "ipv6" : "ipv4",
		.is_up = way == SETUP_WAY_ITSELF,
		.reason = way == SETUP_WAY_ITSELF ? "" : setup_way_name(way),
		.active = active,
	};
	int rc = hooks_run(&running->hooks, &hook);

	if (rc < 0)
		log_warning("uplink %s: the programs of events.d are not run: "
			    "%s", uplink->name, rc == -EAGAIN ?
			    "too many changes wait for them" : strerror(-rc));
	events_emit(running->events, "uplink", json_pack(
		"{s:s, s:s, s:s, s:s, s:s?, s:s?}",
		"uplink", uplink->name, "dev", uplink->dev,
		"family", hook.family, "state", hook.is_up ? "up" : "down",
		"reason", hook.is_up ? NULL : hook.reason,
		"active", active[0] != '\0' ? active : NULL));
}

static void note_uplink(struct running *running, const struct policy *policy,
			const struct setup_report *report, size_t i)
{
	const struct uplink *uplink = policy_uplink(policy, i);
	struct uplink_seen *seen = find_seen(running, uplink->name);

	if (seen == NULL)
		return;
	for (int v6 = 0; v6 < 2; v6++) {
		enum setup_way way = report->way[i][v6];
		const char *active = plan_routes_active_uplink(
			policy, i, report->active[i][v6]);

		if (active == NULL)
			active = "";

		if (seen->name[0] != '\0' &&
		    (seen->way[v6] != way ||
		     strcmp(seen->active[v6], active) != 0))
			emit_uplink(running, uplink, v6, way, active);
		seen->way[v6] = (uint8_t)way;
		snprintf(seen->active[v6], sizeof(seen->active[v6]), "%s",
			 active);
	}
	snprintf(seen->name, sizeof(seen->name), "%s", uplink->name);
}

void running_note_uplinks(struct running *running,
			  const struct setup_report *report)
{
	const struct policy *policy = engine_policy(running->engine);

	for (size_t i = 0; i < policy_uplinks(policy); i++)
		note_uplink(running, policy, report, i);
}

/* ---- reloads, repairs, exemptions ---- */

static const char *level_name(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return "error";
	case LOG_LEVEL_WARNING:
		return "warning";
	default:
		return "notice";
	}
}

/* What running_note_uplinks() reports as well. */
static bool is_failover(const char *line)
{
	return strstr(line, ": IPv") != NULL &&
	       (strstr(line, ": down (") != NULL ||
		strstr(line, ": up (") != NULL);
}

void running_note_repair(struct running *running, enum log_level level,
			 const char *line)
{
	bool is_uplink = strncmp(line, "uplink ", strlen("uplink ")) == 0;

	if (level == LOG_LEVEL_DEBUG || (is_uplink && is_failover(line)))
		return;
	events_emit(running->events, is_uplink ? "probe" : "kernel", json_pack(
		"{s:s, s:o}", "level", level_name(level),
		"message", answer_text(line)));
}

void running_note_reload(struct running *running, const char *result,
			 const char *message)
{
	bool is_trial = strcmp(result, "accepted") == 0 && trial_is_on(running);

	events_emit(running->events, "reload", json_pack(
		"{s:o, s:s, s:o?, s:o*}", "policy", answer_text(running->path),
		"result", result,
		"message", message != NULL ? answer_text(message) : NULL,
		"confirm_seconds", is_trial ?
		json_integer((json_int_t)trial_left_s(running)) : NULL));
}

void running_note_exemption(struct running *running, const char *action,
			    const char *host)
{
	events_emit(running->events, "exempt", json_pack(
		"{s:s, s:o}", "action", action, "host", answer_text(host)));
}

static const char *host_of(const json_t *entry)
{
	const char *host = json_string_value(json_object_get(entry, "host"));

	return host != NULL ? host : "";
}

static bool has_host(const json_t *hosts, const char *name)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(hosts, i, entry)
		if (strcmp(host_of(entry), name) == 0)
			return true;
	return false;
}

void running_note_expired(struct running *running, const json_t *before)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(before, i, entry)
		if (!has_host(running->exempts.hosts, host_of(entry)))
			running_note_exemption(running, "expired",
					       host_of(entry));
}

/* ---- flows and counters ---- */

static void emit_flow(struct running *running, struct flow_view *view)
{
	json_t *flow = answer_flow(running, view);
	const char *name = keywords_of(keywords_protocol, view->proto);
	bool is_late = view->late != FLOW_ON_TIME;

	if (name != NULL)
		json_object_set_new(flow, "proto", json_string(name));
	events_emit_flow(running->events, is_late ? "late" : "settled", flow);
}

static void collect_flows(struct running *running)
{
	struct flow_view view;
	uint64_t lost;

	for (int i = 0; i < FLOWS_AT_ONCE &&
			engine_take_settled(running->engine, &view); i++) {
		traffic_take_settled(running->traffic,
				     engine_policy(running->engine), &view);
		if (running->flow_followers > 0)
			emit_flow(running, &view);
	}
	lost = engine_lost_settled(running->engine);
	if (lost != 0 && running->flow_followers > 0)
		events_emit_flow(running->events, "lost", json_pack(
			"{s:I, s:s}", "count", (json_int_t)lost, "message",
			"more flows were settled than could be reported"));
}

static void compare_counter(struct running *running, const char *what,
			    uint64_t then, uint64_t now)
{
	if (now > then)
		events_emit(running->events, "overflow", json_pack(
			"{s:s, s:I}", "what", what, "count",
			(json_int_t)(now - then)));
}

static void compare_counters(struct running *running)
{
	struct stats now = engine_totals(running->engine);
	const struct stats *then = &running->counters_seen;

	compare_counter(running, "queue", then->queue_overflow,
			now.queue_overflow);
	compare_counter(running, "flows", then->flows_evicted,
			now.flows_evicted);
	compare_counter(running, "payload", then->streams_reclaimed,
			now.streams_reclaimed);
	running->counters_seen = now;
}

static bool wants_flows(const struct running *running)
{
	return running->traffic != NULL || running->flow_followers > 0;
}

int running_events_wait_ms(const struct running *running)
{
	if (wants_flows(running))
		return FLOWS_MS;
	return running->followers > 0 ? COUNTERS_MS : -1;
}

void running_events_turn(struct running *running, uint64_t now_ms)
{
	events_drain(running->events);
	if (wants_flows(running))
		collect_flows(running);
	if (running->followers > 0 && now_ms >= running->counters_next_ms) {
		compare_counters(running);
		running->counters_next_ms = now_ms + COUNTERS_MS;
	}
}

/* ---- subscribers ---- */

struct follower {
	struct events_cursor cursor;
	bool has_begun;
};
_Static_assert(sizeof(struct follower) <= CONTROL_STREAM_STATE,
	       "a follower is the state of a stream");

static bool begin(void *ctx, const char *line, size_t len, void *state)
{
	struct running *running = ctx;
	struct follower *follower = state;
	json_t *request = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	const char *what = json_string_value(json_object_get(request, "do"));
	bool flows = json_is_true(json_object_get(request, "flows"));
	bool is_events = what != NULL && strcmp(what, "events") == 0;

	json_decref(request);
	if (!is_events || running->events == NULL ||
	    (flows && running->flow_followers == 0 &&
	     engine_report_settled(running->engine, true) < 0))
		return false;
	*follower = (struct follower){ 0 };
	events_subscribe(running->events, flows, &follower->cursor);
	if (running->followers == 0)
		running->counters_seen = engine_totals(running->engine);
	running->followers++;
	running->flow_followers += flows;
	return true;
}

/* The first line confirms that the stream has begun. */
static size_t begin_text(const struct running *running, char *text, size_t size)
{
	json_t *start = json_pack("{s:s, s:o}", "event", "start", "policy",
				  answer_text(running->path));
	size_t len = json_dumpb(start, text, size - 1,
				JSON_COMPACT | JSON_PRESERVE_ORDER);

	json_decref(start);
	if (len == 0 || len >= size)
		return 0;
	text[len] = '\n';
	return len + 1;
}

static size_t more(void *ctx, void *state, char *text, size_t size)
{
	struct running *running = ctx;
	struct follower *follower = state;

	if (follower->has_begun)
		return events_read(running->events, &follower->cursor, text,
				   size);
	follower->has_begun = true;
	return begin_text(running, text, size);
}

static void end(void *ctx, void *state)
{
	struct running *running = ctx;
	const struct follower *follower = state;

	running->followers--;
	running->flow_followers -= follower->cursor.with_flows;
	if (follower->cursor.with_flows && !wants_flows(running))
		engine_report_settled(running->engine, false);
}

const struct control_stream running_streams = { begin, more, end };
