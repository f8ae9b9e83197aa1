/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hooks.h - run the programs of a directory when an uplink changes.
 *
 * The daemon may not execute programs (confine.h). Another process does,
 * forked before the daemon is confined: it runs them one after the other and
 * ends with the daemon. Waiting messages are bounded; the daemon never waits.
 */
#ifndef WAYMARK_HOOKS_H
#define WAYMARK_HOOKS_H

#include <stdbool.h>

#define HOOKS_DIR "/etc/waymark/events.d"
/* Programs, and seconds for each. */
#define HOOKS_MAX 32
#define HOOKS_SECONDS 10

struct hooks {
	int fd;			/* -1: there is no directory */
};

/*
 * Start the process; for a process without threads. Without the directory `dir`
 * there is none. 0 or -errno.
 */
int hooks_start(struct hooks *hooks, const char *dir);
void hooks_stop(struct hooks *hooks);

struct hook_event {
	const char *uplink, *dev;
	const char *family;	/* "ipv4", "ipv6" */
	bool is_up;
	const char *reason;	/* "": it is up */
	const char *active;	/* carries its traffic; "": none */
};

/* Have the programs run. 0, or -errno: it was dropped, -EAGAIN since too many
 * wait. */
int hooks_run(const struct hooks *hooks, const struct hook_event *event);

#endif
