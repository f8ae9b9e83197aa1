/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probe.c - schedule probes, and derive up and down from their answers. */
#include "rules/setup/monitor/probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "rules/setup/plan/health.h"
#include "rules/setup/monitor/probe_socket.h"

/* Later answers do not count. */
#define WAIT_MAX_MS 3000u

struct probe {
	struct uplink_probe spec;
	size_t uplink;
	char name[HEALTH_NAME_MAX];
	char dev[IFNAMSIZ];
	uint32_t mark;

	struct probe_socket socket;
	uint64_t next_ms;	/* to send, or to time out */
	uint64_t began_ms;	/* the last attempt */
	uint64_t answered_ms;
	uint64_t good_ms;	/* the start of the last one answered */
	uint64_t bad_ms;	/* the start of the last one lost */
	unsigned int good, bad;	/* in a row */
	bool is_down;
};

/* The state of an uplink; IPv4 and IPv6. */
struct probe_state {
	char name[HEALTH_NAME_MAX];
	bool is_down[2];
	bool is_kept[2];	/* all its probes fail, and no path answers */
};

struct probes {
	struct probe_state *states;	/* of each uplink */
	size_t state_count;
	size_t count;
	struct probe items[];
};

static struct probe probe_of(const struct policy *policy, size_t uplink,
			     const struct uplink_probe *spec)
{
	const struct marks *marks = policy_marks(policy);
	const struct uplink *from = policy_uplink(policy, uplink);
	struct probe probe = {
		.spec = *spec,
		.uplink = uplink,
		.mark = marks_of(marks, from->path, true),
		.socket = { .fd = -1 },
		.next_ms = 1,
	};

	snprintf(probe.name, sizeof(probe.name), "%s", from->name);
	snprintf(probe.dev, sizeof(probe.dev), "%s", from->dev);
	return probe;
}

static bool is_same_probe(const struct probe *a, const struct probe *b)
{
	return strcmp(a->name, b->name) == 0 &&
	       a->spec.kind == b->spec.kind && a->spec.port == b->spec.port &&
	       address_equal(&a->spec.target, &b->spec.target);
}

static int family_of(const struct probe *probe)
{
	return address_is_v4(&probe->spec.target) ? 0 : 1;
}

static void set_failed(struct probe *probe)
{
	probe->is_down = true;
	probe->bad = probe->spec.down;
}

/* A new target of an uplink that is down has to prove that it is up. */
static void take_over(struct probe *probe, const struct probes *old)
{
	for (size_t i = 0; i < old->state_count; i++)
		if (strcmp(old->states[i].name, probe->name) == 0 &&
		    old->states[i].is_down[family_of(probe)])
			set_failed(probe);
	for (size_t i = 0; i < old->count; i++) {
		const struct probe *from = &old->items[i];

		if (!is_same_probe(from, probe))
			continue;
		probe->began_ms = from->began_ms;
		probe->answered_ms = from->answered_ms;
		probe->good_ms = from->good_ms;
		probe->bad_ms = from->bad_ms;
		probe->good = from->good;
		probe->bad = from->bad;
		probe->is_down = from->is_down;
		return;
	}
}

static void take_over_state(struct probe_state *state, const struct probes *old)
{
	for (size_t i = 0; i < old->state_count; i++)
		if (strcmp(old->states[i].name, state->name) == 0)
			*state = old->states[i];
}

struct probes *probes_new(const struct policy *policy,
			  const struct probes *old)
{
	struct probes *probes;
	size_t count = 0;

	for (size_t i = 0; i < policy_uplinks(policy); i++)
		count += policy_uplink(policy, i)->probe_count;
	probes = calloc(1, sizeof(*probes) + count * sizeof(struct probe));
	if (probes == NULL)
		return NULL;
	probes->state_count = policy_uplinks(policy);
	probes->states = calloc(probes->state_count + 1,
				sizeof(*probes->states));
	if (probes->states == NULL) {
		free(probes);
		return NULL;
	}
	for (size_t i = 0; i < policy_uplinks(policy); i++) {
		const struct uplink *uplink = policy_uplink(policy, i);

		snprintf(probes->states[i].name, sizeof(probes->states[i].name),
			 "%s", uplink->name);
		if (old != NULL)
			take_over_state(&probes->states[i], old);
		for (size_t n = 0; n < uplink->probe_count; n++) {
			struct probe *probe = &probes->items[probes->count++];

			*probe = probe_of(policy, i, &uplink->probes[n]);
			if (old != NULL)
				take_over(probe, old);
		}
	}
	return probes;
}

void probes_free(struct probes *probes)
{
	if (probes == NULL)
		return;
	for (size_t i = 0; i < probes->count; i++)
		probe_socket_close(&probes->items[i].socket);
	free(probes->states);
	free(probes);
}

size_t probes_count(const struct probes *probes)
{
	return probes->count;
}

size_t probes_poll(const struct probes *probes, struct pollfd *fds)
{
	size_t count = 0;

	for (size_t i = 0; i < probes->count; i++)
		if (probes->items[i].socket.fd >= 0)
			fds[count++] = (struct pollfd){
				.fd = probes->items[i].socket.fd,
				.events = probes->items[i].socket.events,
			};
	return count;
}

uint64_t probes_next_ms(const struct probes *probes)
{
	uint64_t next = 0;

	for (size_t i = 0; i < probes->count; i++)
		if (next == 0 || probes->items[i].next_ms < next)
			next = probes->items[i].next_ms;
	return next;
}

static bool is_of(const struct probe *probe, size_t uplink, uint8_t family)
{
	return probe->uplink == uplink &&
	       address_is_v4(&probe->spec.target) == (family == AF_INET);
}

void probes_last(const struct probes *probes, size_t uplink, uint8_t family,
		 uint64_t *ret_asked_ms, uint64_t *ret_answered_ms)
{
	*ret_asked_ms = *ret_answered_ms = 0;
	for (size_t i = 0; i < probes->count; i++) {
		const struct probe *probe = &probes->items[i];

		if (!is_of(probe, uplink, family))
			continue;
		if (probe->began_ms > *ret_asked_ms)
			*ret_asked_ms = probe->began_ms;
		if (probe->answered_ms > *ret_answered_ms)
			*ret_answered_ms = probe->answered_ms;
	}
}

bool probes_is_down(const struct probes *probes, size_t uplink, uint8_t family)
{
	return probes->states[uplink].is_down[family == AF_INET6];
}

bool probes_is_kept(const struct probes *probes, size_t uplink, uint8_t family)
{
	return probes->states[uplink].is_kept[family == AF_INET6];
}

void probes_set_down(struct probes *probes, size_t uplink, uint8_t family)
{
	bool has_any = false;

	for (size_t i = 0; i < probes->count; i++)
		if (is_of(&probes->items[i], uplink, family)) {
			set_failed(&probes->items[i]);
			has_any = true;
		}
	probes->states[uplink].is_down[family == AF_INET6] = has_any;
}

/* Whether the uplink has probes of this family and all fail. */
static bool fails(const struct probes *probes, size_t uplink, uint8_t family)
{
	bool has_any = false;

	for (size_t i = 0; i < probes->count; i++) {
		const struct probe *probe = &probes->items[i];

		if (!is_of(probe, uplink, family))
			continue;
		if (!probe->is_down)
			return false;
		has_any = true;
	}
	return has_any;
}

/* ---- one probe ---- */

static void log_change(const struct probe *probe, int rc, log_sink *log,
		       void *ctx)
{
	char line[256], target[ADDRESS_TEXT_MAX];
	const char *why = rc == 0	    ? "answered" :
			  rc == -ETIMEDOUT ? "no answer" :
					     strerror(-rc);
	unsigned int times = rc == 0 ? probe->good : probe->bad;

	snprintf(line, sizeof(line),
		 "uplink %s: IPv%c: probe %s %s: %s, %u time%s: %s",
		 probe->name, address_is_v4(&probe->spec.target) ? '4' : '6',
		 probe_kinds[probe->spec.kind].word,
		 address_print(&probe->spec.target, target),
		 why, times, times == 1 ? "" : "s",
		 rc == 0 ? "up" : "down");
	log(ctx, rc == 0 ? LOG_LEVEL_NOTICE : LOG_LEVEL_WARNING, line);
}

/* Count the result of an attempt. */
static void conclude(struct probe *probe, int rc, uint64_t now_ms,
		     log_sink *log, void *ctx)
{
	bool was_down = probe->is_down;

	probe_socket_close(&probe->socket);
	probe->next_ms = probe->began_ms + probe->spec.every_ms;
	if (probe->next_ms <= now_ms)
		probe->next_ms = now_ms + 1;
	if (rc == 0)
		probe->answered_ms = now_ms;
	*(rc == 0 ? &probe->good_ms : &probe->bad_ms) = probe->began_ms;
	probe->good = rc == 0 ? probe->good + 1 : 0;
	probe->bad = rc == 0 ? 0 : probe->bad + 1;
	if (probe->bad >= probe->spec.down)
		probe->is_down = true;
	else if (probe->good >= probe->spec.up)
		probe->is_down = false;
	if (probe->is_down != was_down)
		log_change(probe, rc, log, ctx);
}

static uint64_t wait_ms(const struct probe *probe)
{
	return probe->spec.every_ms < WAIT_MAX_MS ? probe->spec.every_ms :
						     WAIT_MAX_MS;
}

static void run_probe(struct probe *probe, uint64_t now_ms, log_sink *log,
		      void *ctx)
{
	int rc = -EAGAIN;

	if (probe->socket.fd >= 0) {
		struct pollfd ready = { .fd = probe->socket.fd,
					.events = probe->socket.events };

		if (poll(&ready, 1, 0) > 0)
			rc = probe_socket_go_on(&probe->socket, &probe->spec);
		if (rc == -EAGAIN && now_ms >= probe->next_ms)
			rc = -ETIMEDOUT;
	} else if (now_ms >= probe->next_ms) {
		probe->began_ms = now_ms;
		rc = probe_socket_open(&probe->socket, &probe->spec,
				       probe->dev, probe->mark);
		probe->next_ms = now_ms + wait_ms(probe);
		if (rc == 0)
			rc = -EAGAIN;
	}
	if (rc != -EAGAIN)
		conclude(probe, rc, now_ms, log, ctx);
}

/* ---- down and up ---- */

/* The start of the last attempt that `uplink` lost. */
static uint64_t last_bad_ms(const struct probes *probes, size_t uplink,
			    uint8_t family)
{
	uint64_t last = 0;

	for (size_t i = 0; i < probes->count; i++)
		if (is_of(&probes->items[i], uplink, family) &&
		    probes->items[i].bad_ms > last)
			last = probes->items[i].bad_ms;
	return last;
}

/* Whether `uplink` answered an attempt of `since_ms` or later, or has no
 * probes. Probes that were not sent since then are sent at once. */
static bool answers(struct probes *probes, size_t uplink, uint8_t family,
		    uint64_t since_ms, uint64_t now_ms)
{
	bool has_any = false;

	for (size_t i = 0; i < probes->count; i++) {
		struct probe *probe = &probes->items[i];

		if (!is_of(probe, uplink, family))
			continue;
		has_any = true;
		if (probe->good_ms >= since_ms)
			return true;
		if (probe->began_ms < since_ms && probe->socket.fd < 0)
			probe->next_ms = now_ms;
	}
	return !has_any;
}

/* Whether traffic of `uplink` has anywhere better to go. An only uplink does:
 * what its policy specifies for failure. */
static bool has_better(struct probes *probes, const struct probe_paths *paths,
		       size_t uplink, int v6, uint64_t now_ms)
{
	uint8_t family = v6 ? AF_INET6 : AF_INET;
	uint64_t since_ms = last_bad_ms(probes, uplink, family);
	bool is_only = true, found = paths->main[v6];

	for (size_t i = 0; i < probes->state_count; i++) {
		if (i == uplink || !paths->works[i][v6])
			continue;
		is_only = false;
		found |= answers(probes, i, family, since_ms, now_ms);
	}
	return is_only || found;
}

/* Derive the state of an uplink. Whether it changed. */
static bool update_state(struct probes *probes, const struct probe_paths *paths,
			 size_t i, int v6, uint64_t now_ms, log_sink *log,
			 void *ctx)
{
	struct probe_state *state = &probes->states[i];
	bool was_down = state->is_down[v6], was_kept = state->is_kept[v6];
	bool is_bad = fails(probes, i, v6 ? AF_INET6 : AF_INET);
	char line[256];

	state->is_down[v6] = is_bad &&
		(was_down || has_better(probes, paths, i, v6, now_ms));
	state->is_kept[v6] = is_bad && !state->is_down[v6];
	if (state->is_kept[v6] && !was_kept) {
		snprintf(line, sizeof(line), "uplink %s: IPv%d: its probes fail, "
			 "but no other uplink is known to answer: stays in use",
			 state->name, v6 ? 6 : 4);
		log(ctx, LOG_LEVEL_WARNING, line);
	}
	return state->is_down[v6] != was_down;
}

bool probes_run(struct probes *probes, const struct probe_paths *paths,
		uint64_t now_ms, log_sink *log, void *ctx)
{
	bool changed = false;

	for (size_t i = 0; i < probes->count; i++)
		run_probe(&probes->items[i], now_ms, log, ctx);
	for (size_t i = 0; i < probes->state_count; i++)
		for (int v6 = 0; v6 < 2; v6++)
			changed |= update_state(probes, paths, i, v6, now_ms,
						log, ctx);
	return changed;
}

int probe_once(const struct policy *policy, size_t uplink,
	       const struct uplink_probe *spec, int wait)
{
	struct probe probe = probe_of(policy, uplink, spec);
	struct pollfd ready;
	int rc = probe_socket_open(&probe.socket, spec, probe.dev, probe.mark);

	if (rc == 0)
		rc = -EAGAIN;
	while (rc == -EAGAIN) {
		ready = (struct pollfd){ .fd = probe.socket.fd,
					 .events = probe.socket.events };
		if (poll(&ready, 1, wait) <= 0)
			rc = -ETIMEDOUT;
		else
			rc = probe_socket_go_on(&probe.socket, spec);
	}
	probe_socket_close(&probe.socket);
	return rc;
}
