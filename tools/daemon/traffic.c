/* SPDX-License-Identifier: GPL-2.0-or-later */
/* traffic.c - count what flows carry, see traffic.h. */
#include "tools/daemon/traffic.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/hints/hint.h"
#include "rules/setup/kernel/flow_entries.h"
#include "rules/util/clock.h"
#include "rules/util/log.h"
#include "tools/daemon/answer_parts.h"

#define FLOWS_MAX 131072
/* Parts of a dump in one turn: some 1000 entries, 2 ms. */
#define PARTS_AT_ONCE 8
/* Readings take at most 1/SHARE of the time, within these limits. */
#define SHARE 50
#define OFTEN_MS 1000
/* An entry whose connection was reset lives for 10 s. */
#define RARELY_MS 9000

const char *const traffic_kind_names[TRAFFIC_KINDS] = {
	[TRAFFIC_UPLINK] = "uplink", [TRAFFIC_CLIENT] = "client",
	[TRAFFIC_CLASS] = "class", [TRAFFIC_ROUTE] = "route",
	[TRAFFIC_APP] = "app", [TRAFFIC_HOST] = "host",
};

struct traffic {
	struct traffic_flows *flows;
	struct flow_dump *dump;	/* NULL: not reading */
	uint64_t next_ms;	/* the next reading */
	uint64_t used_ms;	/* by this reading, so far */
	uint64_t complete_ms;	/* the latest reading; 0: none */
	double interval_s;
	bool is_counted;	/* the kernel counts bytes of flows */
	bool sees_counters;	/* in this reading */
	bool has_failed;
	/* During a turn. */
	const struct policy *policy;
};

struct traffic *traffic_new(void)
{
	struct traffic *traffic = calloc(1, sizeof(*traffic));

	if (traffic == NULL)
		return NULL;
	traffic->flows = traffic_flows_new(FLOWS_MAX);
	traffic->interval_s = 1;
	if (traffic->flows != NULL)
		return traffic;
	free(traffic);
	return NULL;
}

void traffic_free(struct traffic *traffic)
{
	if (traffic == NULL)
		return;
	flow_dump_close(traffic->dump);
	traffic_flows_free(traffic->flows);
	free(traffic);
}

/* ---- what flows are ---- */

static void name_line(const struct policy *policy, int32_t route, int32_t class,
		      struct traffic_names *names)
{
	if (route >= 0)
		names->names[TRAFFIC_ROUTE] =
			policy_route(policy, (size_t)route)->text;
	if (class >= 0)
		names->names[TRAFFIC_CLASS] =
			policy_class_name(policy, (size_t)class);
}

void traffic_take_settled(struct traffic *traffic, const struct policy *policy,
			  const struct flow_view *view)
{
	const struct flows_entry ends = {
		.client = view->client, .server = view->server,
		.sport = view->has_ports ? view->sport : 0,
		.dport = view->has_ports ? view->dport : 0,
		.proto = view->proto,
	};
	struct traffic_names names = { .names = {
		[TRAFFIC_APP] = hints_app_name(view->app),
		[TRAFFIC_HOST] = view->host[0] != '\0' ? view->host : NULL,
	} };

	if (traffic == NULL)
		return;
	name_line(policy, view->route, view->class, &names);
	traffic_flows_name(traffic->flows, &ends, &names);
}

/* The name of the uplink that the mark leads to; NULL: none. */
static const char *uplink_of(const struct policy *policy, uint32_t mark)
{
	uint8_t path = marks_path(policy_marks(policy), mark);
	const char *name = policy_path_name(policy, path);

	if (name != NULL)
		return name;
	for (size_t i = 0; i < policy_uplinks(policy); i++)
		if (policy_arrival_path(policy, i) == path)
			return policy_uplink(policy, i)->name;
	return NULL;
}

/* A line that leads elsewhere did not decide the flow, as in flows_list.c. */
static void name_by_headers(struct traffic *traffic,
			    const struct flows_entry *entry)
{
	const struct marks *marks = policy_marks(traffic->policy);
	struct traffic_names names = { 0 };
	struct facts facts = {
		.client = entry->client, .server = entry->server,
		.proto = entry->proto,
		.sport = entry->sport, .dport = entry->dport,
	};
	struct decision decision;

	if (!entry->is_redirected &&
	    answer_decide_headers(traffic->policy, &facts, &decision) &&
	    decision.path == marks_path(marks, entry->mark))
		name_line(traffic->policy, decision.route, policy_route_class(
			traffic->policy, decision.route, &facts), &names);
	traffic_flows_name_seen(traffic->flows, &names);
}

/* ---- reading ---- */

static int see(void *ctx, const struct flow_entry *entry)
{
	struct traffic *traffic = ctx;
	const struct marks *marks = policy_marks(traffic->policy);
	struct flows_entry ends;

	if ((entry->mark & marks->path_mask) == 0)
		return 0;
	flows_entry_of(entry, &ends);
	traffic->sees_counters |= ends.is_counted;
	if (traffic_flows_see(traffic->flows, &ends,
			      uplink_of(traffic->policy, ends.mark),
			      (ends.mark & marks->settled) != 0))
		name_by_headers(traffic, &ends);
	traffic_flows_count_seen(traffic->flows);
	return 0;
}

static void plan_next(struct traffic *traffic, uint64_t now_ms)
{
	uint64_t wait = traffic->used_ms * SHARE;

	if (wait < OFTEN_MS)
		wait = OFTEN_MS;
	if (wait > RARELY_MS)
		wait = RARELY_MS;
	traffic->next_ms = now_ms + wait;
	traffic->used_ms = 0;
}

static void complete(struct traffic *traffic, uint64_t now_ms)
{
	double seconds = traffic->complete_ms == 0 ? 0 :
			 (double)(now_ms - traffic->complete_ms) / 1000;

	traffic_flows_turn(traffic->flows, seconds);
	if (seconds > 0)
		traffic->interval_s = seconds;
	traffic->complete_ms = now_ms;
	traffic->is_counted = traffic->sees_counters;
	traffic->has_failed = false;
}

static void stop(struct traffic *traffic, int rc, uint64_t now_ms)
{
	flow_dump_close(traffic->dump);
	traffic->dump = NULL;
	if (rc == 0)
		complete(traffic, now_ms);
	else if (rc != -EINTR && !traffic->has_failed)
		log_warning("connection tracking: %s: what flows carry is not "
			    "counted; the next attempt is in %d s",
			    strerror(-rc), RARELY_MS / 1000);
	traffic->has_failed |= rc < 0 && rc != -EINTR;
	plan_next(traffic, now_ms);
	if (traffic->has_failed)
		traffic->next_ms = now_ms + RARELY_MS;
}

int traffic_wait_ms(const struct traffic *traffic, uint64_t now_ms)
{
	if (traffic == NULL)
		return -1;
	if (traffic->dump != NULL || now_ms >= traffic->next_ms)
		return 0;
	return (int)(traffic->next_ms - now_ms);
}

void traffic_turn(struct traffic *traffic, const struct engine *engine,
		  uint64_t now_ms)
{
	int rc = 1;

	if (traffic == NULL ||
	    (traffic->dump == NULL && now_ms < traffic->next_ms))
		return;
	traffic->policy = engine_policy(engine);
	if (traffic->dump == NULL) {
		traffic->sees_counters = false;
		rc = flow_dump_open(&traffic->dump);
		rc = rc == 0 ? 1 : rc;
	}
	for (int i = 0; i < PARTS_AT_ONCE && rc > 0; i++)
		rc = flow_dump_next(traffic->dump, see, traffic);
	traffic->policy = NULL;
	traffic->used_ms += clock_ms() - now_ms;
	if (rc <= 0)
		stop(traffic, rc, now_ms);
}

double traffic_interval_s(const struct traffic *traffic)
{
	return traffic == NULL || traffic->interval_s < 1 ? 1 :
							    traffic->interval_s;
}

/* ---- answers ---- */

struct traffic_sums traffic_sums_of(const struct traffic *traffic,
				    enum traffic_kind kind, const char *name)
{
	const struct traffic_groups *groups;
	const struct traffic_group *group;

	if (traffic == NULL)
		return (struct traffic_sums){ 0 };
	groups = traffic_flows_groups(traffic->flows, kind);
	if (name == NULL)
		return groups->unnamed;
	group = traffic_groups_find(groups, name);
	return group != NULL ? group->sums : (struct traffic_sums){ 0 };
}

static json_t *sums_json(const struct traffic_sums *sums)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}",
			 "flows", (json_int_t)sums->flows,
			 "active", (json_int_t)sums->active,
			 "packets", (json_int_t)sums->packets,
			 "bytes", (json_int_t)sums->bytes,
			 "rate", (json_int_t)sums->rate);
}

json_t *traffic_sums_json(const struct traffic *traffic,
			  enum traffic_kind kind, const char *name)
{
	struct traffic_sums sums = traffic_sums_of(traffic, kind, name);

	return sums_json(&sums);
}

static double value_of(const struct traffic_sums *sums, const char *sort)
{
	return strcmp(sort, "bytes") == 0 ? (double)sums->bytes :
	       strcmp(sort, "packets") == 0 ? (double)sums->packets :
	       strcmp(sort, "flows") == 0 ? (double)sums->flows :
	       strcmp(sort, "active") == 0 ? (double)sums->active : sums->rate;
}

/* Take the next group in that order: less than `*limit`, or as much and behind
 * it in the table. */
static const struct traffic_group *next_group(
	const struct traffic_groups *groups, const char *sort,
	const struct traffic_group *prev)
{
	const struct traffic_group *best = NULL;
	double limit = prev != NULL ? value_of(&prev->sums, sort) : 0;

	for (size_t i = 0; i < groups->room; i++) {
		const struct traffic_group *group = &groups->items[i];
		double value = value_of(&group->sums, sort);

		if (group->hash == 0)
			continue;
		if (prev != NULL &&
		    (value > limit || (value >= limit && group <= prev)))
			continue;
		if (best == NULL || value > value_of(&best->sums, sort))
			best = group;
	}
	return best;
}

static void add_row(json_t *rows, const char *kind, const char *name,
		    const struct traffic_sums *sums)
{
	json_t *row = sums_json(sums);

	json_object_set_new(row, kind, name != NULL ? answer_text(name) :
						      json_null());
	json_array_append_new(rows, row);
}

static json_t *kind_json(const struct traffic *traffic, enum traffic_kind kind,
			 const char *sort, size_t rows)
{
	const struct traffic_groups *groups =
		traffic_flows_groups(traffic->flows, kind);
	const struct traffic_group *group = NULL;
	const char *name = traffic_kind_names[kind];
	json_t *list = json_array();

	for (size_t i = 0; i < rows; i++) {
		group = next_group(groups, sort, group);
		if (group == NULL)
			break;
		add_row(list, name, group->name, &group->sums);
	}
	return json_pack("{s:o, s:o, s:o, s:I}", "rows", list,
			 "unknown", sums_json(&groups->unnamed),
			 "others", sums_json(&groups->others),
			 "evicted", (json_int_t)groups->evicted);
}

json_t *traffic_state_json(const struct traffic *traffic)
{
	if (traffic == NULL)
		return json_pack("{s:b}", "counted", 0);
	return json_pack("{s:b, s:f, s:I}",
			 "counted", (int)traffic->is_counted,
			 "interval_seconds", traffic->interval_s,
			 "uncounted_flows", (json_int_t)
			 traffic_flows_uncounted(traffic->flows));
}

json_t *traffic_json(const struct traffic *traffic, const char *only,
		     const char *sort, size_t rows)
{
	json_t *data = traffic_state_json(traffic);

	if (traffic == NULL)
		return data;
	for (int i = 0; i < TRAFFIC_KINDS; i++)
		if (only == NULL || strcmp(only, traffic_kind_names[i]) == 0)
			json_object_set_new(data, traffic_kind_names[i],
				kind_json(traffic, i, sort, rows));
	return data;
}
