/* reconcile.c - keep the kernel as a policy wants it. */
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
#include <sys/inotify.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "rules/policy/policy.h"
#include "rules/setup/kernel/array.h"
#include "rules/setup/monitor/backoff.h"
#include "rules/setup/monitor/forget.h"
#include "rules/setup/plan/health.h"
#include "rules/setup/plan/plan_routes.h"
#include "rules/setup/monitor/probe.h"
#include "rules/setup/setup.h"
#include "rules/setup/monitor/watch.h"

/* A burst is waited for so long, and looks are so far apart at least. */
#define BURST_MS 30u
#define APART_MS 200u
/* What nobody tells of, such as a sysctl, is found by looking. */
#define LOOK_MS 60000u
/* What failed is tried again after this, and then ever later. */
#define RETRY_FIRST_MS 1000u
#define RETRY_MAX_MS 30000u

#define REASON_MAX 160

struct reconciler {
	pthread_t thread;
	pthread_mutex_t lock;	/* of all below but the descriptors */
	int wake_fd;		/* eventfd: there is news for the thread */
	bool is_stopping;	/* so it is the end */
	int admin_states_fd;		/* inotify on the state folder */
	int probe_results_fd;	/* what probes found, see health.h */
	struct reconcile_options options;
	char state_dir[PATH_MAX];

	const struct policy *policy;
	struct watch *watch;
	struct probes *probes;
	struct backoffs backoffs;
	struct setup_report last;
	bool has_last;
	/* Whose address flows of each uplink have; IPv4 and IPv6. */
	uint8_t carried[SETUP_UPLINKS_MAX][2];
	struct uplink_statuses statuses;	/* has a lock of its own */
	unsigned int port;

	uint64_t look_ms;	/* when to look next */
	uint64_t looked_ms;
	uint64_t retry_ms;	/* the pause after the next failure */
	bool failed;		/* this time something was refused */
	char error[SETUP_ERROR_MAX];	/* what was told last */
	/* What happened since the last look, for each kind; and why else. */
	char seen[WATCH_KINDS][REASON_MAX];
	char why[REASON_MAX];
};

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

__attribute__((format(printf, 2, 3)))
static void say(struct reconciler *reconciler, const char *format, ...)
{
	char line[SETUP_ERROR_MAX + REASON_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	reconciler->options.log(reconciler->options.ctx, line);
}

static void look_at(struct reconciler *reconciler, uint64_t at_ms)
{
	uint64_t earliest = reconciler->looked_ms + APART_MS;

	if (at_ms < earliest)
		at_ms = earliest;
	if (at_ms < reconciler->look_ms)
		reconciler->look_ms = at_ms;
}

/* ---- what happened ---- */

static void observe(void *ctx, enum watch_kind kind, const char *text)
{
	struct reconciler *reconciler = ctx;

	if (kind == WATCH_LINK && strcmp(reconciler->seen[kind], text) != 0)
		say(reconciler, "%s", text);
	snprintf(reconciler->seen[kind], sizeof(reconciler->seen[kind]), "%s", text);
	look_at(reconciler, now() + BURST_MS);
}

/* Whether the kernel itself had reason to take something away. */
static bool is_natural(const struct reconciler *reconciler)
{
	return reconciler->seen[WATCH_LINK][0] || reconciler->seen[WATCH_ADDRESS][0] ||
	       reconciler->why[0];
}

static const char *reason_for(const struct reconciler *reconciler, const char *thing)
{
	enum watch_kind kind = strstr(thing, " rule ")	 ? WATCH_RULE :
			       strstr(thing, " route ")	 ? WATCH_ROUTE :
			       strstr(thing, "table inet") ? WATCH_TABLE :
							     WATCH_LINK;

	if (reconciler->why[0])
		return reconciler->why;
	if (reconciler->seen[WATCH_LINK][0])
		return reconciler->seen[WATCH_LINK];
	if (reconciler->seen[WATCH_ADDRESS][0])
		return reconciler->seen[WATCH_ADDRESS];
	if (reconciler->seen[kind][0])
		return reconciler->seen[kind];
	return reconciler->seen[WATCH_LOST][0] ? reconciler->seen[WATCH_LOST] :
					    "found by looking";
}

/* ---- putting it back ---- */

static bool take_step(void *ctx, const struct setup_change *change)
{
	struct reconciler *reconciler = ctx;
	const char *reason = reason_for(reconciler, change->thing);
	enum backoff_state answer = BACKOFF_NONE;

	if (!is_natural(reconciler))
		answer = backoff_count(backoff_of(&reconciler->backoffs, change->thing),
				     now());
	if (answer == BACKOFF_BEGIN)
		say(reconciler, "%s: put back %d times within a minute, and taken "
		    "away again %s: another program wants it otherwise; "
		    "waymark tries again more and more seldom", change->thing,
		    BACKOFF_AFTER, reason);
	if (answer != BACKOFF_NONE)
		return false;
	if (backoff_of(&reconciler->backoffs, change->thing)->refused == 0)
		say(reconciler, "%s: %s: %s", change->thing,
		    change->sign == '+' ? "put back" :
		    change->sign == '~' ? "put right" :
					  "taken away", reason);
	return true;
}

static void refused(void *ctx, const struct setup_change *change, int rc)
{
	struct reconciler *reconciler = ctx;
	struct backoff *backoff = backoff_of(&reconciler->backoffs, change->thing);

	reconciler->failed = true;
	if (backoff->refused != rc)
		say(reconciler, "%s: not possible: %s", change->thing, strerror(-rc));
	backoff->refused = rc;
}

/* What the kernel took at last may be told anew when it goes again. */
static void forget_refusals(struct reconciler *reconciler)
{
	for (size_t i = 0; i < BACKOFF_THINGS; i++)
		reconciler->backoffs.items[i].refused = 0;
}

static void save_probe_results(struct reconciler *reconciler)
{
	struct health health = { 0 };
	int rc = 0;

	for (size_t i = 0; i < policy_uplinks(reconciler->policy) && rc == 0; i++) {
		struct health_uplink item = {
			.down4 = probes_is_down(reconciler->probes, i, AF_INET),
			.down6 = probes_is_down(reconciler->probes, i, AF_INET6),
		};

		snprintf(item.name, sizeof(item.name), "%s",
			 policy_uplink(reconciler->policy, i)->name);
		rc = ARRAY_ADD(health.items, health.count, item);
	}
	if (rc == 0)
		rc = health_probe_results_save(reconciler->probe_results_fd, &health);
	if (rc < 0)
		say(reconciler, "%s/" HEALTH_PROBE_RESULTS ": %s", reconciler->state_dir,
		    strerror(-rc));
	health_fini(&health);
}

static void log_active_uplink(struct reconciler *reconciler, size_t i, int family, uint8_t by)
{
	const char *name = policy_uplink(reconciler->policy, i)->name;
	const char *other = plan_routes_active_uplink(reconciler->policy, i, by);
	const char *reason = reason_for(reconciler, " route ");

	if (by == i)
		say(reconciler, "uplink %s: IPv%d: goes by itself again: %s", name,
		    family, reason);
	else if (other)
		say(reconciler, "uplink %s: IPv%d: goes by %s: %s", name, family,
		    other, reason);
	else
		say(reconciler, "uplink %s: IPv%d: has no way: %s", name, family,
		    reason);
}

/*
 * Flows of a path that leads elsewhere now enter anew, where they go now. A
 * strict one that leads nowhere keeps them: what payload told of them is known
 * to conntrack alone, and without it they would leave by another path.
 */
static void follow_flows(struct reconciler *reconciler, size_t i, int v6, uint8_t by)
{
	const struct marks *marks = policy_marks(reconciler->policy);
	const struct uplink *uplink = policy_uplink(reconciler->policy, i);
	uint8_t was = reconciler->carried[i][v6];
	int rc;

	if (by == PLAN_NO_UPLINK && plan_routes_strict(reconciler->policy, i))
		return;
	reconciler->carried[i][v6] = by;
	if (by == was)
		return;
	rc = forget_flows(v6 ? AF_INET6 : AF_INET,
			  marks_of(marks, uplink->path, false),
			  marks->path_mask);
	if (rc < 0)
		say(reconciler, "uplink %s: flows are not forgotten: %s",
		    uplink->name, strerror(-rc));
}

static void follow_active_uplinks(struct reconciler *reconciler,
			    const struct setup_report *report)
{

	if (reconciler->options.active_uplinks != NULL)
		reconciler->options.active_uplinks(reconciler->options.ctx, report);
	if (!reconciler->has_last)
		memcpy(reconciler->carried, report->active, sizeof(reconciler->carried));
	for (size_t i = 0; i < policy_uplinks(reconciler->policy); i++) {
		for (int v6 = 0; v6 < 2 && reconciler->has_last; v6++) {
			uint8_t by = report->active[i][v6];

			if (by == reconciler->last.active[i][v6])
				continue;
			log_active_uplink(reconciler, i, v6 ? 6 : 4, by);
			follow_flows(reconciler, i, v6, by);
		}
	}
	reconciler->last = *report;
	reconciler->has_last = true;
}

static void plan_next_look(struct reconciler *reconciler, int rc)
{
	uint64_t time = now();
	uint64_t backoff = backoff_next_ms(&reconciler->backoffs, time);

	reconciler->looked_ms = time;
	reconciler->look_ms = time + LOOK_MS;
	if (backoff)
		look_at(reconciler, backoff);
	if (rc == 0 && !reconciler->failed) {
		reconciler->retry_ms = RETRY_FIRST_MS;
		forget_refusals(reconciler);
		return;
	}
	look_at(reconciler, time + reconciler->retry_ms);
	reconciler->retry_ms = reconciler->retry_ms * 2 < RETRY_MAX_MS ?
				 reconciler->retry_ms * 2 : RETRY_MAX_MS;
}

/* Compare, put back, and say so. What is heard meanwhile of others leads to
 * the next look. */
static void look(struct reconciler *reconciler)
{
	struct setup_listener listener = { take_step, refused, reconciler };
	struct setup_options options = {
		.state_dir = reconciler->options.state_dir,
		.down_links = true,
		.exempts = reconciler->options.exempts,
		.listener = &listener,
	};
	struct setup_report report = { 0 };
	char error[SETUP_ERROR_MAX];
	int rc;

	reconciler->failed = false;
	rc = setup_apply(reconciler->policy, &options, &report, error);
	if (rc < 0 && strcmp(error, reconciler->error) != 0)
		say(reconciler, "%s", error);
	snprintf(reconciler->error, sizeof(reconciler->error), "%s", rc < 0 ? error : "");
	if (rc == 0) {
		reconciler->port = report.port;
		follow_active_uplinks(reconciler, &report);
	}
	memset(reconciler->seen, 0, sizeof(reconciler->seen));
	reconciler->why[0] = '\0';
	plan_next_look(reconciler, rc);
	watch_read(reconciler->watch, reconciler->port, observe, reconciler);
}

/* ---- probes and wishes ---- */

static void tell_probe(void *ctx, const char *line)
{
	struct reconciler *reconciler = ctx;

	say(reconciler, "%s", line);
	snprintf(reconciler->why, sizeof(reconciler->why), "its probes");
}

static void run_probes(struct reconciler *reconciler)
{
	if (!probes_run(reconciler->probes, now(), tell_probe, reconciler))
		return;
	save_probe_results(reconciler);
	reconciler->look_ms = now();
}

static void read_admin_states(struct reconciler *reconciler)
{
	_Alignas(struct inotify_event) char buffer[4096];
	ssize_t len = read(reconciler->admin_states_fd, buffer, sizeof(buffer));
	const struct inotify_event *event;

	for (ssize_t at = 0; at < len;
	     at += (ssize_t)(sizeof(*event) + event->len)) {
		event = (const struct inotify_event *)(buffer + at);
		if (event->len == 0 || strcmp(event->name, HEALTH_ADMIN_STATES) != 0)
			continue;
		snprintf(reconciler->why, sizeof(reconciler->why), "waymark uplink");
		reconciler->look_ms = now();
	}
}

/* ---- the thread ---- */

static int timeout_of(const struct reconciler *reconciler)
{
	uint64_t next = reconciler->look_ms;
	uint64_t probe = probes_next_ms(reconciler->probes);
	uint64_t time = now();

	if (probe && probe < next)
		next = probe;
	return next <= time ? 0 : (int)(next - time);
}

static void update_statuses(struct reconciler *reconciler)
{
	uplink_statuses_update(&reconciler->statuses, reconciler->policy,
		    reconciler->has_last ? &reconciler->last : NULL, reconciler->probes, now());
}

/* Wait for anything. false: it is the end. */
static bool wait_for_more(struct reconciler *reconciler)
{
	struct pollfd fixed[WATCH_FDS + 2];
	struct pollfd *fds;
	int watched[WATCH_FDS];
	size_t count = 0;
	int timeout;
	bool goes_on;
	eventfd_t news;

	pthread_mutex_lock(&reconciler->lock);
	fds = calloc(WATCH_FDS + 2 + probes_count(reconciler->probes), sizeof(*fds));
	if (!fds)
		fds = fixed;
	fds[count++] = (struct pollfd){ reconciler->wake_fd, POLLIN, 0 };
	fds[count++] = (struct pollfd){ reconciler->admin_states_fd, POLLIN, 0 };
	watch_fds(reconciler->watch, watched);
	for (int i = 0; i < WATCH_FDS; i++)
		fds[count++] = (struct pollfd){ watched[i], POLLIN, 0 };
	if (fds != fixed)
		count += probes_poll(reconciler->probes, fds + count);
	timeout = timeout_of(reconciler);
	pthread_mutex_unlock(&reconciler->lock);
	poll(fds, count, timeout);
	if (fds[0].revents & POLLIN)
		eventfd_read(reconciler->wake_fd, &news);
	pthread_mutex_lock(&reconciler->lock);
	goes_on = !reconciler->is_stopping;
	pthread_mutex_unlock(&reconciler->lock);
	if (fds != fixed)
		free(fds);
	return goes_on;
}

static void *run(void *ctx)
{
	struct reconciler *reconciler = ctx;

	while (wait_for_more(reconciler)) {
		pthread_mutex_lock(&reconciler->lock);
		watch_read(reconciler->watch, reconciler->port, observe, reconciler);
		read_admin_states(reconciler);
		run_probes(reconciler);
		if (now() >= reconciler->look_ms)
			look(reconciler);
		update_statuses(reconciler);
		pthread_mutex_unlock(&reconciler->lock);
	}
	return NULL;
}

/* ---- life ---- */

static void reconciler_free(struct reconciler *reconciler)
{
	char path[PATH_MAX + 16];

	if (reconciler->probe_results_fd >= 0) {
		snprintf(path, sizeof(path), "%s/" HEALTH_PROBE_RESULTS,
			 reconciler->state_dir);
		unlink(path);
		close(reconciler->probe_results_fd);
	}
	if (reconciler->admin_states_fd >= 0)
		close(reconciler->admin_states_fd);
	if (reconciler->wake_fd >= 0)
		close(reconciler->wake_fd);
	watch_close(reconciler->watch);
	probes_free(reconciler->probes);
	pthread_mutex_destroy(&reconciler->lock);
	uplink_statuses_fini(&reconciler->statuses);
	free(reconciler);
}

static int open_files(struct reconciler *reconciler)
{
	reconciler->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	reconciler->admin_states_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (reconciler->wake_fd < 0 || reconciler->admin_states_fd < 0 ||
	    inotify_add_watch(reconciler->admin_states_fd, reconciler->state_dir,
			      IN_MOVED_TO | IN_DELETE) < 0)
		return -errno;
	reconciler->probe_results_fd = health_probe_results_open(reconciler->state_dir);
	return reconciler->probe_results_fd < 0 ? reconciler->probe_results_fd : 0;
}

int reconcile_start(const struct policy *policy, const struct reconcile_options *options,
	       struct reconciler **ret, char error[static SETUP_ERROR_MAX])
{
	struct reconciler *reconciler = calloc(1, sizeof(*reconciler));
	int rc;

	if (!reconciler)
		return set_error(error, -ENOMEM, "keeper: out of memory");
	reconciler->wake_fd = reconciler->admin_states_fd = reconciler->probe_results_fd = -1;
	reconciler->options = *options;
	reconciler->policy = policy;
	reconciler->retry_ms = RETRY_FIRST_MS;
	pthread_mutex_init(&reconciler->lock, NULL);
	uplink_statuses_init(&reconciler->statuses);
	rc = setup_state_dir(options->state_dir, reconciler->state_dir);
	if (rc == 0)
		rc = open_files(reconciler);
	if (rc == 0)
		rc = watch_open(policy, &reconciler->watch);
	if (rc == 0) {
		reconciler->probes = probes_new(policy);
		rc = reconciler->probes ? 0 : -ENOMEM;
	}
	if (rc == 0) {
		update_statuses(reconciler);
		save_probe_results(reconciler);
		rc = -pthread_create(&reconciler->thread, NULL, run, reconciler);
	}
	if (rc < 0) {
		reconciler_free(reconciler);
		return set_error(error, rc, "keeper: %s; the set-up would not be "
			     "kept true", strerror(-rc));
	}
	*ret = reconciler;
	return 0;
}

/* To go back to a path that is known to be dead would help nobody, so each
 * stays where it leads; but from now on nobody finds out that it is well. */
static void say_what_stays(struct reconciler *reconciler)
{
	for (size_t i = 0; i < policy_uplinks(reconciler->policy); i++)
		for (int v6 = 0; v6 < 2 && reconciler->has_last; v6++) {
			uint8_t by = reconciler->last.active[i][v6];
			const char *other = plan_routes_active_uplink(
				reconciler->policy, i, by);

			if (by == i ||
			    !probes_is_down(reconciler->probes, i,
					    v6 ? AF_INET6 : AF_INET))
				continue;
			say(reconciler, "uplink %s: IPv%d: dead by its probes, "
			    "which end: %s%s until waymark up or setup",
			    policy_uplink(reconciler->policy, i)->name, v6 ? 6 : 4,
			    other ? "goes by " : "has no way",
			    other ? other : "");
		}
}

void reconcile_stop(struct reconciler *reconciler)
{
	if (!reconciler)
		return;
	pthread_mutex_lock(&reconciler->lock);
	reconciler->is_stopping = true;
	pthread_mutex_unlock(&reconciler->lock);
	eventfd_write(reconciler->wake_fd, 1);
	pthread_join(reconciler->thread, NULL);
	say_what_stays(reconciler);
	reconciler_free(reconciler);
}

int reconcile_uplinks(struct reconciler *reconciler, struct uplink_status **ret_uplinks)
{
	*ret_uplinks = NULL;
	return reconciler ? uplink_statuses_copy(&reconciler->statuses, ret_uplinks) : 0;
}

void reconcile_pause(struct reconciler *reconciler)
{
	if (!reconciler)
		return;
	pthread_mutex_lock(&reconciler->lock);
	watch_mute(reconciler->watch, true);
}

static void change_policy(struct reconciler *reconciler, const struct policy *policy)
{
	struct probes *probes = probes_new(policy);

	if (!probes || watch_policy(reconciler->watch, policy) < 0)
		say(reconciler, "keeper: out of memory");
	if (probes) {
		probes_free(reconciler->probes);
		reconciler->probes = probes;
	}
	reconciler->policy = policy;
	reconciler->has_last = false;
	save_probe_results(reconciler);
	update_statuses(reconciler);
	reconciler->look_ms = now();
}

void reconcile_resume(struct reconciler *reconciler, const struct policy *policy)
{
	if (!reconciler)
		return;
	if (policy != reconciler->policy)
		change_policy(reconciler, policy);
	watch_mute(reconciler->watch, false);
	/* Somebody else's change may have been missed. */
	look_at(reconciler, now() + BURST_MS);
	eventfd_write(reconciler->wake_fd, 1);
	pthread_mutex_unlock(&reconciler->lock);
}
