/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * health.h - record which uplinks are down: by `waymark uplink`, or because
 * their health checks fail.
 *
 * Both are files in the state directory, so that every set-up, by any process,
 * derives the same plan. Probe results count while the daemon that probes holds
 * the lock of their file; for a daemon that starts, also those of the previous
 * one, unless they are old.
 */
#ifndef WAYMARK_SETUP_HEALTH_H
#define WAYMARK_SETUP_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEALTH_NAME_MAX 64
/* Files in the state directory. */
#define HEALTH_ADMIN_STATES "uplinks"
#define HEALTH_PROBE_RESULTS "probes"

enum health_admin_state { HEALTH_AUTO, HEALTH_UP, HEALTH_DOWN };

struct health_uplink {
	char name[HEALTH_NAME_MAX];
	enum health_admin_state admin_state;
	bool down4, down6;	/* by probes */
	/* A daemon keeps the state; it has given up the flows. */
	bool is_known;
	bool gone4, gone6;
};

struct health {
	struct health_uplink *items;
	size_t count;
};

/* How long a daemon that starts relies on the results of the previous one. */
#define HEALTH_RESTART_MS 600000u

/* Load both files; missing ones are empty. Probe results without a daemon count
 * if they are younger than `age_max_ms`; 0: never. 0 or -errno; health_fini in
 * both cases. */
int health_load(const char *dir, uint64_t age_max_ms, struct health *health);
/* Whether a daemon holds the probe results, which name all uplinks then. */
bool health_is_kept(const char *dir);
void health_fini(struct health *health);

/* Whether `uplink` is down in `family`. */
bool health_is_down(const struct health *health, const char *uplink,
		    uint8_t family);

/* Whether flows of an uplink without a link or gateway have been given up:
 * probes failed, its `hold` is over, or no daemon watches over it. */
bool health_has_given_up(const struct health *health, const char *uplink,
			 uint8_t family);

enum health_admin_state health_admin_state_of(const struct health *health,
				const char *uplink);
/* Change the administrative state. 0 or -errno. */
int health_save_admin_state(const char *dir, const char *uplink,
		     enum health_admin_state admin_state);

/* Watch for changes of administrative states. A descriptor to poll, or
 * -errno. */
int health_watch_open(const char *dir);
/* Read pending events. Whether a state changed. */
bool health_watch_read(int fd);

/* Open and lock the file of probe results. The descriptor, or -errno; -EAGAIN:
 * another process holds it. */
int health_probe_results_open(const char *dir);
/* Read the results of an earlier process, unless they are older than
 * `age_max_ms`. 0 or -errno; health_fini in both cases. */
int health_load_results(int fd, uint64_t age_max_ms, struct health *health);
/* Replace its content by the results in `health`. 0 or -errno. */
int health_probe_results_save(int fd, const struct health *health);
/* Delete both files, after undo. */
void health_remove(const char *dir);

#endif
