/* foreground.c - the engine until a signal ends it, see foreground.h. */
#include "tools/foreground.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "engine/engine.h"
#include "tools/engine_lock.h"

struct foreground {
	const char *name;
	struct engine *engine;
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

struct foreground *foreground_start(const char *name,
				    struct policy *policy,
				    const char *state_dir)
{
	char error[ENGINE_ERROR_MAX];
	struct foreground *fg = calloc(1, sizeof(*fg));
	int rc;

	if (fg == NULL) {
		fprintf(stderr, "waymark: %s: out of memory\n", name);
		return NULL;
	}
	fg->name = name;
	fg->lock.fd = -1;
	rc = block_signals(fg);
	if (rc < 0) {
		fprintf(stderr, "waymark: %s: signals: %s\n", name,
			strerror(-rc));
		goto out;
	}
	rc = engine_lock_take(&fg->lock, state_dir);
	if (rc < 0) {
		explain_lock(name, state_dir, fg->lock.dir, rc);
		goto out;
	}
	rc = engine_start(policy, &fg->engine, error);
	if (rc < 0)
		fprintf(stderr, "waymark: %s: %s\n", name, error);
out:
	if (rc == 0)
		return fg;
	foreground_stop(fg);
	return NULL;
}

static void say_ready(const struct foreground *fg)
{
	const struct policy *policy = engine_policy(fg->engine);
	struct queues queues = policy_queues(policy);
	size_t routes = policy_routes(policy);
	char range[16] = "";

	if (queues.last != queues.first)
		snprintf(range, sizeof(range), "-%u", queues.last);
	fprintf(stderr, "waymark: %s: %zu route%s, queue%s %u%s, ready\n",
		fg->name, routes, routes == 1 ? "" : "s",
		queues.last != queues.first ? "s" : "", queues.first, range);
}

int foreground_wait(struct foreground *fg)
{
	struct pollfd wait[] = {
		{ .fd = fg->signal_fd, .events = POLLIN },
		{ .fd = engine_failure_fd(fg->engine), .events = POLLIN },
	};

	say_ready(fg);
	while (poll(wait, 2, -1) < 0)
		if (errno != EINTR)
			return -errno;
	if (wait[1].revents == 0)
		return 0;
	fprintf(stderr, "waymark: %s: %s\n", fg->name,
		engine_failure(fg->engine));
	return -EIO;
}

static void say_totals(const struct foreground *fg,
		       const struct engine_totals *totals)
{
	fprintf(stderr, "waymark: %s: stopped: %" PRIu64 " packets, %" PRIu64
		" flows, %" PRIu64 " settled, %" PRIu64 " dropped, %" PRIu64
		" late, %" PRIu64 " past a full queue\n", fg->name,
		totals->packets, totals->flows, totals->settled,
		totals->dropped, totals->late_kept + totals->late_moved,
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
	if (fg->engine != NULL) {
		engine_stop(fg->engine, &totals);
		say_totals(fg, &totals);
	}
	engine_lock_release(&fg->lock);
	restore_signals(fg);
	free(fg);
}
