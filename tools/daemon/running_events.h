/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * running_events.h - turn what happens to a running daemon into events and
 * hooks.
 */
#ifndef WAYMARK_RUNNING_EVENTS_H
#define WAYMARK_RUNNING_EVENTS_H

#include "engine/control.h"
#include "rules/setup/setup.h"
#include "rules/util/log.h"
#include "tools/daemon/running.h"

/* Streams of the control socket: the request "events". */
extern const struct control_stream running_streams;

/* Compare with the previous report, and report uplinks that changed. By the
 * thread that has the report, while no other may set up. */
void running_note_uplinks(struct running *running,
			  const struct setup_report *report);
/* A line of the reconciler. */
void running_note_repair(struct running *running, enum log_level level,
			 const char *line);
/* `result`: "accepted", "refused", "confirmed", "reverted"; `message` may be
 * NULL. */
void running_note_reload(struct running *running, const char *result,
			 const char *message);
/* `action`: "added", "removed", "expired". */
void running_note_exemption(struct running *running, const char *action,
			    const char *host);
/* What is in `before` and no longer in the list has expired. */
void running_note_expired(struct running *running, const json_t *before);

/* For the event loop: at most this long until running_events_turn(); -1: for
 * ever. */
int running_events_wait_ms(const struct running *running);
/* Collect settled flows and overflows, if there are followers. */
void running_events_turn(struct running *running, uint64_t now_ms);

#endif
