/* SPDX-License-Identifier: GPL-2.0-or-later */
/* running.c - reload and set up while the engine runs, see running.h. */
#include "tools/daemon/running.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "rules/setup/monitor/reconcile.h"
#include "rules/setup/setup.h"
#include "rules/util/log.h"
#include "tools/daemon/running_events.h"

/* ---- reload ---- */

struct change {
	struct running *running;
	struct policy *policy;	/* NULL once the engine owns it */
	FILE *out;
};

static int swap(struct change *change, char *error)
{
	struct running *running = change->running;
	int rc = engine_reload(running->engine, change->policy, error);

	if (rc < 0)
		return rc;
	change->policy = NULL;
	if (rc > 0)
		fprintf(change->out, "%s: a worker has not switched to it yet\n",
			running->path);
	return 0;
}

/* Balanced routes select among uplinks that are up. */
static void take_active_uplinks(struct policy *policy,
				const struct setup_report *report)
{
	for (size_t i = 0; i < policy_uplinks(policy); i++)
		for (int v6 = 0; v6 < 2; v6++)
			policy_set_down(policy, i, v6,
					report->active[i][v6] != i);
}

/* Called when the kernel has the paths of both policies. */
static int swap_amid(void *ctx, const struct setup_report *report,
		     char error[static SETUP_ERROR_MAX])
{
	struct change *change = ctx;
	char why[ENGINE_ERROR_MAX];
	int rc;

	take_active_uplinks(change->policy, report);
	rc = swap(change, why);
	if (rc < 0)
		snprintf(error, SETUP_ERROR_MAX, "%s", why);
	return rc;
}

static bool has_device(const struct policy *policy, const char *dev)
{
	for (size_t i = 0; i < policy_uplinks(policy); i++)
		if (strcmp(policy_uplink(policy, i)->dev, dev) == 0)
			return true;
	return false;
}

/* A link may be down, and an interface of the old policy may be gone, such as
 * an unplugged modem. A new interface that does not exist is an error. */
static int check_links(const struct running *running,
		       const struct policy *policy, FILE *out)
{
	const struct policy *old = engine_policy(running->engine);
	int rc = 0;

	for (size_t i = 0; i < policy_uplinks(policy); i++) {
		const struct uplink *uplink = policy_uplink(policy, i);

		if (uplink->optional || if_nametoindex(uplink->dev) != 0)
			continue;
		if (has_device(old, uplink->dev)) {
			fprintf(out, "%s: warning: uplink %s: there is no "
				"interface %s now\n", running->path,
				uplink->name, uplink->dev);
			continue;
		}
		fprintf(out, "%s: uplink %s: there is no interface %s; name "
			"an existing one, or add `optional`\n",
			running->path, uplink->name, uplink->dev);
		rc = -ENODEV;
	}
	return rc;
}

static int set_up(struct running *running, const struct policy *policy,
		  struct setup_options *options, struct setup_report *report,
		  FILE *out)
{
	char error[SETUP_ERROR_MAX];
	int rc;

	options->state_dir = running->state_dir;
	options->exempts = &running->exempts.plan;
	options->owner = reconcile_owner(running->reconciler);
	rc = setup_apply(policy, options, report, error);
	if (rc < 0)
		fprintf(out, "waymark: %s: %s\n", running->path, error);
	return rc;
}

/* Pass to the engine which uplinks the kernel's rules treat as down. */
static void report_active_uplinks(void *ctx, const struct setup_report *report)
{
	struct running *running = ctx;
	struct engine *engine = running->engine;

	for (size_t i = 0; i < policy_uplinks(engine_policy(engine)); i++)
		for (int v6 = 0; v6 < 2; v6++)
			engine_set_down(engine, i, v6,
					report->active[i][v6] != i);
	running_note_uplinks(running, report);
}

int running_set_up(struct running *running, bool down_links, FILE *out)
{
	struct setup_options options = {
		.down_links = down_links,
		.recent_probes = true,
	};
	struct setup_report report;
	int rc = set_up(running, engine_policy(running->engine), &options,
			&report, out);

	if (rc == 0)
		report_active_uplinks(running, &report);
	return rc;
}

/* `waymark run`: another process sets up the kernel. Find out which uplinks
 * are up, and change nothing. */
static bool look(const struct running *running, const struct policy *policy,
		 struct setup_report *report)
{
	const struct setup_options options = {
		.state_dir = running->state_dir,
		.down_links = true,
		.dry_run = true,
	};
	char error[SETUP_ERROR_MAX];

	return policy_balances(policy) > 0 &&
	       setup_apply(policy, &options, report, error) == 0;
}

void running_look(struct running *running)
{
	struct setup_report report;

	if (look(running, engine_policy(running->engine), &report))
		report_active_uplinks(running, &report);
}

/* Change kernel and engine; on failure, restore the kernel. */
static int change_kernel(struct change *change)
{
	struct running *running = change->running;
	struct setup_options options = {
		.down_links = true,
		.ready = swap_amid,
		.ctx = change,
	};
	struct setup_report report;
	int rc = set_up(running, change->policy, &options, &report,
			change->out);

	if (rc < 0 && change->policy != NULL)
		running_set_up(running, true, change->out);
	else if (rc < 0)
		fprintf(change->out, "waymark: %s: the engine has the new "
			"policy nevertheless\n", running->path);
	return rc;
}

static int change_engine(struct change *change)
{
	char error[ENGINE_ERROR_MAX];
	struct setup_report report;
	int rc;

	if (look(change->running, change->policy, &report))
		take_active_uplinks(change->policy, &report);
	rc = swap(change, error);
	if (rc < 0)
		fprintf(change->out, "waymark: %s: %s\n",
			change->running->path, error);
	return rc;
}

int running_go_over(struct running *running, struct policy *policy, FILE *out)
{
	struct change change = { running, policy, out };
	char error[ENGINE_ERROR_MAX];
	int rc = engine_can_reload(running->engine, policy, error);

	if (rc < 0) {
		fprintf(out, "waymark: %s: %s\n", running->path, error);
		policy_free(policy);
		return rc;
	}
	reconcile_pause(running->reconciler);
	rc = running->has_setup ? change_kernel(&change) :
				  change_engine(&change);
	reconcile_resume(running->reconciler, engine_policy(running->engine));
	policy_free(change.policy);
	return rc;
}

static int reload(struct running *running, struct loaded *former, FILE *out)
{
	struct load_options options = {
		.resolve = true,
		.remember = true,
		.here = true, .warn_foreign = true,
		.run_expects = true,
		.keep_tree = true,
		.state_dir = running->state_dir,
		.known = running->refresh != NULL ? &running->source.hosts :
						    NULL,
		.out = out,
	};
	struct loaded loaded;
	struct policy *policy;
	int rc = load(running->path, &options, &loaded);

	if (rc == 0 && running->has_setup)
		rc = check_links(running, loaded.policy, out);
	if (rc < 0) {
		fprintf(out, "%s: the old policy stays in force\n", running->path);
		loaded_fini(&loaded);
		return rc;
	}
	policy = loaded.policy;
	loaded.policy = NULL;
	rc = running_go_over(running, policy, out);
	if (rc < 0) {
		loaded_fini(&loaded);
		return rc;
	}
	running_take_names(running, &loaded, former);
	running->reloads++;
	running->loaded_s = clock_boot_s();
	return 0;
}

/* Reload from another file, which becomes the daemon's if it is accepted. */
static int reload_from(struct running *running, const char *path,
		       struct loaded *former, FILE *out)
{
	const char *old = running->path;
	char *copy = strdup(path);
	int rc;

	if (copy == NULL)
		return -ENOMEM;
	running->path = copy;
	rc = reload(running, former, out);
	if (rc < 0) {
		running->path = old;
		free(copy);
	} else {
		free(running->switched);
		running->switched = copy;
	}
	return rc;
}

/* One policy at a time is on trial, and one way ends that: a reload without a
 * time would confirm by accident, such as by a script that sends SIGHUP. */
static int check_trial(const struct running *running, unsigned seconds,
		       FILE *out)
{
	if (!trial_is_on(running) || seconds != 0)
		return 0;
	fprintf(out, "waymark: %s: this policy is on trial; first keep it with "
		"`waymark confirm`, or go back with `waymark confirm --revert`\n",
		running->path);
	return -EBUSY;
}

static int reload_for(struct running *running, const char *path,
		      unsigned seconds, FILE *out)
{
	char *former_path = strdup(running->path);
	struct loaded former = { 0 };
	int rc = former_path == NULL ? -ENOMEM :
				       check_trial(running, seconds, out);

	if (rc == 0 && path != NULL)
		rc = reload_from(running, path, &former, out);
	else if (rc == 0)
		rc = reload(running, &former, out);
	if (rc == 0 && seconds != 0)
		trial_begin(running, seconds, &former_path, &former, out);
	else if (rc == 0)
		trial_forget(running);
	loaded_fini(&former);
	free(former_path);
	return rc;
}

int running_reload(struct running *running, const char *path,
		   unsigned seconds, FILE *out)
{
	char *messages = NULL;
	size_t len;
	FILE *copy;
	int rc;

	notify_reloading(&running->notify);
	copy = open_memstream(&messages, &len);
	rc = copy == NULL ? -ENOMEM :
			    reload_for(running, path, seconds, copy);
	if (copy != NULL && fclose(copy) == 0)
		fputs(messages, out);
	notify_reloaded(running, rc, messages);
	running_note_reload(running, rc < 0 ? "refused" : "accepted",
			    rc < 0 ? running->notify.refused : NULL);
	free(messages);
	return rc;
}

/* ---- supervision ---- */

static void log_line(void *ctx, enum log_level level, const char *line)
{
	log_write(level, "%s", line);
	running_note_repair(ctx, level, line);
}

int running_keep(struct running *running)
{
	struct reconcile_options options = {
		.state_dir = running->state_dir,
		.exempts = &running->exempts.plan,
		.log = log_line,
		.active_uplinks = report_active_uplinks,
		.ctx = running,
	};
	char error[SETUP_ERROR_MAX];
	int rc = reconcile_start(engine_policy(running->engine), &options,
				 &running->reconciler, error);

	if (rc < 0)
		log_error("%s: %s", running->path, error);
	return rc;
}

/* ---- exemptions ---- */

void running_expire(struct running *running)
{
	int64_t next = exempts_next(&running->exempts);
	struct clock_stamp now;
	struct log_stream log;
	json_t *before;
	int rc;

	if (next == 0 || next > clock_boot_s())
		return;
	now = clock_stamp_now();
	reconcile_pause(running->reconciler);
	before = json_incref(running->exempts.hosts);
	exempts_expire(&running->exempts, now.boot_s);
	rc = exempts_save(&running->exempts, &now);
	if (rc < 0)
		log_warning("%s: not saved: %s", running->exempts.path,
			    strerror(-rc));
	if (running->has_setup) {
		running_set_up(running, true, log_open(&log));
		log_close(&log, LOG_LEVEL_ERROR);
	}
	reconcile_resume(running->reconciler, engine_policy(running->engine));
	log_notice("%s: an exemption expired", running->path);
	running_note_expired(running, before);
	json_decref(before);
}
