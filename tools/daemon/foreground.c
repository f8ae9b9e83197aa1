/* SPDX-License-Identifier: GPL-2.0-or-later */
/* foreground.c - run the daemon until a signal ends it, see foreground.h. */
#include "tools/daemon/foreground.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "engine/confine.h"
#include "engine/control.h"
#include "engine/learn/neighbours.h"
#include "rules/hosts/refresh.h"
#include "rules/setup/kernel/table_holder.h"
#include "rules/setup/monitor/lost_flows.h"
#include "rules/setup/monitor/reconcile.h"
#include "rules/setup/setup.h"
#include "rules/util/clock.h"
#include "rules/util/log.h"
#include "rules/util/state_file.h"
#include "tools/daemon/engine_lock.h"
#include "tools/daemon/running_history.h"
#include "tools/daemon/traffic.h"
#include "tools/daemon/trial_file.h"
#include "tools/load/load.h"
#include "tools/daemon/memory.h"
#include "tools/daemon/running.h"
#include "tools/daemon/running_events.h"

/* Exemptions expire with this precision. */
#define EXPIRE_MS 1000

struct foreground {
	const char *events_dir;	/* NULL: no hooks */
	struct running running;
	struct learned *learned;
	struct neighbours *neighbours;	/* NULL: not available */
	struct lost_flows *lost;	/* NULL: not available */
	struct control *control;
	struct engine_lock lock;
	int signal_fd;
	sigset_t mask;		/* to be restored */
	char start_path[PATH_MAX];
};

static int block_signals(struct foreground *fg)
{
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	sigprocmask(SIG_BLOCK, &ends, &fg->mask);
	fg->signal_fd = signalfd(-1, &ends, SFD_CLOEXEC);
	return fg->signal_fd < 0 ? -errno : 0;
}

static void explain_lock(const char *name, const char *state_dir,
			 const char *dir, int rc)
{
	char path[PATH_MAX + 16], why[STATE_WHY_MAX];

	snprintf(path, sizeof(path), "%s/engine.pid", dir);
	if (rc == -EBUSY)
		log_error("%s: an engine is running already, process %d; "
			  "stop it with `waymark down`", name,
			  (int)engine_lock_owner(state_dir));
	else
		log_error("%s: %s: %s; or choose another directory with "
			  "--state-dir", name, path,
			  state_file_reason(path, rc, why));
}

/* Best effort: flows are routed without it. */
static void start_counting(struct foreground *fg)
{
	struct running *running = &fg->running;

	running->traffic = traffic_new();
	if (running->traffic == NULL ||
	    engine_report_settled(running->engine, true) < 0) {
		log_warning("%s: what flows carry is not counted: out of "
			    "memory", running->path);
		traffic_free(running->traffic);
		running->traffic = NULL;
	}
	running_history_open(running);
}

static uint8_t recall(void *lost, const struct packet *pkt)
{
	const struct flow_tuple tuple = {
		.src = pkt->src, .dst = pkt->dst,
		.sport = pkt->sport, .dport = pkt->dport, .proto = pkt->proto,
	};

	return lost_flows_find(lost, &tuple, pkt->time_ns);
}

/* Without it, flows whose conntrack entries are deleted are decided again. */
static void start_lost_flows(struct foreground *fg, const struct policy *policy)
{
	int rc = lost_flows_start(policy_marks(policy), &fg->lost);

	if (rc < 0)
		log_warning("%s: connection tracking: %s; flows that another "
			    "program deletes from it may change their uplink",
			    fg->running.path, strerror(-rc));
}

static int start_engine(struct foreground *fg, struct loaded *loaded)
{
	char error[ENGINE_ERROR_MAX];
	struct engine_recall recalling = { recall, NULL };
	struct loaded former;
	int rc;

	fg->learned = memory_open(fg->running.state_dir);
	start_lost_flows(fg, loaded->policy);
	recalling.ctx = fg->lost;
	rc = engine_start(loaded->policy, fg->learned,
			  fg->lost != NULL ? &recalling : NULL,
			  &fg->running.engine, error);
	if (rc < 0) {
		log_error("%s: %s", fg->running.path, error);
		return rc;
	}
	loaded->policy = NULL;		/* the engine owns it now */
	rc = neighbours_open(&fg->neighbours);
	if (rc < 0)
		log_warning("%s: neighbour table: %s; nothing is learned "
			    "across the addresses of a host", fg->running.path,
			    strerror(-rc));
	running_take_names(&fg->running, loaded, &former);
	loaded_fini(&former);
	start_counting(fg);
	fg->running.started_s = clock_boot_s();
	fg->running.loaded_s = fg->running.started_s;
	return 0;
}

static int load_exempts(struct foreground *fg)
{
	const struct clock_stamp now = clock_stamp_now();
	struct running *running = &fg->running;
	char why[STATE_WHY_MAX];
	struct log_stream log;
	int rc = exempts_load_valid(&running->exempts, running->state_dir,
				    &now, false, log_open(&log));

	log_close(&log, LOG_LEVEL_WARNING);
	if (rc < 0)
		log_error("%s: %s: %s", fg->running.path, running->exempts.path,
			  state_file_reason(running->exempts.path, rc, why));
	return rc;
}

static int open_control(struct foreground *fg)
{
	char why[STATE_WHY_MAX];
	int rc = control_open(fg->lock.dir, running_answer, &fg->running,
			      &fg->control);

	if (rc == 0)
		control_set_stream(fg->control, &running_streams);
	if (rc < 0)
		log_error("%s: %s/control: %s; choose another directory with "
			  "--state-dir", fg->running.path, fg->lock.dir,
			  state_file_reason(fg->lock.dir, rc, why));
	return rc;
}

static void start_hooks(struct foreground *fg)
{
	int rc = fg->events_dir == NULL ? 0 :
		 hooks_start(&fg->running.hooks, fg->events_dir);

	if (rc < 0)
		log_warning("%s: no programs are run for changes of uplinks: "
			    "%s", fg->events_dir, strerror(-rc));
}

static int start(struct foreground *fg, struct loaded *loaded)
{
	char oom_score[OOM_SCORE_MAX];
	int rc = block_signals(fg);

	if (rc < 0) {
		log_error("%s: signals: %s", fg->running.path, strerror(-rc));
		return rc;
	}
	start_hooks(fg);
	table_holder_lower_score(oom_score);
	rc = confine_process();
	table_holder_restore_score(oom_score);
	if (rc < 0)
		log_warning("%s: the process keeps all privileges: %s",
			    fg->running.path, strerror(-rc));
	rc = engine_lock_take(&fg->lock, fg->running.state_dir);
	if (rc < 0) {
		explain_lock(fg->running.path, fg->running.state_dir, fg->lock.dir, rc);
		return rc;
	}
	rc = load_exempts(fg);
	if (rc == 0)
		rc = open_control(fg);
	return rc == 0 ? start_engine(fg, loaded) : rc;
}

/* NULL when out of memory, which has been logged. */
static struct foreground *foreground_new(const char *path,
					 const char *state_dir)
{
	struct foreground *fg = calloc(1, sizeof(*fg));

	if (fg == NULL) {
		log_error("%s: out of memory", path);
		return NULL;
	}
	fg->running.path = path;
	fg->running.start_path = fg->start_path;
	if (realpath(path, fg->start_path) == NULL)
		fg->start_path[0] = '\0';
	fg->running.state_dir = state_dir;
	notify_init(&fg->running.notify);
	fg->running.events = events_new();
	fg->running.hooks.fd = -1;
	fg->lock.fd = -1;
	fg->signal_fd = -1;
	return fg;
}

/* Load the policy, or in its place the last confirmed one: after a crash that
 * a policy on trial has caused, the same must not start again. */
static int load_confirmed(const char *path, const struct load_options *options,
			  struct loaded *ret)
{
	char confirmed[PATH_MAX];

	if (trial_file_find(options->state_dir, path, confirmed)) {
		log_warning("%s: it was not confirmed and is as it was: the "
			    "policy before it is in force, %s; `waymark "
			    "reload` reads the file", path, confirmed);
		if (load(confirmed, options, ret) == 0)
			return 0;
		log_warning("%s: cannot be used: %s is read", confirmed, path);
	}
	return load(path, options, ret);
}

struct foreground *foreground_start(const char *path, const char *state_dir,
				    const char *events_dir, int *ret_status)
{
	struct load_options options = {
		.resolve = true, .remember = true,
		.here = true, .run_expects = true, .warn_foreign = true,
		.keep_tree = true, .state_dir = state_dir,
	};
	char error[SETUP_ERROR_MAX];
	struct foreground *fg;
	struct log_stream log;
	struct loaded loaded;
	int rc;

	*ret_status = EXIT_FAILURE;
	if (setup_may_change(error) < 0) {
		log_error("%s: %s", path, error);
		return NULL;
	}
	options.out = log_open(&log);
	rc = load_confirmed(path, &options, &loaded);
	log_close(&log, rc < 0 ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING);
	if (rc < 0) {
		*ret_status = EXIT_POLICY;
		return NULL;
	}
	fg = foreground_new(path, state_dir);
	if (fg != NULL)
		fg->events_dir = events_dir;
	if (fg != NULL && start(fg, &loaded) == 0)
		return fg;
	foreground_stop(fg);
	loaded_fini(&loaded);
	return NULL;
}

int foreground_set_up(struct foreground *fg)
{
	struct log_stream log;
	char dir[PATH_MAX];
	pid_t other = engine_lock_elsewhere(fg->running.state_dir, dir);
	int rc;

	if (other != 0) {
		log_error("%s: process %d maintains the set-up of this network "
			  "namespace with the state directory %s; use it, or "
			  "run `waymark down --state-dir %s` first", fg->running.path,
			  (int)other, dir, dir);
		return -EBUSY;
	}
	rc = running_set_up(&fg->running, false, log_open(&log));

	log_close(&log, LOG_LEVEL_ERROR);
	fg->running.has_setup = rc == 0;
	return rc == 0 ? running_keep(&fg->running) : rc;
}

void foreground_look(struct foreground *fg)
{
	running_look(&fg->running);
}

static void log_ready(const struct foreground *fg)
{
	const struct policy *policy = engine_policy(fg->running.engine);
	struct queues queues = policy_queues(policy);
	size_t routes = policy_routes(policy);
	char range[16] = "";

	if (queues.last != queues.first)
		snprintf(range, sizeof(range), "-%u", queues.last);
	log_info("%s: %zu route%s, queue%s %u%s, ready", fg->running.path, routes,
		 routes == 1 ? "" : "s", queues.last != queues.first ? "s" : "",
		 queues.first, range);
}

static int wait_ms(const struct foreground *fg)
{
	int ms = control_wait_ms(fg->control, clock_ms());
	int names_ms = running_names_wait_ms(&fg->running);
	int notify_ms = notify_wait_ms(&fg->running.notify);
	int events_ms = running_events_wait_ms(&fg->running);
	int traffic_ms = traffic_wait_ms(fg->running.traffic, clock_ms());
	int history_ms = running_history_wait_ms(&fg->running);
	int trial_ms = trial_wait_ms(&fg->running);

	if (traffic_ms >= 0 && (ms < 0 || traffic_ms < ms))
		ms = traffic_ms;
	if (trial_ms >= 0 && (ms < 0 || trial_ms < ms))
		ms = trial_ms;
	if (history_ms >= 0 && (ms < 0 || history_ms < ms))
		ms = history_ms;
	if (events_ms >= 0 && (ms < 0 || events_ms < ms))
		ms = events_ms;
	if (names_ms >= 0 && (ms < 0 || names_ms < ms))
		ms = names_ms;
	if (notify_ms >= 0 && (ms < 0 || notify_ms < ms))
		ms = notify_ms;
	if (exempts_next(&fg->running.exempts) == 0)
		return ms;
	return ms < 0 || ms > EXPIRE_MS ? EXPIRE_MS : ms;
}

static void reload(struct foreground *fg)
{
	struct log_stream log;
	int rc = running_reload(&fg->running, NULL, 0, log_open(&log));

	log_close(&log, rc < 0 ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING);
	if (rc == 0)
		log_notice("%s: reloaded", fg->running.path);
}

/* Return whether the signal ends the daemon. */
static bool take_signal(struct foreground *fg)
{
	struct signalfd_siginfo info;

	if (read(fg->signal_fd, &info, sizeof(info)) != sizeof(info))
		return false;
	if (info.ssi_signo != SIGHUP)
		return true;
	reload(fg);
	return false;
}

int foreground_wait(struct foreground *fg)
{
	const struct engine *engine = fg->running.engine;
	struct pollfd wait[] = {
		{ .fd = fg->signal_fd, .events = POLLIN },
		{ .fd = engine_failure_fd(engine), .events = POLLIN },
		{ .fd = control_fd(fg->control), .events = POLLIN },
		{ .fd = neighbours_fd(fg->neighbours), .events = POLLIN },
		{ .events = POLLIN },
		{ .fd = events_fd(fg->running.events), .events = POLLIN },
	};

	log_ready(fg);
	notify_ready(&fg->running);
	for (;;) {
		wait[4].fd = running_names_fd(&fg->running);
		if (poll(wait, 6, wait_ms(fg)) < 0) {
			if (errno != EINTR)
				return -errno;
			continue;
		}
		if (wait[1].revents != 0)
			break;
		if (wait[0].revents != 0 && take_signal(fg))
			return 0;
		neighbours_turn(fg->neighbours, fg->learned,
				clock_ms() * 1000000);
		running_expire(&fg->running);
		trial_turn(&fg->running);
		running_follow_names(&fg->running);
		running_events_turn(&fg->running, clock_ms());
		traffic_turn(fg->running.traffic, fg->running.engine,
			     clock_ms());
		running_history_turn(&fg->running);
		control_turn(fg->control, clock_ms());
		notify_turn(&fg->running, clock_ms());
	}
	log_error("%s: %s", fg->running.path, engine_failure(engine));
	return -EIO;
}

static void log_totals(const struct foreground *fg,
		       const struct stats *totals)
{
	log_info("%s: stopped: %" PRIu64 " packets, %" PRIu64 " flows, %" PRIu64
		 " settled, %" PRIu64 " dropped, %" PRIu64 " late, %" PRIu64
		 " lost to queue overflow", fg->running.path, totals->packets,
		 totals->flows, totals->settled, totals->dropped,
		 totals->late_kept + totals->late_moved + totals->late_reset,
		 totals->queue_overflow);
}

/* Pending signals are read first, so that they do not end the process when
 * the mask is restored. */
static void restore_signals(struct foreground *fg)
{
	struct signalfd_siginfo info;
	struct pollfd more = { .fd = fg->signal_fd, .events = POLLIN };

	if (fg->signal_fd < 0)
		return;
	while (poll(&more, 1, 0) > 0)
		if (read(fg->signal_fd, &info, sizeof(info)) < 0)
			break;
	close(fg->signal_fd);
	sigprocmask(SIG_SETMASK, &fg->mask, NULL);
}

void foreground_stop(struct foreground *fg)
{
	struct stats totals;

	if (fg == NULL)
		return;
	notify_stopping(&fg->running.notify);
	control_close(fg->control);
	running_history_close(&fg->running);
	traffic_free(fg->running.traffic);
	reconcile_stop(fg->running.reconciler);
	if (fg->running.engine != NULL) {
		engine_stop(fg->running.engine, &totals);
		log_totals(fg, &totals);
	}
	lost_flows_stop(fg->lost);
	hooks_stop(&fg->running.hooks);
	events_free(fg->running.events);
	neighbours_close(fg->neighbours);
	memory_close(fg->learned, fg->running.state_dir);
	exempts_fini(&fg->running.exempts);
	counter_totals_fini(&fg->running.totals);
	refresh_free(fg->running.refresh);
	loaded_fini(&fg->running.source);
	trial_fini(&fg->running.trial);
	engine_lock_release(&fg->lock);
	restore_signals(fg);
	free(fg->running.switched);
	free(fg);
}
