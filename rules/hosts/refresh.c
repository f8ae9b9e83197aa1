/* SPDX-License-Identifier: GPL-2.0-or-later */
/* refresh.c - resolve names whose TTL has expired. */
#include "rules/hosts/refresh.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/hosts/answer_filter.h"
#include "rules/hosts/resolver.h"
#include "rules/util/clock.h"

/* Concurrent names, so that their answers fit into a socket buffer. */
#define ASKED_MAX 32
/* First retry interval; it doubles with each failure. */
#define RETRY_FIRST_MS UINT64_C(5000)
#define LINE_MAX_LEN (2 * HOST_CHANGE_MAX + DOMAIN_MAX + 64)

struct refresh {
	struct hosts *hosts;
	struct name_limits limits;
	struct answer_filter *filter;
	struct resolver *resolver;
	log_sink *log;
	void *ctx;
	bool changed;		/* since the latest report to the caller */
	/* Of this round of queries. */
	size_t failed;		/* names that resolved before */
	const struct host *first_failed;
	size_t fixed;
	const struct host *first_fixed;
};

/* ---- log lines ---- */

static void log_change(struct refresh *refresh, const struct host *host,
			const struct host_change *change)
{
	char line[LINE_MAX_LEN];

	if (refresh->log == NULL)
		return;
	snprintf(line, sizeof(line), "name %s:%s%s%s%s%s", host->name,
		 change->added[0] ? " added " : "", change->added,
		 change->added[0] && change->removed[0] ? "," : "",
		 change->removed[0] ? " removed " : "", change->removed);
	refresh->log(refresh->ctx, LOG_LEVEL_NOTICE, line);
}

static void log_round(struct refresh *refresh, enum log_level level,
		      size_t count, const struct host *first,
		      const char *what, const char *reason)
{
	char line[LINE_MAX_LEN], more[40] = "";

	if (refresh->log == NULL || count == 0)
		return;
	if (count > 1)
		snprintf(more, sizeof(more), " and %zu more", count - 1);
	snprintf(line, sizeof(line), "name %s%s: %s%s", first->name, more,
		 what, reason);
	refresh->log(refresh->ctx, level, line);
}

static void end_round(struct refresh *refresh)
{
	log_round(refresh, LOG_LEVEL_WARNING, refresh->failed,
		  refresh->first_failed,
		  "not resolved, last known addresses stay: ",
		  refresh->first_failed != NULL ?
			  refresh->first_failed->why : "");
	log_round(refresh, LOG_LEVEL_NOTICE, refresh->fixed,
		  refresh->first_fixed, "resolved again", "");
	refresh->failed = refresh->fixed = 0;
	refresh->first_failed = refresh->first_fixed = NULL;
}

/* ---- times ---- */

static uint64_t bound(uint64_t value, uint64_t min, uint64_t max)
{
	return value < min ? min : value > max ? max : value;
}

static void note_failure(struct refresh *refresh, struct host *host,
			 uint64_t now_ms)
{
	uint64_t max = UINT64_C(1000) * refresh->limits.ttl_max_s;

	if (host->pause_ms == 0) {
		if (refresh->failed++ == 0)
			refresh->first_failed = host;
		host->pause_ms = bound(RETRY_FIRST_MS, 1000,
				       1000 * refresh->limits.ttl_min_s);
	} else {
		host->pause_ms = bound(2 * host->pause_ms, 1000, max);
	}
	host->due_ms = now_ms + host->pause_ms;
}

static void note_success(struct refresh *refresh, struct host *host,
			 uint32_t ttl_s, uint64_t now_ms)
{
	if (host->pause_ms != 0 && refresh->fixed++ == 0)
		refresh->first_fixed = host;
	host->pause_ms = 0;
	host->due_ms = now_ms + 1000 * bound(ttl_s, refresh->limits.ttl_min_s,
					     refresh->limits.ttl_max_s);
}

/* ---- addresses that a name may not have ---- */

struct left_out {
	size_t count;
	uint64_t sum;
	char first[HOST_LEFT_OUT_MAX];
};

static void leave_out(struct left_out *left_out, const char *address,
		      const char *why)
{
	uint64_t sum = 14695981039346656037u;	/* FNV-1a */

	for (const char *at = address; *at != '\0'; at++)
		sum = (sum ^ (uint8_t)*at) * 1099511628211u;
	/* Servers rotate their answers. */
	left_out->sum += sum;
	if (left_out->count++ == 0)
		snprintf(left_out->first, sizeof(left_out->first),
			 "%s, which is %s", address, why);
}

/* Log a change. */
static void note_left_out(struct refresh *refresh, struct host *host,
			  const struct left_out *left_out)
{
	char line[LINE_MAX_LEN], more[40] = "";

	if (left_out->count > 1)
		snprintf(more, sizeof(more), ", and %zu more",
			 left_out->count - 1);
	snprintf(host->left_out, sizeof(host->left_out), "%.100s%s",
		 left_out->first, more);
	if (left_out->sum == host->left_out_sum)
		return;
	host->left_out_sum = left_out->sum;
	if (refresh->log == NULL || left_out->count == 0)
		return;
	snprintf(line, sizeof(line), "name %s: left out: %s; `resolve "
		 "private-domain` allows local addresses", host->name,
		 host->left_out);
	refresh->log(refresh->ctx, LOG_LEVEL_WARNING, line);
}

/* Whether the filter accepts the address; else it is added to `left_out`. */
static bool is_accepted(const struct refresh *refresh, const struct host *host,
			const struct address *address,
			struct left_out *left_out)
{
	const char *why = answer_filter_why(refresh->filter, host->name,
					    address);
	char text[ADDRESS_TEXT_MAX];

	if (why != NULL)
		leave_out(left_out, address_print(address, text), why);
	return why == NULL;
}

/* Copy the accepted addresses. `answer` points to them then. */
static void filter(struct refresh *refresh, struct host *host,
		   struct host_answer *answer,
		   struct address items[static HOST_ADDRESSES_MAX])
{
	struct left_out left_out = { 0 };
	size_t kept = 0;

	if (answer->has_mapped)
		leave_out(&left_out, "an address of ::ffff:0:0/96",
			  "no address of a host (RFC 4291)");
	for (size_t i = 0; i < answer->count; i++)
		if (is_accepted(refresh, host, &answer->items[i], &left_out))
			items[kept++] = answer->items[i];
	if (kept == 0 && left_out.count > 0)
		answer->why = "all of its addresses are left out";
	/* No answer is no change. */
	if (answer->count > 0 || answer->has_mapped)
		note_left_out(refresh, host, &left_out);
	answer->items = items;
	answer->count = kept;
}

/* ---- answers ---- */

static void take(void *ctx, size_t id, const struct host_answer *given)
{
	struct refresh *refresh = ctx;
	struct host *host = &refresh->hosts->items[id];
	struct address items[HOST_ADDRESSES_MAX];
	struct host_answer filtered = *given, *answer = &filtered;
	uint64_t now_ms = clock_ms();
	struct host_change change;

	filter(refresh, host, answer, items);
	host->is_asked = false;
	if (host_take(host, answer, &refresh->limits, now_ms, &change)) {
		refresh->changed = true;
		log_change(refresh, host, &change);
	}
	if (answer->count == 0)
		note_failure(refresh, host, now_ms);
	else
		note_success(refresh, host, answer->ttl_s, now_ms);
}

/* ---- queries ---- */

/* Query the names that are due by `until_ms`, up to ASKED_MAX at a time. */
static void ask(struct refresh *refresh, uint64_t until_ms)
{
	static const struct host_answer none = {
		.lacks4 = true, .lacks6 = true,
		.why = "cannot send a DNS query",
	};

	for (size_t i = 0; i < refresh->hosts->count; i++) {
		struct host *host = &refresh->hosts->items[i];

		if (resolver_asked(refresh->resolver) >= ASKED_MAX)
			return;
		if (!host->is_wanted || host->is_asked ||
		    host->due_ms > until_ms)
			continue;
		if (resolver_asked(refresh->resolver) == 0)
			answer_filter_look(refresh->filter);
		host->is_asked = true;
		if (resolver_ask(refresh->resolver, host->name, i) < 0)
			take(refresh, i, &none);
	}
}

static uint64_t next_due(const struct refresh *refresh)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < refresh->hosts->count; i++) {
		const struct host *host = &refresh->hosts->items[i];

		if (host->is_wanted && !host->is_asked && host->due_ms < next)
			next = host->due_ms;
	}
	return next;
}

int refresh_wait_ms(const struct refresh *refresh)
{
	int asked_ms = resolver_wait_ms(refresh->resolver);
	uint64_t next = next_due(refresh), now_ms = clock_ms();

	if (resolver_asked(refresh->resolver) > 0)
		return asked_ms;
	if (next == UINT64_MAX)
		return -1;
	return next <= now_ms ? 0 : (int)bound(next - now_ms, 1, INT_MAX);
}

int refresh_fd(const struct refresh *refresh)
{
	return resolver_fd(refresh->resolver);
}

bool refresh_turn(struct refresh *refresh)
{
	uint64_t now_ms = clock_ms();
	bool changed;

	resolver_turn(refresh->resolver);
	/* Include names that are almost due, so that the addresses of many
	 * names change in one update. */
	if (next_due(refresh) <= now_ms)
		ask(refresh, now_ms + 500 * refresh->limits.ttl_min_s);
	if (resolver_asked(refresh->resolver) > 0)
		return false;
	end_round(refresh);
	changed = refresh->changed;
	refresh->changed = false;
	return changed;
}

bool refresh_all(struct refresh *refresh, int wait_ms)
{
	uint64_t now_ms = clock_ms();
	uint64_t end_ms = now_ms + (uint64_t)wait_ms;
	struct pollfd readable = { .events = POLLIN };
	bool changed = false;

	readable.fd = resolver_fd(refresh->resolver);
	for (size_t i = 0; i < refresh->hosts->count; i++)
		refresh->hosts->items[i].due_ms = 0;
	while (next_due(refresh) == 0 ||
	       resolver_asked(refresh->resolver) > 0) {
		int left_ms, turn_ms;

		ask(refresh, 0);
		now_ms = clock_ms();
		if (now_ms >= end_ms)
			break;
		left_ms = (int)(end_ms - now_ms);
		turn_ms = resolver_wait_ms(refresh->resolver);
		poll(&readable, 1, turn_ms >= 0 && turn_ms < left_ms ?
				   turn_ms : left_ms);
		resolver_turn(refresh->resolver);
	}
	resolver_cancel(refresh->resolver);
	end_round(refresh);
	changed = refresh->changed;
	refresh->changed = false;
	return changed;
}

/* ---- creation ---- */

/* Addresses that an earlier version stored, or that have become local. */
static void forget_refused(struct refresh *refresh)
{
	for (size_t i = 0; i < refresh->hosts->count; i++) {
		struct host *host = &refresh->hosts->items[i];
		struct left_out left_out = { 0 };
		size_t kept = 0;

		for (size_t n = 0; n < host->count; n++)
			if (is_accepted(refresh, host, &host->items[n].address,
					&left_out))
				host->items[kept++] = host->items[n];
		if (left_out.count > 0)
			note_left_out(refresh, host, &left_out);
		refresh->changed |= kept < host->count;
		host->count = kept;
	}
}

struct refresh *refresh_new(struct hosts *hosts,
			    const struct name_limits *limits, log_sink *log,
			    void *ctx)
{
	struct refresh *refresh = calloc(1, sizeof(*refresh));

	if (refresh == NULL)
		return NULL;
	refresh->hosts = hosts;
	refresh->limits = *limits;
	refresh->log = log;
	refresh->ctx = ctx;
	refresh->filter = answer_filter_new(limits);
	if (refresh->filter != NULL)
		refresh->resolver = resolver_new(limits->mark, take, refresh);
	if (refresh->resolver != NULL) {
		forget_refused(refresh);
		return refresh;
	}
	answer_filter_free(refresh->filter);
	free(refresh);
	return NULL;
}

void refresh_free(struct refresh *refresh)
{
	if (refresh == NULL)
		return;
	refresh->log = NULL;
	resolver_free(refresh->resolver);
	answer_filter_free(refresh->filter);
	free(refresh);
}
