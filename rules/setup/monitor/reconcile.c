/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reconcile.c - keep the kernel as the policy wants it.
 *
 * The thread sleeps until a notification, a probe, a change of `waymark uplink`
 * or the timer is due. Notifications are collected for BURST_MS; then a check
 * runs setup_apply(), which reads the whole state and applies the difference:
 * a lost notification delays a repair. They only serve as causes in the log.
 */
#include "rules/setup/monitor/reconcile.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rules/policy/policy.h"
#include "rules/setup/monitor/backoff.h"
#include "rules/setup/monitor/causes.h"
#include "rules/setup/monitor/event_log.h"
#include "rules/setup/monitor/failover_text.h"
#include "rules/setup/monitor/holds.h"
#include "rules/setup/plan/health.h"
#include "rules/setup/plan/plan_routes.h"
#include "rules/setup/monitor/probe.h"
#include "rules/setup/monitor/probe_results.h"
#include "rules/setup/setup.h"
#include "rules/setup/monitor/watch.h"
#include "rules/util/clock.h"

/* Collects a burst of notifications; the shortest time between checks. */
#define BURST_MS 30u
#define INTERVAL_MIN_MS 200u
/* Finds changes without a notification, such as those of sysctls. */
#define CHECK_MS 60000u
/* After a failure, retries at growing intervals. */
#define RETRY_FIRST_MS 1000u
#define RETRY_MAX_MS 30000u

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
	char error[SETUP_ERROR_MAX];	/* logged last */
	struct causes causes;
	struct event_log log;
	struct event_steps steps;	/* of this check */
};

__attribute__((format(printf, 3, 4)))
static void log_line(struct reconciler *rec, enum log_level level,
		     const char *format, ...)
{
	char line[SETUP_ERROR_MAX + CAUSE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	event_log_write(&rec->log, NULL, level, line, clock_ms());
}

static void check_by(struct reconciler *rec, uint64_t at_ms)
{
	uint64_t earliest = rec->checked_ms + INTERVAL_MIN_MS;

	if (at_ms < earliest)
		at_ms = earliest;
	if (at_ms < rec->check_ms)
		rec->check_ms = at_ms;
}

/* ---- notifications ---- */

static void observe(void *ctx, enum watch_kind kind, const char *text)
{
	struct reconciler *rec = ctx;

	if (causes_add(&rec->causes, kind, text) && kind == WATCH_LINK)
		log_line(rec, LOG_LEVEL_NOTICE, "%s", text);
	check_by(rec, clock_ms() + BURST_MS);
}

/* ---- restoring ---- */

/* A loss without a cause of our own is the work of another program. */
static enum log_level level_of(const struct reconciler *rec,
			       const struct setup_change *change)
{
	return change->sign == '-' || causes_has(&rec->causes) ? LOG_LEVEL_NOTICE :
						       LOG_LEVEL_WARNING;
}

static bool take_step(void *ctx, const struct setup_change *change)
{
	struct reconciler *rec = ctx;
	const char *reason = causes_of(&rec->causes, change->thing);
	enum backoff_state answer = BACKOFF_NONE;

	/* Without the table there is no policy and no NAT: always restored. It
	 * also follows the state of the uplinks. */
	if (!causes_explain(&rec->causes, change->thing) &&
	    (strstr(change->thing, "table inet") == NULL ||
	     (change->sign != '+' && rec->causes.seen[WATCH_TABLE][0])))
		answer = backoff_count(
			backoff_of(&rec->backoffs, change->thing), clock_ms());
	if (answer == BACKOFF_BEGIN)
		log_line(rec, LOG_LEVEL_WARNING, "%s: restored %d times within "
			 "a minute and %s again: conflict with another program; "
			 "retries back off from 30 s to 10 min", change->thing,
			 BACKOFF_AFTER, reason);
	if (answer != BACKOFF_NONE)
		return false;
	if (backoff_of(&rec->backoffs, change->thing)->refused == 0)
		event_steps_add(&rec->steps, level_of(rec, change), change,
				reason);
	return true;
}

static void refused(void *ctx, const struct setup_change *change, int rc)
{
	struct reconciler *rec = ctx;
	struct backoff *backoff = backoff_of(&rec->backoffs, change->thing);

	rec->failed = true;
	if (backoff->refused != rc)
		log_line(rec, LOG_LEVEL_ERROR, "%s: the kernel refused it: %s",
			 change->thing, strerror(-rc));
	backoff->refused = rc;
}

static void save_probe_results(struct reconciler *rec)
{
	int rc = probe_results_save(rec->probe_results_fd, rec->policy,
				    rec->probes, &rec->holds);

	if (rc < 0)
		log_line(rec, LOG_LEVEL_WARNING,
			 "%s/" HEALTH_PROBE_RESULTS ": not saved: %s",
			 rec->state_dir, strerror(-rc));
}

static void log_failback(struct reconciler *rec,
			 const struct setup_report *report, size_t i, bool v6)
{
	char text[FAILOVER_TEXT_MAX], key[EVENT_LOG_KEY_MAX];

	if (!failback_text(rec->policy, report, i, v6, text))
		return;
	/* What became of flows is not held back with the state's changes. */
	snprintf(key, sizeof(key), "flows of %s",
		 policy_uplink(rec->policy, i)->name);
	event_log_write(&rec->log, key, LOG_LEVEL_NOTICE, text, clock_ms());
}

static void log_active_uplink(struct reconciler *rec, size_t i, bool v6,
			      uint8_t by)
{
	char text[FAILOVER_TEXT_MAX], time[HOLDS_TEXT_MAX];
	enum log_level level = failover_text(rec->policy, i, v6 ? 6 : 4, by,
					     causes_of(&rec->causes, " route "), text);

	if (holds_is_running(&rec->holds, i, v6))
		log_line(rec, level, "%s; established flows are held for %s",
			 text, holds_print(policy_uplink(rec->policy, i), time));
	else
		log_line(rec, level, "%s", text);
}

/* After a start, a reload, each change of a path and the end of a hold. */
static void clean_up_flows(struct reconciler *rec,
			   const struct setup_report *report)
{
	bool always = !rec->has_last ||
		      memcmp(rec->last.active, report->active,
			     sizeof(report->active)) != 0;
	unsigned int count = 0;
	int rc = holds_clean_up(&rec->holds, rec->policy, report, always,
				&count);

	if (count > 0)
		log_line(rec, LOG_LEVEL_NOTICE, "conntrack: %u flows had the "
			 "address of another uplink: entries deleted", count);
	else if (rc < 0)
		log_line(rec, LOG_LEVEL_WARNING, "conntrack: not checked: %s",
			 strerror(-rc));
}

static void note_links(struct reconciler *rec,
		       const struct setup_report *report)
{
	for (size_t i = 0; i < policy_uplinks(rec->policy); i++)
		for (int v6 = 0; v6 < 2; v6++)
			rec->works[i][v6] =
				report->way[i][v6] == SETUP_WAY_ITSELF ||
				report->way[i][v6] == SETUP_WAY_PROBES;
}

static void log_foreign_marks(struct reconciler *rec,
			      const struct setup_report *report)
{
	char text[FOREIGN_MARKS_TEXT_MAX];

	if (foreign_marks_compare(&rec->last.foreign, &report->foreign, text))
		log_line(rec, LOG_LEVEL_NOTICE, "%s", text);
}

/* Whether the active uplink of any traffic changed, which is logged. */
static bool follow_active_uplinks(struct reconciler *rec,
			    const struct setup_report *report)
{
	bool has_changed = false;
	char text[FAILOVER_TEXT_MAX];

	if (rec->options.active_uplinks != NULL)
		rec->options.active_uplinks(rec->options.ctx, report);
	holds_follow(&rec->holds, rec->policy, report, clock_ms());
	for (size_t i = 0; i < policy_uplinks(rec->policy); i++) {
		for (int v6 = 0; v6 < 2; v6++) {
			uint8_t by = report->active[i][v6];

			if (rec->has_last && by != rec->last.active[i][v6]) {
				log_active_uplink(rec, i, v6, by);
				has_changed = true;
			}
			log_failback(rec, report, i, v6);
			if (holds_take_expired(&rec->holds, i, v6))
				log_line(rec, LOG_LEVEL_WARNING, "%s",
					 hold_text_end(rec->policy, i, v6,
						       text));
		}
	}
	log_foreign_marks(rec, report);
	clean_up_flows(rec, report);
	rec->last = *report;
	rec->has_last = true;
	note_links(rec, report);
	return has_changed;
}

static void schedule_check(struct reconciler *rec, int rc)
{
	uint64_t time = clock_ms();
	uint64_t backoff = backoff_next_ms(&rec->backoffs, time);

	rec->checked_ms = time;
	rec->check_ms = time + CHECK_MS;
	if (backoff)
		check_by(rec, backoff);
	if (rc == 0 && !rec->failed) {
		rec->retry_ms = RETRY_FIRST_MS;
		backoff_clear_refusals(&rec->backoffs);
		return;
	}
	check_by(rec, time + rec->retry_ms);
	rec->retry_ms = rec->retry_ms * 2 < RETRY_MAX_MS ?
				 rec->retry_ms * 2 : RETRY_MAX_MS;
}

/* Compare, restore and log. Notifications that arrive meanwhile cause the next
 * check. */
static void check(struct reconciler *rec)
{
	struct setup_listener listener = { take_step, refused, rec };
	struct setup_options options = {
		.state_dir = rec->options.state_dir,
		.down_links = true,
		.exempts = rec->options.exempts,
		.listener = &listener,
		.owner = watch_owner(rec->watch),
	};
	struct setup_report report = { 0 };
	char error[SETUP_ERROR_MAX];
	bool is_explained = false;
	int rc;

	rec->failed = false;
	rc = setup_apply(rec->policy, &options, &report, error);
	if (rc < 0 && strcmp(error, rec->error) != 0)
		log_line(rec, LOG_LEVEL_ERROR, "%s", error);
	snprintf(rec->error, sizeof(rec->error), "%s", rc < 0 ? error : "");
	if (report.port != 0)
		rec->port = report.port;
	if (rc == 0)
		is_explained = follow_active_uplinks(rec, &report) &&
			       causes_has(&rec->causes);
	event_steps_write(&rec->steps, &rec->log, is_explained ?
			  LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR, clock_ms());
	rec->steps = (struct event_steps){ 0 };
	save_probe_results(rec);	/* refreshes their age */
	causes_clear(&rec->causes);
	schedule_check(rec, rc);
	watch_read(rec->watch, rec->port, observe, rec);
}

/* ---- probes and administrative states ---- */

static void log_probe(void *ctx, enum log_level level, const char *line)
{
	struct reconciler *rec = ctx;

	log_line(rec, level, "%s", line);
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
	save_probe_results(rec);
	rec->check_ms = clock_ms();
}

static void expire_holds(struct reconciler *rec)
{
	if (!holds_expire(&rec->holds, clock_ms()))
		return;
	save_probe_results(rec);
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
		watch_read(rec->watch, rec->port, observe, rec);
		read_admin_states(rec);
		run_probes(rec);
		expire_holds(rec);
		event_log_flush(&rec->log, false, clock_ms());
		if (clock_ms() >= rec->check_ms)
			check(rec);
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
	rec->retry_ms = RETRY_FIRST_MS;
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
		save_probe_results(rec);
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
			log_line(rec, LOG_LEVEL_WARNING, "%s",
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
	save_probe_results(rec);	/* their age counts from now */
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
		log_line(rec, LOG_LEVEL_ERROR,
			 "reconciler: out of memory: the old probes go on");
	if (probes != NULL) {
		probes_free(rec->probes);
		rec->probes = probes;
	}
	holds_change_policy(&rec->holds, policy);
	rec->policy = policy;
	rec->has_last = false;
	save_probe_results(rec);
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
	check_by(rec, clock_ms() + BURST_MS);
	eventfd_write(rec->wake_fd, 1);
	pthread_mutex_unlock(&rec->lock);
}
