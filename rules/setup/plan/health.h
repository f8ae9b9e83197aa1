/*
 * health.h - which uplinks are taken for dead: by an administrator's word, or
 * because their probes go unanswered.
 *
 * Both are lines in the state folder, so that every set-up, by whichever
 * process, comes to the same plan. What probes found counts only while the
 * process that probes holds the file's lock.
 */
#ifndef WAYMARK_SETUP_HEALTH_H
#define WAYMARK_SETUP_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEALTH_NAME_MAX 64
/* Files in the state folder. */
#define HEALTH_ADMIN_STATES "uplinks"
#define HEALTH_PROBE_RESULTS "probes"

enum health_admin_state { HEALTH_AUTO, HEALTH_UP, HEALTH_DOWN };

struct health_uplink {
	char name[HEALTH_NAME_MAX];
	enum health_admin_state admin_state;
	bool down4, down6;	/* as probes found */
};

struct health {
	struct health_uplink *items;
	size_t count;
};

/* None is an empty one. 0 or -errno; health_fini in both cases. */
int health_load(const char *dir, struct health *health);
/* Whether somebody holds the findings, which name all uplinks then. */
bool health_is_kept(const char *dir);
void health_fini(struct health *health);

/* Whether nothing is to be sent by `uplink`. */
bool health_is_down(const struct health *health, const char *uplink,
		    uint8_t family);

enum health_admin_state health_admin_state_of(const struct health *health,
				const char *uplink);
/* Change what is wished. 0 or -errno. */
int health_save_admin_state(const char *dir, const char *uplink,
		     enum health_admin_state admin_state);

/* The file of findings, locked and empty, for the one who probes. The
 * descriptor, or -errno; -EAGAIN when somebody else has it. */
int health_probe_results_open(const char *dir);
/* Replace its lines by those of `health`. 0 or -errno. */
int health_probe_results_save(int fd, const struct health *health);
/* When all is undone. */
void health_remove(const char *dir);

#endif
