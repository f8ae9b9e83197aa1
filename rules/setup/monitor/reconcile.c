/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reconcile.c - keep the kernel as the policy wants it.
 *
 * The thread sleeps until a notification, a probe, a change of `waymark uplink`
 * or the timer is due. Notifications are collected for a moment; then a check
 * runs setup_apply(), which reads the whole state and applies the difference:
 * a lost notification delays a repair. They only serve as causes in the log.
 */
#include "rules/setup/monitor/reconcile_private.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rules/policy/policy.h"
#include "rules/setup/monitor/failover_text.h"
#include "rules/setup/monitor/probe_results.h"
#include "rules/setup/plan/health.h"
#include "rules/util/clock.h"

/* ---- probes and administrative states ---- */

static void log_probe(void *ctx, enum log_level level, const char *line)
{
	struct reconciler *rec = ctx;

	reconcile_log(rec, level, "%s", line);
	causes_add_own(&rec->causes, "health check");
}

static void run_probes(struct reconciler *rec)
{
	const struct probe_paths paths = {
		.works = (const bool (*)[2])rec->works,
		.main = { rec->last.has_separate_main[0],
			  rec->last.has_separate_main[1] },
	};

	/* Before the first check it is unknown what failover leads to. */
	if (!rec->has_last ||
	    !probes_run(rec->probes, &paths, clock_ms(), log_probe, rec))
		return;
	reconcile_save_probes(rec);
	rec->check_ms = clock_ms();
}

static void expire_holds(struct reconciler *rec)
{
	if (!holds_expire(&rec->holds, clock_ms()))
		return;
	reconcile_save_probes(rec);
	if (!rec->causes.why[0])
		causes_add_own(&rec->causes, "end of a hold");
	rec->check_ms = clock_ms();
}

static void read_admin_states(struct reconciler *rec)
{
	if (!health_watch_read(rec->admin_states_fd))
		return;
	causes_add_own(&rec->causes, "waymark uplink");
	rec->check_ms = clock_ms();
}

static int timeout_of(const struct reconciler *rec)
{
	uint64_t next = rec->check_ms;
	uint64_t probe = probes_next_ms(rec->probes);
	uint64_t hold = holds_next_ms(&rec->holds);
	uint64_t log = event_log_next_ms(&rec->log);
	uint64_t time = clock_ms();

	if (probe && probe < next)
		next = probe;
	if (hold && hold < next)
		next = hold;
	if (log && log < next)
		next = log;
	return next <= time ? 0 : (int)(next - time);
}

static void update_statuses(struct reconciler *rec)
{
	uplink_statuses_update(&rec->statuses, rec->policy,
		    rec->has_last ? &rec->last : NULL, rec->probes, clock_ms());
}

/* Wait for an event. false: the thread is to stop. */
static bool wait_for_events(struct reconciler *rec)
{
	struct pollfd fixed[WATCH_FDS + 2];
	struct pollfd *fds;
	int watched[WATCH_FDS];
	size_t count = 0;
	int timeout;
	bool continues;
	eventfd_t value;

	pthread_mutex_lock(&rec->lock);
	fds = calloc(WATCH_FDS + 2 + probes_count(rec->probes), sizeof(*fds));
	if (fds == NULL)
		fds = fixed;
	fds[count++] = (struct pollfd){ rec->wake_fd, POLLIN, 0 };
	fds[count++] = (struct pollfd){ rec->admin_states_fd, POLLIN, 0 };
	watch_fds(rec->watch, watched);
	for (int i = 0; i < WATCH_FDS; i++)
		fds[count++] = (struct pollfd){ watched[i], POLLIN, 0 };
	if (fds != fixed)
		count += probes_poll(rec->probes, fds + count);
	timeout = timeout_of(rec);
	pthread_mutex_unlock(&rec->lock);
	poll(fds, count, timeout);
	if (fds[0].revents & POLLIN)
		eventfd_read(rec->wake_fd, &value);
	pthread_mutex_lock(&rec->lock);
	continues = !rec->is_stopping;
	pthread_mutex_unlock(&rec->lock);
	if (fds != fixed)
		free(fds);
	return continues;
}

static void *run(void *ctx)
{
	struct reconciler *rec = ctx;

	while (wait_for_events(rec)) {
		pthread_mutex_lock(&rec->lock);
		watch_read(rec->watch, rec->port, reconcile_observe, rec);
		read_admin_states(rec);
		run_probes(rec);
		expire_holds(rec);
		event_log_flush(&rec->log, false, clock_ms());
		if (clock_ms() >= rec->check_ms)
			reconcile_check(rec);
		update_statuses(rec);
		pthread_mutex_unlock(&rec->lock);
	}
	return NULL;
}

/* ---- life ---- */

static void reconciler_free(struct reconciler *rec)
{
	if (rec->probe_results_fd >= 0)
		close(rec->probe_results_fd);
	if (rec->admin_states_fd >= 0)
		close(rec->admin_states_fd);
	if (rec->wake_fd >= 0)
		close(rec->wake_fd);
	watch_close(rec->watch);
	probes_free(rec->probes);
	pthread_mutex_destroy(&rec->lock);
	uplink_statuses_fini(&rec->statuses);
	free(rec);
}

static int open_files(struct reconciler *rec)
{
	rec->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (rec->wake_fd < 0)
		return -errno;
	rec->admin_states_fd = health_watch_open(rec->state_dir);
	if (rec->admin_states_fd < 0)
		return rec->admin_states_fd;
	rec->probe_results_fd = health_probe_results_open(rec->state_dir);
	return rec->probe_results_fd < 0 ? rec->probe_results_fd : 0;
}

int reconcile_start(const struct policy *policy,
		    const struct reconcile_options *options,
		    struct reconciler **ret, char error[static SETUP_ERROR_MAX])
{
	struct reconciler *rec = calloc(1, sizeof(*rec));
	int rc;

	if (rec == NULL)
		return set_error(error, -ENOMEM, "reconciler: out of memory");
	rec->wake_fd = rec->admin_states_fd = rec->probe_results_fd = -1;
	rec->options = *options;
	rec->log.write = options->log;
	rec->log.ctx = options->ctx;
	rec->policy = policy;
	rec->retry_ms = RECONCILE_RETRY_MS;
	pthread_mutex_init(&rec->lock, NULL);
	uplink_statuses_init(&rec->statuses);
	rc = setup_state_dir(options->state_dir, rec->state_dir);
	if (rc == 0)
		rc = open_files(rec);
	if (rc == 0)
		rc = watch_open(policy, &rec->watch);
	if (rc == 0) {
		rec->probes = probes_new(policy, NULL);
		rc = rec->probes != NULL ? 0 : -ENOMEM;
	}
	if (rc == 0)
		rc = probe_results_load(rec->probe_results_fd, policy,
					rec->probes, &rec->holds);
	if (rc == 0) {
		update_statuses(rec);
		reconcile_save_probes(rec);
		rc = -pthread_create(&rec->thread, NULL, run, rec);
	}
	if (rc < 0) {
		reconciler_free(rec);
		return set_error(error, rc, "reconciler: %s; the set-up would "
				 "not be maintained", strerror(-rc));
	}
	*ret = rec;
	return 0;
}

/* An uplink that is down at the end stays so: its traffic would be lost. From
 * now on no probe finds that it is up again, so each is logged. */
static void log_remaining_failovers(struct reconciler *rec)
{
	char text[FAILOVER_TEXT_MAX];

	for (size_t i = 0; i < policy_uplinks(rec->policy); i++)
		for (int v6 = 0; v6 < 2 && rec->has_last; v6++) {
			uint8_t by = rec->last.active[i][v6];
			int family = v6 ? AF_INET6 : AF_INET;

			if (by == i || !probes_is_down(rec->probes, i, family))
				continue;
			reconcile_log(rec, LOG_LEVEL_WARNING, "%s",
				 failover_text_end(rec->policy, i, v6 ? 6 : 4,
						   by, text));
		}
}

void reconcile_stop(struct reconciler *rec)
{
	if (rec == NULL)
		return;
	pthread_mutex_lock(&rec->lock);
	rec->is_stopping = true;
	pthread_mutex_unlock(&rec->lock);
	eventfd_write(rec->wake_fd, 1);
	pthread_join(rec->thread, NULL);
	event_log_flush(&rec->log, true, clock_ms());
	log_remaining_failovers(rec);
	reconcile_save_probes(rec);	/* their age counts from now */
	reconciler_free(rec);
}

int reconcile_uplinks(struct reconciler *rec,
		      struct uplink_status **ret_uplinks)
{
	*ret_uplinks = NULL;
	return rec != NULL ? uplink_statuses_copy(&rec->statuses, ret_uplinks)
			   : 0;
}

void reconcile_pause(struct reconciler *rec)
{
	if (rec == NULL)
		return;
	pthread_mutex_lock(&rec->lock);
	watch_mute(rec->watch, true);
}

static void change_policy(struct reconciler *rec, const struct policy *policy)
{
	struct probes *probes = probes_new(policy, rec->probes);

	if (probes == NULL || watch_policy(rec->watch, policy) < 0)
		reconcile_log(rec, LOG_LEVEL_ERROR,
			 "reconciler: out of memory: the old probes go on");
	if (probes != NULL) {
		probes_free(rec->probes);
		rec->probes = probes;
	}
	holds_change_policy(&rec->holds, policy);
	rec->policy = policy;
	rec->has_last = false;
	reconcile_save_probes(rec);
	update_statuses(rec);
	rec->check_ms = clock_ms();
}

void reconcile_resume(struct reconciler *rec, const struct policy *policy)
{
	if (rec == NULL)
		return;
	if (policy != rec->policy)
		change_policy(rec, policy);
	watch_mute(rec->watch, false);
	/* A foreign change may have been missed. */
	reconcile_check_by(rec, clock_ms() + RECONCILE_BURST_MS);
	eventfd_write(rec->wake_fd, 1);
	pthread_mutex_unlock(&rec->lock);
}

struct table_owner *reconcile_owner(struct reconciler *rec)
{
	return rec != NULL ? watch_owner(rec->watch) : NULL;
}
