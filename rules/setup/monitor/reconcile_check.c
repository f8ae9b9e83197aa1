/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reconcile_check.c - one check of the reconciler: restore what differs, follow
 * the active uplinks, and log both.
 */
#include "rules/setup/monitor/reconcile_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "rules/policy/policy.h"
#include "rules/setup/monitor/failover_text.h"
#include "rules/setup/monitor/probe_results.h"
#include "rules/setup/monitor/stray_nat.h"
#include "rules/setup/plan/health.h"
#include "rules/setup/plan/plan_routes.h"
#include "rules/util/clock.h"

/* The shortest time between checks. */
#define INTERVAL_MIN_MS 200u
/* Finds changes without a notification, such as those of sysctls. */
#define CHECK_MS 60000u
/* After a failure, retries at growing intervals. */
#define RETRY_MAX_MS 30000u

void reconcile_log(struct reconciler *rec, enum log_level level,
		     const char *format, ...)
{
	char line[SETUP_ERROR_MAX + CAUSE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	event_log_write(&rec->log, NULL, level, line, clock_ms());
}

void reconcile_check_by(struct reconciler *rec, uint64_t at_ms)
{
	uint64_t earliest = rec->checked_ms + INTERVAL_MIN_MS;

	if (at_ms < earliest)
		at_ms = earliest;
	if (at_ms < rec->check_ms)
		rec->check_ms = at_ms;
}

/* ---- notifications ---- */

void reconcile_observe(void *ctx, enum watch_kind kind, const char *text)
{
	struct reconciler *rec = ctx;

	if (causes_add(&rec->causes, kind, text) && kind == WATCH_LINK)
		reconcile_log(rec, LOG_LEVEL_NOTICE, "%s", text);
	reconcile_check_by(rec, clock_ms() + RECONCILE_BURST_MS);
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
		reconcile_log(rec, LOG_LEVEL_WARNING, "%s: restored %d times within "
			 "a minute and %s again: conflict with another program; "
			 "retries back off from 30 s to 10 min", change->thing,
			 BACKOFF_AFTER, reason);
	if (answer != BACKOFF_NONE)
		return false;
	rec->changed_table |= strstr(change->thing, "table inet") != NULL;
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
		reconcile_log(rec, LOG_LEVEL_ERROR, "%s: the kernel refused it: %s",
			 change->thing, strerror(-rc));
	backoff->refused = rc;
}

void reconcile_save_probes(struct reconciler *rec)
{
	int rc = probe_results_save(rec->probe_results_fd, rec->policy,
				    rec->probes, &rec->holds);

	if (rc < 0)
		reconcile_log(rec, LOG_LEVEL_WARNING,
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
		reconcile_log(rec, level, "%s; established flows are held for %s",
			 text, holds_print(policy_uplink(rec->policy, i), time));
	else
		reconcile_log(rec, level, "%s", text);
}

static void log_deleted(struct reconciler *rec, unsigned int flows,
			const char *why)
{
	if (flows > 0)
		reconcile_log(rec, LOG_LEVEL_NOTICE, "conntrack: %u %s %s: "
			      "deleted, so that the next packet begins another",
			      flows, flows > 1 ? "entries" : "entry", why);
}

/* After a start, a reload, each change of a path or of the table, and the end
 * of a hold. */
static void clean_up_flows(struct reconciler *rec,
			   const struct setup_report *report)
{
	bool always = !rec->has_last || rec->changed_table ||
		      memcmp(rec->last.active, report->active,
			     sizeof(report->active)) != 0;
	struct stray_counts counts = { 0 };
	int rc = holds_clean_up(&rec->holds, rec->policy, report, always,
				&counts);

	rec->changed_table = false;
	log_deleted(rec, counts.wrong_address,
		    "with the address of another uplink");
	log_deleted(rec, counts.untranslated, "without address translation");
	if (rc < 0)
		reconcile_log(rec, LOG_LEVEL_WARNING, "conntrack: not checked: %s",
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
		reconcile_log(rec, LOG_LEVEL_NOTICE, "%s", text);
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
				reconcile_log(rec, LOG_LEVEL_WARNING, "%s",
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
		reconcile_check_by(rec, backoff);
	if (rc == 0 && !rec->failed) {
		rec->retry_ms = RECONCILE_RETRY_MS;
		backoff_clear_refusals(&rec->backoffs);
		return;
	}
	reconcile_check_by(rec, time + rec->retry_ms);
	rec->retry_ms = rec->retry_ms * 2 < RETRY_MAX_MS ?
				 rec->retry_ms * 2 : RETRY_MAX_MS;
}

/* Compare, restore and log. Notifications that arrive meanwhile cause the next
 * check. */
void reconcile_check(struct reconciler *rec)
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
		reconcile_log(rec, LOG_LEVEL_ERROR, "%s", error);
	snprintf(rec->error, sizeof(rec->error), "%s", rc < 0 ? error : "");
	if (report.port != 0)
		rec->port = report.port;
	if (rc == 0)
		is_explained = follow_active_uplinks(rec, &report) &&
			       causes_has(&rec->causes);
	event_steps_write(&rec->steps, &rec->log, is_explained ?
			  LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR, clock_ms());
	rec->steps = (struct event_steps){ 0 };
	reconcile_save_probes(rec);	/* refreshes their age */
	causes_clear(&rec->causes);
	schedule_check(rec, rc);
	watch_read(rec->watch, rec->port, reconcile_observe,
		   rec);
}
