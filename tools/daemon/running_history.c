/* SPDX-License-Identifier: GPL-2.0-or-later */
/* running_history.c - write the history of a daemon, see running_history.h. */
#include "tools/daemon/running_history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rules/setup/kernel/counters.h"
#include "rules/util/clock.h"
#include "rules/util/log.h"
#include "rules/util/state_dir.h"
#include "rules/util/state_file.h"
#include "tools/daemon/traffic.h"

#define STEP_MS 1000
/* Seconds of data that a crash may lose. */
#define FLUSH_S 15

/* What a series had when it was last written. */
struct point {
	int64_t when_s;		/* 0: never */
	uint64_t bytes, packets, flows;
};

struct history_writer {
	uint64_t next_ms;
	int64_t flushed_s;
	bool has_failed;
	struct point points[HISTORY_SERIES];
};

static struct history_writer writer;

/* ---- life ---- */

static int open_file(const char *path, struct history **ret)
{
	char broken[PATH_MAX];
	int rc = history_open(path, true, ret);

	if (rc != -EBADMSG || state_file_set_aside(path, broken) < 0)
		return rc;
	log_warning("%s: damaged, or of another version: renamed to %s; "
		    "history starts empty", path, broken);
	return history_open(path, true, ret);
}

void running_history_open(struct running *running)
{
	char path[PATH_MAX], why[STATE_WHY_MAX];
	int rc = history_path(running->state_dir, path);

	writer = (struct history_writer){ .next_ms = clock_ms() };
	if (rc == 0)
		rc = open_file(path, &running->history);
	if (rc < 0)
		log_warning("%s: no history of rates is kept: %s", path,
			    state_file_reason(path, rc, why));
}

void running_history_close(struct running *running)
{
	history_close(running->history);
	running->history = NULL;
}

/* ---- each second ---- */

static uint32_t limited(uint64_t number)
{
	return number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

static uint64_t increase(uint64_t then, uint64_t now)
{
	return now > then ? now - then : 0;
}

/* Add a part of the increase: all of it, or what belongs to a second of those
 * that passed between two readings. */
static void add(struct history *history, enum history_kind kind,
		const char *name, const struct point *now, double seconds)
{
	int series = history_series_get(history, kind, name, now->when_s);
	struct point *then = series < 0 ? NULL : &writer.points[series];
	struct history_cell more;

	if (then == NULL)
		return;
	if (then->when_s == 0 ||
	    history_series(history, series)->since_s == now->when_s) {
		*then = *now;
		return;
	}
	more = (struct history_cell){
		.bytes = (uint64_t)((double)increase(then->bytes, now->bytes) /
				    seconds),
		.packets = limited((uint64_t)((double)increase(
			then->packets, now->packets) / seconds)),
		.flows = limited((uint64_t)((double)increase(
			then->flows, now->flows) / seconds)),
	};
	history_add(history, series, &more, now->when_s);
	then->when_s = now->when_s;
	then->bytes += more.bytes;
	then->packets += more.packets;
	then->flows += more.flows;
	/* A counter that starts again. */
	if (now->bytes < then->bytes)
		*then = *now;
}

static void add_uplinks(struct running *running, int64_t now_s)
{
	const struct policy *policy = engine_policy(running->engine);
	static const char *const flows[] = { "header_flows", "engine_flows",
					     "inbound_flows" };
	char name[COUNTER_NAME_MAX];
	struct counters counters;

	if (counters_read(&counters) < 0) {
		counters_fini(&counters);
		return;
	}
	counter_totals_apply(&running->totals, &counters);
	for (size_t i = 0; i < policy_uplinks(policy); i++) {
		const struct uplink *up = policy_uplink(policy, i);
		struct counter carried = counters_find(
			&counters, counter_path("path", up->path, name));
		struct point now = {
			.when_s = now_s, .bytes = carried.bytes,
			.packets = carried.packets,
		};

		for (size_t n = 0; n < 3; n++)
			now.flows += counters_find(&counters, counter_path(
				flows[n], up->path, name)).packets;
		add(running->history, HISTORY_UPLINK, up->name, &now, 1);
	}
	counters_fini(&counters);
}

static void add_classes(struct running *running, int64_t now_s)
{
	const struct policy *policy = engine_policy(running->engine);
	double seconds = traffic_interval_s(running->traffic);

	for (size_t i = 0; i < policy_classes(policy); i++) {
		const char *name = policy_class_name(policy, i);
		struct traffic_sums sums = traffic_sums_of(
			running->traffic, TRAFFIC_CLASS, name);
		const struct point now = {
			.when_s = now_s, .bytes = sums.bytes,
			.packets = sums.packets, .flows = sums.flows,
		};

		add(running->history, HISTORY_CLASS, name, &now, seconds);
	}
}

int running_history_wait_ms(const struct running *running)
{
	uint64_t now_ms = clock_ms();

	if (running->history == NULL)
		return -1;
	return writer.next_ms > now_ms ? (int)(writer.next_ms - now_ms) : 0;
}

static void flush(struct running *running, int64_t now_s)
{
	int rc = history_flush(running->history);

	writer.flushed_s = now_s;
	if (rc < 0 && !writer.has_failed)
		log_warning("history: not written: %s", strerror(-rc));
	writer.has_failed = rc < 0;
}

/* In the middle of a second, so that each has one row. */
static uint64_t ms_to_next(void)
{
	struct timespec now;
	long part, wait;

	clock_gettime(CLOCK_REALTIME, &now);
	part = now.tv_nsec / 1000000;
	wait = STEP_MS + STEP_MS / 2 - part;
	return (uint64_t)(wait > STEP_MS + STEP_MS / 4 ? wait - STEP_MS : wait);
}

void running_history_turn(struct running *running)
{
	uint64_t now_ms = clock_ms();
	int64_t now_s = (int64_t)time(NULL);

	if (running->history == NULL || now_ms < writer.next_ms)
		return;
	writer.next_ms = now_ms + ms_to_next();
	add_uplinks(running, now_s);
	add_classes(running, now_s);
	if (now_s - writer.flushed_s >= FLUSH_S || now_s < writer.flushed_s)
		flush(running, now_s);
}
