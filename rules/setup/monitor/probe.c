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
	uint64_t began_ms;
	uint64_t answered_ms;
	unsigned int good, bad;	/* in a row */
	bool is_down;
};

struct probes {
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

struct probes *probes_new(const struct policy *policy)
{
	struct probes *probes;
	size_t count = 0;

	for (size_t i = 0; i < policy_uplinks(policy); i++)
		count += policy_uplink(policy, i)->probe_count;
	probes = calloc(1, sizeof(*probes) + count * sizeof(struct probe));
	if (!probes)
		return NULL;
	for (size_t i = 0; i < policy_uplinks(policy); i++) {
		const struct uplink *uplink = policy_uplink(policy, i);

		for (size_t n = 0; n < uplink->probe_count; n++)
			probes->items[probes->count++] =
				probe_of(policy, i, &uplink->probes[n]);
	}
	return probes;
}

void probes_free(struct probes *probes)
{
	if (!probes)
		return;
	for (size_t i = 0; i < probes->count; i++)
		probe_socket_close(&probes->items[i].socket);
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

static void log_change(const struct probe *probe, int rc, probe_log *log,
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
	log(ctx, line);
}

/* Count the result of an attempt. Whether the probe went down or up. */
static bool conclude(struct probe *probe, int rc, uint64_t now_ms,
		     probe_log *log, void *ctx)
{
	bool was_down = probe->is_down;

	probe_socket_close(&probe->socket);
	probe->next_ms = probe->began_ms + probe->spec.every_ms;
	if (probe->next_ms <= now_ms)
		probe->next_ms = now_ms + 1;
	if (rc == 0)
		probe->answered_ms = now_ms;
	probe->good = rc == 0 ? probe->good + 1 : 0;
	probe->bad = rc == 0 ? 0 : probe->bad + 1;
	if (probe->bad >= probe->spec.down)
		probe->is_down = true;
	else if (probe->good >= probe->spec.up)
		probe->is_down = false;
	if (probe->is_down == was_down)
		return false;
	log_change(probe, rc, log, ctx);
	return true;
}

static uint64_t wait_ms(const struct probe *probe)
{
	return probe->spec.every_ms < WAIT_MAX_MS ? probe->spec.every_ms :
						     WAIT_MAX_MS;
}

static bool run_probe(struct probe *probe, uint64_t now_ms, probe_log *log,
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
	return rc != -EAGAIN && conclude(probe, rc, now_ms, log, ctx);
}

bool probes_run(struct probes *probes, uint64_t now_ms, probe_log *log,
		void *ctx)
{
	bool changed = false;

	for (size_t i = 0; i < probes->count; i++)
		changed |= run_probe(&probes->items[i], now_ms, log, ctx);
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
