/* SPDX-License-Identifier: GPL-2.0-or-later */
/* history_list.c - list the history of a time, see history_list.h. */
#include "tools/traffic/history_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_USUAL 30

/* The sums of a step. */
struct step {
	bool is_recorded;
	struct {
		uint64_t bytes, packets, flows;
	} sums[HISTORY_SERIES];
};

/* The finest ring that has all of that time. */
static enum history_ring ring_of(const struct history_query *query)
{
	int ring = 0;

	while (ring < HISTORY_RINGS - 1 &&
	       (query->last_s >
			history_sizes[ring].step_s * history_sizes[ring].rows))
		ring++;
	return ring;
}

/* A multiple of the ring's step. */
static int64_t step_of(const struct history_query *query)
{
	int64_t unit = history_sizes[ring_of(query)].step_s;
	int64_t step = query->step_s > 0 ? query->step_s :
					   query->last_s / STEPS_USUAL;

	step = (step + unit - 1) / unit * unit;
	return step > 0 ? step : unit;
}

bool history_query_check(const struct history_query *query,
			 char why[static HISTORY_WHY_MAX])
{
	const struct history_size *most = &history_sizes[HISTORY_RINGS - 1];

	if (query->last_s <= 0 || query->last_s > most->step_s * most->rows) {
		snprintf(why, HISTORY_WHY_MAX, "the history has the last 366 "
			 "days");
		return false;
	}
	if (query->step_s < 0 || query->step_s > query->last_s ||
	    query->last_s / step_of(query) > HISTORY_STEPS_MAX) {
		snprintf(why, HISTORY_WHY_MAX, "a step has to be shorter than "
			 "the time, and at least 1/%d of it",
			 HISTORY_STEPS_MAX);
		return false;
	}
	return true;
}

static void add_row(struct step *step, const struct history_row *row)
{
	step->is_recorded = true;
	for (int i = 0; i < HISTORY_SERIES; i++) {
		step->sums[i].bytes += row->cells[i].bytes;
		step->sums[i].packets += row->cells[i].packets;
		step->sums[i].flows += row->cells[i].flows;
	}
}

static void collect(const struct history *history, enum history_ring ring,
		    int64_t from_s, int64_t step_s, struct step *steps,
		    size_t count)
{
	const int64_t unit = history_sizes[ring].step_s;
	struct history_row row;

	for (size_t i = 0; i < count; i++)
		for (int64_t at = 0; at < step_s; at += unit)
			if (history_read(history, ring, from_s +
					 (int64_t)i * step_s + at, &row))
				add_row(&steps[i], &row);
}

static json_t *value(const struct step *step, uint64_t number)
{
	return step->is_recorded ? json_integer((json_int_t)number) :
				   json_null();
}

static json_t *series_json(const struct history_series *series, int number,
			   const struct step *steps, size_t count)
{
	json_t *bytes = json_array(), *packets = json_array();
	json_t *flows = json_array();

	for (size_t i = 0; i < count; i++) {
		json_array_append_new(bytes, value(
			&steps[i], steps[i].sums[number].bytes));
		json_array_append_new(packets, value(
			&steps[i], steps[i].sums[number].packets));
		json_array_append_new(flows, value(
			&steps[i], steps[i].sums[number].flows));
	}
	return json_pack("{s:s, s:s, s:o, s:o, s:o}", "kind",
			 series->kind == HISTORY_UPLINK ? "uplink" : "class",
			 "name", series->name, "bytes", bytes,
			 "packets", packets, "flows", flows);
}

static bool is_used(const struct history_series *series, int64_t from_s)
{
	return series->kind != HISTORY_FREE && series->used_s >= from_s;
}

json_t *history_json(const struct history *history,
		     const struct history_query *query)
{
	enum history_ring ring = ring_of(query);
	int64_t step_s = step_of(query);
	size_t count = (size_t)(query->last_s / step_s);
	int64_t end_s = query->now_s - query->now_s % step_s;
	int64_t from_s = end_s - (int64_t)count * step_s;
	struct step *steps = calloc(count + 1, sizeof(steps[0]));
	json_t *list = json_array();

	if (steps != NULL)
		collect(history, ring, from_s, step_s, steps, count);
	for (int i = 0; i < HISTORY_SERIES && steps != NULL; i++) {
		const struct history_series *series = history_series(history,
								     i);

		if (is_used(series, from_s))
			json_array_append_new(list, series_json(
				series, i, steps, count));
	}
	free(steps);
	return json_pack("{s:I, s:I, s:o}", "from", (json_int_t)from_s,
			 "step_seconds", (json_int_t)step_s, "series", list);
}
