/* SPDX-License-Identifier: GPL-2.0-or-later */
/* engine_ask.c - report counters, memory and flows of a running engine. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "engine/engine_private.h"

#define ANSWER_MS 1000

size_t engine_workers(const struct engine *engine)
{
	return engine->lane_count;
}

uint16_t engine_worker_queue(const struct engine *engine, size_t worker)
{
	return engine->lanes[worker]->queue;
}

static void add_lane(struct stats *sum, const struct lane *lane)
{
	stats_sum(sum, worker_counters(lane->worker));
	stats_sum(sum, source_nfqueue_counters(lane->source));
}

struct stats engine_worker_totals(const struct engine *engine,
					  size_t worker)
{
	struct stats totals = { 0 };

	add_lane(&totals, engine->lanes[worker]);
	return totals;
}

struct stats engine_totals(const struct engine *engine)
{
	struct stats totals = { 0 };

	for (size_t i = 0; i < engine->lane_count; i++)
		add_lane(&totals, engine->lanes[i]);
	return totals;
}

bool engine_has_turned(struct engine *engine)
{
	bool all = true;

	for (size_t i = 0; i < engine->lane_count; i++) {
		struct lane *lane = engine->lanes[i];
		unsigned int turns = atomic_load_explicit(&lane->turns,
							  memory_order_relaxed);

		all &= turns != lane->turns_seen;
		lane->turns_seen = turns;
	}
	engine_wake(engine);
	return all;
}

/* ---- by route and class ---- */

static void add_tally(struct engine_tally *sum, const struct tallies *tallies,
		      size_t i)
{
	const struct tally *tally = &tallies->items[i];

#define ADD(name, title, late) sum->name += stats_read(&tally->name);
	TALLIES(ADD)
#undef ADD
}

struct engine_tally engine_route_tally(const struct engine *engine, size_t i)
{
	struct engine_tally sum = { 0 };

	for (size_t n = 0; n < engine->lane_count; n++)
		add_tally(&sum, worker_routes(engine->lanes[n]->worker), i);
	return sum;
}

struct engine_tally engine_class_tally(const struct engine *engine, size_t i)
{
	struct engine_tally sum = { 0 };

	for (size_t n = 0; n < engine->lane_count; n++)
		add_tally(&sum, worker_classes(engine->lanes[n]->worker), i);
	return sum;
}

/* ---- memory ---- */

struct engine_memory engine_memory(const struct engine *engine)
{
	struct engine_memory sum = { 0 };

	for (size_t i = 0; i < engine->lane_count; i++) {
		const struct lane *lane = engine->lanes[i];

		sum.flows += worker_flow_bytes(lane->worker);
		sum.streams += worker_stream_bytes(lane->worker);
		sum.buffers += source_nfqueue_bytes(lane->source);
	}
	return sum;
}

/* ---- flows ---- */

/* False: the worker did not answer, and still owns the query. */
static bool ask(struct lane *lane)
{
	const struct timespec pause = { .tv_nsec = 100000 };

	if (!lane->is_asked)
		worker_ask(lane->worker, lane->query);
	lane->is_asked = true;
	source_nfqueue_wake(lane->source);
	for (int i = 0; i < ANSWER_MS * 10; i++) {
		if (worker_has_answered(lane->worker)) {
			lane->is_asked = false;
			return true;
		}
		nanosleep(&pause, NULL);
	}
	return false;
}

#define QUERY_VIEWS (sizeof(((struct flow_query *)0)->views) / \
		     sizeof(((struct flow_query *)0)->views[0]))

static void take_views(const struct engine *engine,
		       const struct flow_query *query, struct flow_view *views)
{
	for (size_t i = 0; i < query->count; i++) {
		views[i] = query->views[i];
		engine_lines_translate(&engine->lines, &views[i]);
	}
}

/* List flows of one lane until all are listed or `room` cannot take another
 * answer; false when it does not answer. */
static bool list(struct engine *engine, struct engine_cursor *cursor,
		 struct flow_view *views, size_t room, size_t *count)
{
	struct lane *lane = engine->lanes[cursor->worker];
	struct flow_query *query = lane->query;

	if (!lane->is_asked) {
		query->next = cursor->place;
		query->with_settled = cursor->with_settled;
	}
	do {
		if (!ask(lane))
			return false;
		take_views(engine, query, views + *count);
		*count += query->count;
		cursor->place = query->next;
	} while (!query->is_complete && room - *count >= QUERY_VIEWS);
	return true;
}

static bool may_ask(struct lane *lane)
{
	if (lane->query == NULL)
		lane->query = calloc(1, sizeof(*lane->query));
	return lane->query != NULL;
}

size_t engine_flows(struct engine *engine, struct engine_cursor *cursor,
		    struct flow_view *views, size_t room, size_t *ret_silent)
{
	size_t count = 0;

	*ret_silent = 0;
	while (cursor->worker < engine->lane_count &&
	       room - count >= QUERY_VIEWS) {
		struct lane *lane = engine->lanes[cursor->worker];
		bool answers = may_ask(lane) &&
			       list(engine, cursor, views, room, &count);

		if (!answers)
			(*ret_silent)++;
		else if (!lane->query->is_complete)
			break;
		cursor->worker++;
		cursor->place = 0;
	}
	cursor->is_complete = cursor->worker >= engine->lane_count;
	return count;
}

/* ---- settled flows ---- */

int engine_report_settled(struct engine *engine, bool on)
{
	for (size_t i = 0; i < engine->lane_count; i++) {
		struct lane *lane = engine->lanes[i];

		if (on && lane->settled == NULL)
			lane->settled = calloc(1, sizeof(*lane->settled));
		if (on && lane->settled == NULL)
			return -ENOMEM;
		worker_report_settled(lane->worker, on ? lane->settled : NULL);
		if (!on && lane->settled != NULL)
			worker_drop_settled(lane->settled);
	}
	return 0;
}

bool engine_take_settled(struct engine *engine, struct flow_view *ret)
{
	for (size_t i = 0; i < engine->lane_count; i++) {
		struct settled_ring *ring = engine->lanes[i]->settled;

		if (ring == NULL || !worker_take_settled(ring, ret))
			continue;
		engine_lines_translate(&engine->lines, ret);
		return true;
	}
	return false;
}

uint64_t engine_lost_settled(struct engine *engine)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < engine->lane_count; i++) {
		struct lane *lane = engine->lanes[i];
		uint64_t now = lane->settled == NULL ? 0 :
			       stats_read(&lane->settled->lost);

		lost += now - lane->lost_seen;
		lane->lost_seen = now;
	}
	return lost;
}
