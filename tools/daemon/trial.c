/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trial.c - go back to the former policy unless confirmed, see trial.h. */
#include "tools/daemon/trial.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "rules/util/clock.h"
#include "rules/util/log.h"
#include "tools/daemon/running.h"
#include "tools/daemon/running_events.h"
#include "tools/daemon/trial_file.h"

/* Next attempt, if the kernel refuses the former policy. */
#define RETRY_MS 30000

bool trial_is_on(const struct running *running)
{
	return running->trial.until_ms != 0;
}

uint64_t trial_left_s(const struct running *running)
{
	uint64_t now_ms = clock_ms(), until_ms = running->trial.until_ms;

	return until_ms > now_ms ? (until_ms - now_ms + 999) / 1000 : 0;
}

void trial_fini(struct trial *trial)
{
	loaded_fini(&trial->confirmed);
	free(trial->path);
	*trial = (struct trial){ 0 };
}

/* Whether a restart of the daemon reads the file of the policy in force. */
static bool is_start_file(const struct running *running)
{
	char real[PATH_MAX];

	return realpath(running->path, real) != NULL &&
	       strcmp(real, running->start_path) == 0;
}

static void save(const struct running *running, FILE *out)
{
	int rc;

	if (!is_start_file(running))
		return;
	rc = trial_file_save(running->state_dir, running->path,
			     running->trial.confirmed.ast,
			     running->source.ast);
	if (rc < 0)
		fprintf(out, "%s: warning: the former policy is not saved: "
			"%s; a restart of the engine would confirm this one\n",
			running->path, strerror(-rc));
}

void trial_begin(struct running *running, unsigned seconds, char **path,
		 struct loaded *former, FILE *out)
{
	struct trial *trial = &running->trial;

	if (!trial_is_on(running)) {
		trial->path = *path;
		trial->confirmed = *former;
		*path = NULL;
		*former = (struct loaded){ 0 };
	}
	trial->until_ms = clock_ms() + (uint64_t)seconds * 1000;
	save(running, out);
}

void trial_forget(struct running *running)
{
	if (is_start_file(running))
		trial_file_remove(running->state_dir);
}

/* ---- the end of a trial ---- */

static int refuse(const struct running *running, FILE *out)
{
	fprintf(out, "waymark: %s: the policy in force is not on trial\n",
		running->path);
	return -ENOENT;
}

int trial_confirm(struct running *running, FILE *out)
{
	if (!trial_is_on(running))
		return refuse(running, out);
	trial_fini(&running->trial);
	trial_forget(running);
	running_note_reload(running, "confirmed", NULL);
	log_notice("%s: confirmed", running->path);
	return 0;
}

static int compile_and_switch(struct running *running, FILE *out)
{
	struct policy *policy;
	int rc = load_again(&running->trial.confirmed, running->state_dir,
			    &policy);

	if (rc < 0) {
		fprintf(out, "waymark: %s: %s\n", running->path, strerror(-rc));
		return rc;
	}
	return running_go_over(running, policy, out);
}

static int go_back(struct running *running, FILE *out)
{
	struct trial *trial = &running->trial;
	const char *path = running->path;
	struct loaded tried;
	int rc;

	running->path = trial->path;
	rc = compile_and_switch(running, out);
	if (rc < 0) {
		running->path = path;
		return rc;
	}
	free(running->switched);
	running->switched = trial->path;
	trial->path = NULL;
	running_take_names(running, &trial->confirmed, &tried);
	loaded_fini(&tried);
	trial_fini(trial);
	running->reloads++;
	running->loaded_s = clock_boot_s();
	return 0;
}

int trial_revert(struct running *running, FILE *out)
{
	int rc;

	if (!trial_is_on(running))
		return refuse(running, out);
	notify_reloading(&running->notify);
	rc = go_back(running, out);
	if (rc < 0)
		running->trial.until_ms = clock_ms() + RETRY_MS;
	notify_ready(running);
	running_note_reload(running, rc < 0 ? "refused" : "reverted",
			    rc < 0 ? "the former policy, see the log" : NULL);
	return rc;
}

int trial_wait_ms(const struct running *running)
{
	uint64_t now_ms = clock_ms(), until_ms = running->trial.until_ms;

	if (until_ms == 0)
		return -1;
	return until_ms > now_ms ? (int)(until_ms - now_ms) : 0;
}

void trial_turn(struct running *running)
{
	struct log_stream log;
	int rc;

	if (trial_wait_ms(running) != 0)
		return;
	log_notice("%s: not confirmed in time: going back to %s",
		   running->path, running->trial.path);
	rc = trial_revert(running, log_open(&log));
	log_close(&log, LOG_LEVEL_ERROR);
	if (rc < 0)
		log_error("%s: the policy on trial stays in force; next "
			  "attempt to go back in 30 seconds", running->path);
	else
		log_notice("%s: the former policy is in force again",
			   running->path);
}
