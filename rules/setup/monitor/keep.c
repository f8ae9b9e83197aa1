/* keep.c - keep the kernel as a policy wants it. */
#include "rules/setup/monitor/keep.h"

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
#include "rules/setup/monitor/health.h"
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

struct keep {
	pthread_t thread;
	pthread_mutex_t lock;	/* of all below but the descriptors */
	int wake_fd;		/* eventfd: there is news for the thread */
	bool is_stopping;	/* so it is the end */
	int wishes_fd;		/* inotify on the state folder */
	int findings_fd;	/* what probes found, see health.h */
	struct keep_options options;
	char state_dir[PATH_MAX];

	const struct policy *policy;
	struct watch *watch;
	struct probes *probes;
	struct backoffs backoffs;
	struct setup_report last;
	bool has_last;
	/* Whose address flows of each uplink have; IPv4 and IPv6. */
	uint8_t carried[SETUP_UPLINKS_MAX][2];
	struct fare fare;	/* has a lock of its own */
	unsigned int port;

	uint64_t look_ms;	/* when to look next */
	uint64_t looked_ms;
	uint64_t retry_ms;	/* the pause after the next failure */
	bool failed;		/* this time something was refused */
	char error[SETUP_ERROR_MAX];	/* what was told last */
	/* What happened since the last look, for each kind; and why else. */
	char heard[WATCH_KINDS][REASON_MAX];
	char why[REASON_MAX];
};

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

__attribute__((format(printf, 2, 3)))
static void say(struct keep *keep, const char *format, ...)
{
	char line[SETUP_ERROR_MAX + REASON_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	keep->options.log(keep->options.ctx, line);
}

static void look_at(struct keep *keep, uint64_t at_ms)
{
	uint64_t earliest = keep->looked_ms + APART_MS;

	if (at_ms < earliest)
		at_ms = earliest;
	if (at_ms < keep->look_ms)
		keep->look_ms = at_ms;
}

/* ---- what happened ---- */

static void hear(void *ctx, enum watch_kind kind, const char *text)
{
	struct keep *keep = ctx;

	if (kind == WATCH_LINK && strcmp(keep->heard[kind], text) != 0)
		say(keep, "%s", text);
	snprintf(keep->heard[kind], sizeof(keep->heard[kind]), "%s", text);
	look_at(keep, now() + BURST_MS);
}

/* Whether the kernel itself had reason to take something away. */
static bool is_natural(const struct keep *keep)
{
	return keep->heard[WATCH_LINK][0] || keep->heard[WATCH_ADDRESS][0] ||
	       keep->why[0];
}

static const char *reason_for(const struct keep *keep, const char *thing)
{
	enum watch_kind kind = strstr(thing, " rule ")	 ? WATCH_RULE :
			       strstr(thing, " route ")	 ? WATCH_ROUTE :
			       strstr(thing, "table inet") ? WATCH_TABLE :
							     WATCH_LINK;

	if (keep->why[0])
		return keep->why;
	if (keep->heard[WATCH_LINK][0])
		return keep->heard[WATCH_LINK];
	if (keep->heard[WATCH_ADDRESS][0])
		return keep->heard[WATCH_ADDRESS];
	if (keep->heard[kind][0])
		return keep->heard[kind];
	return keep->heard[WATCH_LOST][0] ? keep->heard[WATCH_LOST] :
					    "found by looking";
}

/* ---- putting it back ---- */

static bool take_step(void *ctx, const struct setup_change *change)
{
	struct keep *keep = ctx;
	const char *reason = reason_for(keep, change->thing);
	enum backoff_state answer = BACKOFF_NONE;

	if (!is_natural(keep))
		answer = backoff_count(backoff_of(&keep->backoffs, change->thing),
				     now());
	if (answer == BACKOFF_BEGIN)
		say(keep, "%s: put back %d times within a minute, and taken "
		    "away again %s: another program wants it otherwise; "
		    "waymark tries again more and more seldom", change->thing,
		    BACKOFF_AFTER, reason);
	if (answer != BACKOFF_NONE)
		return false;
	if (backoff_of(&keep->backoffs, change->thing)->refused == 0)
		say(keep, "%s: %s: %s", change->thing,
		    change->sign == '+' ? "put back" :
		    change->sign == '~' ? "put right" :
					  "taken away", reason);
	return true;
}

static void refused(void *ctx, const struct setup_change *change, int rc)
{
	struct keep *keep = ctx;
	struct backoff *backoff = backoff_of(&keep->backoffs, change->thing);

	keep->failed = true;
	if (backoff->refused != rc)
		say(keep, "%s: not possible: %s", change->thing, strerror(-rc));
	backoff->refused = rc;
}

/* What the kernel took at last may be told anew when it goes again. */
static void forget_refusals(struct keep *keep)
{
	for (size_t i = 0; i < BACKOFF_THINGS; i++)
		keep->backoffs.items[i].refused = 0;
}

static void save_findings(struct keep *keep)
{
	struct health health = { 0 };
	int rc = 0;

	for (size_t i = 0; i < policy_uplinks(keep->policy) && rc == 0; i++) {
		struct health_uplink item = {
			.down4 = probes_is_down(keep->probes, i, AF_INET),
			.down6 = probes_is_down(keep->probes, i, AF_INET6),
		};

		snprintf(item.name, sizeof(item.name), "%s",
			 policy_uplink(keep->policy, i)->name);
		rc = ARRAY_ADD(health.items, health.count, item);
	}
	if (rc == 0)
		rc = health_findings_save(keep->findings_fd, &health);
	if (rc < 0)
		say(keep, "%s/" HEALTH_FINDINGS ": %s", keep->state_dir,
		    strerror(-rc));
	health_fini(&health);
}

static void say_carrier(struct keep *keep, size_t i, int family, uint8_t by)
{
	const char *name = policy_uplink(keep->policy, i)->name;
	const char *other = plan_routes_carrier(keep->policy, i, by);
	const char *reason = reason_for(keep, " route ");

	if (by == i)
		say(keep, "uplink %s: IPv%d: goes by itself again: %s", name,
		    family, reason);
	else if (other)
		say(keep, "uplink %s: IPv%d: goes by %s: %s", name, family,
		    other, reason);
	else
		say(keep, "uplink %s: IPv%d: has no way: %s", name, family,
		    reason);
}

/*
 * Flows of a path that leads elsewhere now enter anew, where they go now. A
 * strict one that leads nowhere keeps them: what payload told of them is known
 * to conntrack alone, and without it they would leave by another path.
 */
static void follow_flows(struct keep *keep, size_t i, int v6, uint8_t by)
{
	const struct marks *marks = policy_marks(keep->policy);
	const struct uplink *uplink = policy_uplink(keep->policy, i);
	uint8_t was = keep->carried[i][v6];
	int rc;

	if (by == PLAN_NOBODY && plan_routes_strict(keep->policy, i))
		return;
	keep->carried[i][v6] = by;
	if (by == was)
		return;
	rc = forget_flows(v6 ? AF_INET6 : AF_INET,
			  marks_of(marks, uplink->path, false),
			  marks->path_mask);
	if (rc < 0)
		say(keep, "uplink %s: flows are not forgotten: %s",
		    uplink->name, strerror(-rc));
}

static void follow_carriers(struct keep *keep,
			    const struct setup_report *report)
{

	if (keep->options.carriers != NULL)
		keep->options.carriers(keep->options.ctx, report);
	if (!keep->has_last)
		memcpy(keep->carried, report->carrier, sizeof(keep->carried));
	for (size_t i = 0; i < policy_uplinks(keep->policy); i++) {
		for (int v6 = 0; v6 < 2 && keep->has_last; v6++) {
			uint8_t by = report->carrier[i][v6];

			if (by == keep->last.carrier[i][v6])
				continue;
			say_carrier(keep, i, v6 ? 6 : 4, by);
			follow_flows(keep, i, v6, by);
		}
	}
	keep->last = *report;
	keep->has_last = true;
}

static void plan_next_look(struct keep *keep, int rc)
{
	uint64_t time = now();
	uint64_t backoff = backoff_next_ms(&keep->backoffs, time);

	keep->looked_ms = time;
	keep->look_ms = time + LOOK_MS;
	if (backoff)
		look_at(keep, backoff);
	if (rc == 0 && !keep->failed) {
		keep->retry_ms = RETRY_FIRST_MS;
		forget_refusals(keep);
		return;
	}
	look_at(keep, time + keep->retry_ms);
	keep->retry_ms = keep->retry_ms * 2 < RETRY_MAX_MS ?
				 keep->retry_ms * 2 : RETRY_MAX_MS;
}

/* Compare, put back, and say so. What is heard meanwhile of others leads to
 * the next look. */
static void look(struct keep *keep)
{
	struct setup_listener listener = { take_step, refused, keep };
	struct setup_options options = {
		.state_dir = keep->options.state_dir,
		.down_links = true,
		.exempts = keep->options.exempts,
		.listener = &listener,
	};
	struct setup_report report = { 0 };
	char error[SETUP_ERROR_MAX];
	int rc;

	keep->failed = false;
	rc = setup_apply(keep->policy, &options, &report, error);
	if (rc < 0 && strcmp(error, keep->error) != 0)
		say(keep, "%s", error);
	snprintf(keep->error, sizeof(keep->error), "%s", rc < 0 ? error : "");
	if (rc == 0) {
		keep->port = report.port;
		follow_carriers(keep, &report);
	}
	memset(keep->heard, 0, sizeof(keep->heard));
	keep->why[0] = '\0';
	plan_next_look(keep, rc);
	watch_read(keep->watch, keep->port, hear, keep);
}

/* ---- probes and wishes ---- */

static void tell_probe(void *ctx, const char *line)
{
	struct keep *keep = ctx;

	say(keep, "%s", line);
	snprintf(keep->why, sizeof(keep->why), "its probes");
}

static void run_probes(struct keep *keep)
{
	if (!probes_run(keep->probes, now(), tell_probe, keep))
		return;
	save_findings(keep);
	keep->look_ms = now();
}

static void read_wishes(struct keep *keep)
{
	_Alignas(struct inotify_event) char buffer[4096];
	ssize_t len = read(keep->wishes_fd, buffer, sizeof(buffer));
	const struct inotify_event *event;

	for (ssize_t at = 0; at < len;
	     at += (ssize_t)(sizeof(*event) + event->len)) {
		event = (const struct inotify_event *)(buffer + at);
		if (event->len == 0 || strcmp(event->name, HEALTH_WISHES) != 0)
			continue;
		snprintf(keep->why, sizeof(keep->why), "waymark uplink");
		keep->look_ms = now();
	}
}

/* ---- the thread ---- */

static int timeout_of(const struct keep *keep)
{
	uint64_t next = keep->look_ms;
	uint64_t probe = probes_next_ms(keep->probes);
	uint64_t time = now();

	if (probe && probe < next)
		next = probe;
	return next <= time ? 0 : (int)(next - time);
}

static void update_fare(struct keep *keep)
{
	fare_update(&keep->fare, keep->policy,
		    keep->has_last ? &keep->last : NULL, keep->probes, now());
}

/* Wait for anything. false: it is the end. */
static bool wait_for_more(struct keep *keep)
{
	struct pollfd fixed[WATCH_FDS + 2];
	struct pollfd *fds;
	int watched[WATCH_FDS];
	size_t count = 0;
	int timeout;
	bool goes_on;
	eventfd_t news;

	pthread_mutex_lock(&keep->lock);
	fds = calloc(WATCH_FDS + 2 + probes_count(keep->probes), sizeof(*fds));
	if (!fds)
		fds = fixed;
	fds[count++] = (struct pollfd){ keep->wake_fd, POLLIN, 0 };
	fds[count++] = (struct pollfd){ keep->wishes_fd, POLLIN, 0 };
	watch_fds(keep->watch, watched);
	for (int i = 0; i < WATCH_FDS; i++)
		fds[count++] = (struct pollfd){ watched[i], POLLIN, 0 };
	if (fds != fixed)
		count += probes_poll(keep->probes, fds + count);
	timeout = timeout_of(keep);
	pthread_mutex_unlock(&keep->lock);
	poll(fds, count, timeout);
	if (fds[0].revents & POLLIN)
		eventfd_read(keep->wake_fd, &news);
	pthread_mutex_lock(&keep->lock);
	goes_on = !keep->is_stopping;
	pthread_mutex_unlock(&keep->lock);
	if (fds != fixed)
		free(fds);
	return goes_on;
}

static void *run(void *ctx)
{
	struct keep *keep = ctx;

	while (wait_for_more(keep)) {
		pthread_mutex_lock(&keep->lock);
		watch_read(keep->watch, keep->port, hear, keep);
		read_wishes(keep);
		run_probes(keep);
		if (now() >= keep->look_ms)
			look(keep);
		update_fare(keep);
		pthread_mutex_unlock(&keep->lock);
	}
	return NULL;
}

/* ---- life ---- */

static void keep_free(struct keep *keep)
{
	char path[PATH_MAX + 16];

	if (keep->findings_fd >= 0) {
		snprintf(path, sizeof(path), "%s/" HEALTH_FINDINGS,
			 keep->state_dir);
		unlink(path);
		close(keep->findings_fd);
	}
	if (keep->wishes_fd >= 0)
		close(keep->wishes_fd);
	if (keep->wake_fd >= 0)
		close(keep->wake_fd);
	watch_close(keep->watch);
	probes_free(keep->probes);
	pthread_mutex_destroy(&keep->lock);
	fare_fini(&keep->fare);
	free(keep);
}

static int open_files(struct keep *keep)
{
	keep->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	keep->wishes_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (keep->wake_fd < 0 || keep->wishes_fd < 0 ||
	    inotify_add_watch(keep->wishes_fd, keep->state_dir,
			      IN_MOVED_TO | IN_DELETE) < 0)
		return -errno;
	keep->findings_fd = health_findings_open(keep->state_dir);
	return keep->findings_fd < 0 ? keep->findings_fd : 0;
}

int keep_start(const struct policy *policy, const struct keep_options *options,
	       struct keep **ret, char error[static SETUP_ERROR_MAX])
{
	struct keep *keep = calloc(1, sizeof(*keep));
	int rc;

	if (!keep)
		return set_error(error, -ENOMEM, "keeper: out of memory");
	keep->wake_fd = keep->wishes_fd = keep->findings_fd = -1;
	keep->options = *options;
	keep->policy = policy;
	keep->retry_ms = RETRY_FIRST_MS;
	pthread_mutex_init(&keep->lock, NULL);
	fare_init(&keep->fare);
	rc = setup_state_dir(options->state_dir, keep->state_dir);
	if (rc == 0)
		rc = open_files(keep);
	if (rc == 0)
		rc = watch_open(policy, &keep->watch);
	if (rc == 0) {
		keep->probes = probes_new(policy);
		rc = keep->probes ? 0 : -ENOMEM;
	}
	if (rc == 0) {
		update_fare(keep);
		save_findings(keep);
		rc = -pthread_create(&keep->thread, NULL, run, keep);
	}
	if (rc < 0) {
		keep_free(keep);
		return set_error(error, rc, "keeper: %s; the set-up would not be "
			     "kept true", strerror(-rc));
	}
	*ret = keep;
	return 0;
}

/* To go back to a path that is known to be dead would help nobody, so each
 * stays where it leads; but from now on nobody finds out that it is well. */
static void say_what_stays(struct keep *keep)
{
	for (size_t i = 0; i < policy_uplinks(keep->policy); i++)
		for (int v6 = 0; v6 < 2 && keep->has_last; v6++) {
			uint8_t by = keep->last.carrier[i][v6];
			const char *other = plan_routes_carrier(
				keep->policy, i, by);

			if (by == i ||
			    !probes_is_down(keep->probes, i,
					    v6 ? AF_INET6 : AF_INET))
				continue;
			say(keep, "uplink %s: IPv%d: dead by its probes, "
			    "which end: %s%s until waymark up or setup",
			    policy_uplink(keep->policy, i)->name, v6 ? 6 : 4,
			    other ? "goes by " : "has no way",
			    other ? other : "");
		}
}

void keep_stop(struct keep *keep)
{
	if (!keep)
		return;
	pthread_mutex_lock(&keep->lock);
	keep->is_stopping = true;
	pthread_mutex_unlock(&keep->lock);
	eventfd_write(keep->wake_fd, 1);
	pthread_join(keep->thread, NULL);
	say_what_stays(keep);
	keep_free(keep);
}

int keep_uplinks(struct keep *keep, struct fare_uplink **ret_uplinks)
{
	*ret_uplinks = NULL;
	return keep ? fare_copy(&keep->fare, ret_uplinks) : 0;
}

void keep_hold(struct keep *keep)
{
	if (!keep)
		return;
	pthread_mutex_lock(&keep->lock);
	watch_deafen(keep->watch, true);
}

static void change_policy(struct keep *keep, const struct policy *policy)
{
	struct probes *probes = probes_new(policy);

	if (!probes || watch_policy(keep->watch, policy) < 0)
		say(keep, "keeper: out of memory");
	if (probes) {
		probes_free(keep->probes);
		keep->probes = probes;
	}
	keep->policy = policy;
	keep->has_last = false;
	save_findings(keep);
	update_fare(keep);
	keep->look_ms = now();
}

void keep_go_on(struct keep *keep, const struct policy *policy)
{
	if (!keep)
		return;
	if (policy != keep->policy)
		change_policy(keep, policy);
	watch_deafen(keep->watch, false);
	/* Somebody else's change may have been missed. */
	look_at(keep, now() + BURST_MS);
	eventfd_write(keep->wake_fd, 1);
	pthread_mutex_unlock(&keep->lock);
}
