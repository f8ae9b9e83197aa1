/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * running.h - the state of a daemon: the engine, the source of its policy, the
 * reconciler of the kernel's side, and exemptions. Main thread only.
 */
#ifndef WAYMARK_RUNNING_H
#define WAYMARK_RUNNING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "engine/engine.h"
#include "rules/setup/exempts.h"
#include "rules/setup/setup.h"
#include "tools/daemon/events.h"
#include "tools/daemon/hooks.h"
#include "tools/daemon/notify.h"
#include "tools/daemon/trial.h"
#include "rules/setup/kernel/counter_totals.h"
#include "tools/load/load.h"

struct history;
struct refresh;
struct traffic;

/* The state of an uplink that events were last compared with, IPv4 and IPv6. */
struct uplink_seen {
	char name[UPLINK_NAME_MAX];	/* "": free */
	uint8_t way[2];			/* enum setup_way */
	char active[2][UPLINK_NAME_MAX];
};

struct running {
	const char *path;	/* of the policy file */
	char *switched;		/* the same, after a reload of another file;
				 * else NULL */
	/* That of the command line, absolute; a restart reads it. */
	const char *start_path;
	struct loaded source;	/* its text and names, without the policy */
	struct trial trial;
	struct refresh *refresh;	/* NULL if the policy has no names */
	uint64_t names_retry_ms;	/* next attempt; 0: none pending */
	const char *state_dir;	/* NULL: the default */
	struct engine *engine;
	bool has_setup;		/* false under `waymark run` */
	/* Seconds of clock_boot_s(): the start of the daemon, and the load of
	 * the current policy. */
	int64_t started_s;
	int64_t loaded_s;
	unsigned reloads;
	struct exempts exempts;
	struct counter_totals totals;
	struct traffic *traffic;	/* NULL: out of memory */
	struct history *history;	/* NULL: not available */
	struct reconciler *reconciler;	/* NULL without has_setup */
	struct notify notify;
	struct events *events;	/* NULL: out of memory */
	struct hooks hooks;
	/* Subscribers to events, and those of them that want flows. */
	unsigned followers, flow_followers;
	struct stats counters_seen;
	uint64_t counters_next_ms;
	/* By the thread that sets up: the last reported state. */
	struct uplink_seen uplinks_seen[SETUP_UPLINKS_MAX];
};

/*
 * Read the policy file again, or from now on the one at `path` unless that is
 * NULL, and put it into force in kernel and engine; if `seconds` is not 0, for
 * that time, unless it is confirmed. Refused while another is on trial and
 * `seconds` is 0. Errors and warnings go to `out` in the form of `waymark
 * check`. Returns 0, or -errno: the old policy and its file stay in force.
 */
int running_reload(struct running *running, const char *path,
		   unsigned seconds, FILE *out);

/* Set up the kernel for policy and exemptions; errors go to `out`. With
 * `down_links`, a link that is down is not an error. */
int running_set_up(struct running *running, bool down_links, FILE *out);

/* Without managing the set-up: find out which uplinks are down. */
void running_look(struct running *running);

/* Start the reconciler. 0 or -errno; the reason is logged. */
int running_keep(struct running *running);

/* Remove exemptions that have expired. */
void running_expire(struct running *running);

/* Take over the text and the names of the policy in force, and resolve the
 * names from now on. *former is what was there, the caller's. */
void running_take_names(struct running *running, struct loaded *loaded,
			struct loaded *former);
/* For the event loop: call running_follow_names() when the descriptor (-1:
 * none) is readable, and after that many milliseconds (-1: never). */
int running_names_fd(const struct running *running);
int running_names_wait_ms(const struct running *running);
/* Resolve names that are due; if addresses changed, put the policy with the
 * new ones into force. */
void running_follow_names(struct running *running);
/* Put `policy`, which is taken over, into force in kernel and engine. 0, or
 * -errno and the reason in `out`: the old policy stays. */
int running_go_over(struct running *running, struct policy *policy, FILE *out);

/*
 * Answer a client's request with an object: `exit`, the client's exit status;
 * `message`, for its stderr; `data`, for it to print. From malloc().
 */
char *running_answer(void *running, const char *line, size_t len,
		     size_t *ret_len);

#endif
