/* foreground.c - the engine until a signal ends it, see foreground.h. */
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
#include "rules/setup/monitor/reconcile.h"
#include "rules/setup/setup.h"
#include "tools/daemon/engine_lock.h"
#include "tools/load.h"
#include "tools/daemon/memory.h"
#include "tools/daemon/running.h"

/* Exemptions end by the second. */
#define EXPIRE_MS 1000

struct foreground {
	const char *name;
	struct running running;
	struct learned *learned;
	struct neighbours *neighbours;	/* NULL: not to be followed */
	struct control *control;
	struct engine_lock lock;
	int signal_fd;
	sigset_t mask;		/* of signals, as it was before */
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
	if (rc == -EBUSY)
		fprintf(stderr, "waymark: %s: an engine is running already, "
			"process %d\n", name,
			(int)engine_lock_owner(state_dir));
	else
		fprintf(stderr, "waymark: %s: %s/engine.pid: %s; choose "
			"another folder with --state-dir\n", name, dir,
			strerror(-rc));
}

static int start_engine(struct foreground *fg, struct loaded *loaded)
{
	char error[ENGINE_ERROR_MAX];
	int rc;

	fg->learned = memory_open(fg->running.state_dir);
	rc = engine_start(loaded->policy, fg->learned, &fg->running.engine,
			  error);
	if (rc < 0) {
		fprintf(stderr, "waymark: %s: %s\n", fg->name, error);
		return rc;
	}
	loaded->policy = NULL;		/* the engine's now */
	rc = neighbours_open(&fg->neighbours);
	if (rc < 0)
		fprintf(stderr, "waymark: %s: neighbours are not followed: "
			"%s\n", fg->name, strerror(-rc));
	running_take_names(&fg->running, loaded);
	fg->running.started = time(NULL);
	fg->running.loaded = fg->running.started;
	return 0;
}

/* What makes no sense is left for whoever wrote it to mend. */
static int load_exempts(struct foreground *fg)
{
	struct running *running = &fg->running;
	char why[EXEMPTS_WHY_MAX];
	int rc = exempts_load(&running->exempts, running->state_dir, why);

	if (rc < 0) {
		fprintf(stderr, "waymark: %s: %s; mend it or remove it\n",
			running->exempts.path,
			rc == -EINVAL ? why : strerror(-rc));
		return rc;
	}
	exempts_expire(&running->exempts, time(NULL));
	return 0;
}

static int open_control(struct foreground *fg)
{
	int rc = control_open(fg->lock.dir, running_answer, &fg->running,
			      &fg->control);

	if (rc < 0)
		fprintf(stderr, "waymark: %s: %s/control: %s; choose another "
			"folder with --state-dir\n", fg->name, fg->lock.dir,
			strerror(-rc));
	return rc;
}

static int start(struct foreground *fg, struct loaded *loaded)
{
	int rc = block_signals(fg);

	if (rc < 0) {
		fprintf(stderr, "waymark: %s: signals: %s\n", fg->name,
			strerror(-rc));
		return rc;
	}
	rc = confine_process();
	if (rc < 0)
		fprintf(stderr, "waymark: %s: it keeps all rights: %s\n",
			fg->name, strerror(-rc));
	rc = engine_lock_take(&fg->lock, fg->running.state_dir);
	if (rc < 0) {
		explain_lock(fg->name, fg->running.state_dir, fg->lock.dir, rc);
		return rc;
	}
	rc = load_exempts(fg);
	if (rc == 0)
		rc = open_control(fg);
	return rc == 0 ? start_engine(fg, loaded) : rc;
}

/* NULL when out of memory, which has been told. */
static struct foreground *foreground_new(const char *path,
					 const char *state_dir)
{
	struct foreground *fg = calloc(1, sizeof(*fg));

	if (fg == NULL) {
		fprintf(stderr, "waymark: %s: out of memory\n", path);
		return NULL;
	}
	fg->name = path;
	fg->running.path = path;
	fg->running.state_dir = state_dir;
	fg->lock.fd = -1;
	fg->signal_fd = -1;
	return fg;
}

struct foreground *foreground_start(const char *path, const char *state_dir)
{
	struct load_options options = {
		.resolve = true, .remember = true,
		.here = true, .run_expects = true, .state_dir = state_dir,
	};
	char error[SETUP_ERROR_MAX];
	struct foreground *fg;
	struct loaded loaded;

	if (setup_may_change(error) < 0) {
		fprintf(stderr, "waymark: %s: %s\n", path, error);
		return NULL;
	}
	if (load(path, &options, &loaded) < 0)
		return NULL;
	fg = foreground_new(path, state_dir);
	if (fg != NULL && start(fg, &loaded) == 0)
		return fg;
	foreground_stop(fg);
	loaded_fini(&loaded);
	return NULL;
}

int foreground_set_up(struct foreground *fg)
{
	int rc = running_set_up(&fg->running, false, stderr);

	fg->running.has_setup = rc == 0;
	return rc == 0 ? running_keep(&fg->running) : rc;
}

void foreground_look(struct foreground *fg)
{
	running_look(&fg->running);
}

static void say_ready(const struct foreground *fg)
{
	const struct policy *policy = engine_policy(fg->running.engine);
	struct queues queues = policy_queues(policy);
	size_t routes = policy_routes(policy);
	char range[16] = "";

	if (queues.last != queues.first)
		snprintf(range, sizeof(range), "-%u", queues.last);
	fprintf(stderr, "waymark: %s: %zu route%s, queue%s %u%s, ready\n",
		fg->name, routes, routes == 1 ? "" : "s",
		queues.last != queues.first ? "s" : "", queues.first, range);
}

static uint64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int wait_ms(const struct foreground *fg)
{
	int ms = control_wait_ms(fg->control, clock_ms());
	int names_ms = running_names_wait_ms(&fg->running);

	if (names_ms >= 0 && (ms < 0 || names_ms < ms))
		ms = names_ms;
	if (exempts_next(&fg->running.exempts) == 0)
		return ms;
	return ms < 0 || ms > EXPIRE_MS ? EXPIRE_MS : ms;
}

/* Whether it was a signal to end. */
static bool take_signal(struct foreground *fg)
{
	struct signalfd_siginfo info;

	if (read(fg->signal_fd, &info, sizeof(info)) != sizeof(info))
		return false;
	if (info.ssi_signo != SIGHUP)
		return true;
	if (running_reload(&fg->running, stderr) == 0)
		fprintf(stderr, "waymark: %s: reloaded\n", fg->name);
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
	};

	say_ready(fg);
	for (;;) {
		wait[4].fd = running_names_fd(&fg->running);
		if (poll(wait, 5, wait_ms(fg)) < 0) {
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
		control_turn(fg->control, clock_ms());
		running_expire(&fg->running, time(NULL));
		running_follow_names(&fg->running);
	}
	fprintf(stderr, "waymark: %s: %s\n", fg->name, engine_failure(engine));
	return -EIO;
}

static void say_totals(const struct foreground *fg,
		       const struct engine_totals *totals)
{
	fprintf(stderr, "waymark: %s: stopped: %" PRIu64 " packets, %" PRIu64
		" flows, %" PRIu64 " settled, %" PRIu64 " dropped, %" PRIu64
		" late, %" PRIu64 " past a full queue\n", fg->name,
		totals->packets, totals->flows, totals->settled,
		totals->dropped, totals->late_kept + totals->late_moved +
			totals->late_reset,
		totals->overruns);
}

/* Signals that still wait have been answered by now: they are taken before
 * they are let through again. */
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
	struct engine_totals totals;

	if (fg == NULL)
		return;
	control_close(fg->control);
	reconcile_stop(fg->running.reconciler);
	if (fg->running.engine != NULL) {
		engine_stop(fg->running.engine, &totals);
		say_totals(fg, &totals);
	}
	neighbours_close(fg->neighbours);
	memory_close(fg->learned, fg->running.state_dir);
	exempts_fini(&fg->running.exempts);
	refresh_free(fg->running.refresh);
	loaded_fini(&fg->running.source);
	engine_lock_release(&fg->lock);
	restore_signals(fg);
	free(fg);
}
