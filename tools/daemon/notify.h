/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notify.h - report the daemon's state to systemd, see sd_notify(3): ready,
 * reloading, stopping, one line of status, and the watchdog. Nothing is done
 * if the environment has no NOTIFY_SOCKET. Main thread only.
 */
#ifndef WAYMARK_NOTIFY_H
#define WAYMARK_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/daemon/notify_status.h"

struct running;

struct notify {
	bool is_on;
	uint64_t watchdog_ms;		/* between two reports; 0: off */
	uint64_t watchdog_next_ms;
	char status[NOTIFY_STATUS_MAX];	/* reported last */
	char refused[NOTIFY_STATUS_MAX];	/* why the last reload was;
						 * "": it was not */
};

/* Read the environment. */
void notify_init(struct notify *notify);

/* Set-up and engine are in force. */
void notify_ready(struct running *running);
/* A reload begins, and has ended: `rc` is its result, `messages` what it
 * printed, or NULL. */
void notify_reloading(const struct notify *notify);
void notify_reloaded(struct running *running, int rc, const char *messages);
void notify_stopping(const struct notify *notify);

/* For the event loop: call notify_turn() after that many milliseconds at the
 * latest; -1: never. It reports a changed status, and feeds the watchdog if all
 * workers have answered since the previous time. */
int notify_wait_ms(const struct notify *notify);
void notify_turn(struct running *running, uint64_t now_ms);

#endif
