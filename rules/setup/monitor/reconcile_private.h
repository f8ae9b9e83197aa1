/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reconcile_private.h - the reconciler's data. Only reconcile*.c include this. */
#ifndef WAYMARK_SETUP_RECONCILE_PRIVATE_H
#define WAYMARK_SETUP_RECONCILE_PRIVATE_H

#include <limits.h>
#include <pthread.h>

#include "rules/setup/monitor/backoff.h"
#include "rules/setup/monitor/causes.h"
#include "rules/setup/monitor/event_log.h"
#include "rules/setup/monitor/holds.h"
#include "rules/setup/monitor/probe.h"
#include "rules/setup/monitor/reconcile.h"
#include "rules/setup/monitor/watch.h"
#include "rules/setup/setup.h"

/* Collects a burst of notifications. */
#define RECONCILE_BURST_MS 30u
/* The pause after the first failure. */
#define RECONCILE_RETRY_MS 1000u

struct reconciler {
	pthread_t thread;
	pthread_mutex_t lock;	/* of all below but the descriptors */
	int wake_fd;		/* eventfd: wakes the thread */
	bool is_stopping;
	int admin_states_fd;	/* inotify on the state directory */
	int probe_results_fd;	/* the locked file, see health.h */
	struct reconcile_options options;
	char state_dir[PATH_MAX];

	const struct policy *policy;
	struct watch *watch;
	struct probes *probes;
	struct backoffs backoffs;
	bool works[SETUP_UPLINKS_MAX][2];	/* links, by the last report */
	struct setup_report last;
	bool has_last;
	struct holds holds;
	struct uplink_statuses statuses;	/* with its own lock */
	unsigned int port;

	uint64_t check_ms;	/* of the next check */
	uint64_t checked_ms;
	uint64_t retry_ms;	/* the pause after the next failure */
	bool failed;		/* the kernel refused a step of this check */
	bool changed_table;	/* flows may have begun without it */
	char error[SETUP_ERROR_MAX];	/* logged last */
	struct causes causes;
	struct event_log log;
	struct event_steps steps;	/* of this check */
};

/* Write a line to the log; the caller holds the lock, as for all below. */
__attribute__((format(printf, 3, 4)))
void reconcile_log(struct reconciler *rec, enum log_level level,
		   const char *format, ...);
/* Check at `at_ms`, or sooner if that is planned already. */
void reconcile_check_by(struct reconciler *rec, uint64_t at_ms);
/* A notification, see watch.h; `ctx` is the reconciler. */
void reconcile_observe(void *ctx, enum watch_kind kind, const char *text);
/* Write the states of the probes to their file. */
void reconcile_save_probes(struct reconciler *rec);
/* Compare, restore, log, and plan the next check. */
void reconcile_check(struct reconciler *rec);

#endif
