/* SPDX-License-Identifier: GPL-2.0-or-later */
/* notify.c - report the daemon's state to systemd, see notify.h. */
#include "tools/daemon/notify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "rules/setup/monitor/reconcile.h"
#include "rules/util/clock.h"
#include "tools/daemon/running.h"

/* Precision of the status. */
#define STATUS_MS 1000
/* Reports within the watchdog's time. sd_watchdog_enabled(3) recommends two;
 * a worker is asked in one turn and has to have answered by the next. */
#define WATCHDOG_TURNS 4

void notify_init(struct notify *notify)
{
	uint64_t usec = 0;

	*notify = (struct notify){ 0 };
	notify->is_on = getenv("NOTIFY_SOCKET") != NULL;
	if (notify->is_on && sd_watchdog_enabled(0, &usec) > 0)
		notify->watchdog_ms = usec / 1000 / WATCHDOG_TURNS + 1;
}

/* ---- status ---- */

static void describe(const struct running *running,
		     char text[static NOTIFY_STATUS_MAX])
{
	struct uplink_status *uplinks = NULL;
	int count = reconcile_uplinks(running->reconciler, &uplinks);
	size_t len;

	snprintf(text, NOTIFY_STATUS_MAX, "engine only, uplinks are not watched");
	if (running->reconciler != NULL)
		notify_describe(uplinks, count, text);
	free(uplinks);
	len = strlen(text);
	if (trial_is_on(running))
		snprintf(text + len, NOTIFY_STATUS_MAX - len,
			 "; the policy is not confirmed yet");
	len = strlen(text);
	if (running->notify.refused[0] != '\0')
		snprintf(text + len, NOTIFY_STATUS_MAX - len,
			 "; the last reload was refused: %s",
			 running->notify.refused);
}

/* ---- messages ---- */

void notify_ready(struct running *running)
{
	struct notify *notify = &running->notify;

	if (!notify->is_on)
		return;
	describe(running, notify->status);
	sd_notifyf(0, "READY=1\nSTATUS=%s", notify->status);
}

void notify_reloading(const struct notify *notify)
{
	struct timespec now;

	if (!notify->is_on)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		   (uint64_t)now.tv_sec * 1000000 +
		   (uint64_t)now.tv_nsec / 1000);
}

/* Keep the first line that has an error, or else the first that is no
 * warning. */
static void keep_reason(struct notify *notify, const char *messages)
{
	const char *found = strstr(messages, ": error: ");

	while (found != NULL && found > messages && found[-1] != '\n')
		found--;
	for (const char *line = messages; found == NULL && *line != '\0';) {
		size_t len = strcspn(line, "\n");

		if (memmem(line, len, "warning: ", strlen("warning: ")) == NULL)
			found = line;
		line += len + (line[len] == '\n');
	}
	if (found == NULL || *found == '\n')
		found = "see the log";
	snprintf(notify->refused, sizeof(notify->refused), "%.*s",
		 (int)strcspn(found, "\n"), found);
}

void notify_reloaded(struct running *running, int rc, const char *messages)
{
	struct notify *notify = &running->notify;

	notify->refused[0] = '\0';
	if (rc < 0)
		keep_reason(notify, messages != NULL ? messages : "");
	notify_ready(running);
}

void notify_stopping(const struct notify *notify)
{
	if (notify->is_on)
		sd_notify(0, "STOPPING=1\nSTATUS=stopped");
}

/* ---- event loop ---- */

int notify_wait_ms(const struct notify *notify)
{
	if (!notify->is_on)
		return -1;
	return notify->watchdog_ms != 0 && notify->watchdog_ms < STATUS_MS ?
	       (int)notify->watchdog_ms : STATUS_MS;
}

static void feed_watchdog(struct running *running, uint64_t now_ms)
{
	struct notify *notify = &running->notify;

	if (notify->watchdog_ms == 0 || now_ms < notify->watchdog_next_ms)
		return;
	notify->watchdog_next_ms = now_ms + notify->watchdog_ms;
	if (engine_has_turned(running->engine))
		sd_notify(0, "WATCHDOG=1");
}

void notify_turn(struct running *running, uint64_t now_ms)
{
	struct notify *notify = &running->notify;
	char text[NOTIFY_STATUS_MAX];

	if (!notify->is_on)
		return;
	feed_watchdog(running, now_ms);
	describe(running, text);
	if (strcmp(text, notify->status) == 0)
		return;
	memcpy(notify->status, text, sizeof(text));
	sd_notifyf(0, "STATUS=%s", text);
}
