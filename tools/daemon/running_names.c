/* SPDX-License-Identifier: GPL-2.0-or-later */
/* running_names.c - re-resolve the host names in address lists. */
#include <errno.h>
#include <string.h>

#include "rules/hosts/hosts_file.h"
#include "rules/hosts/refresh.h"
#include "rules/util/clock.h"
#include "rules/util/log.h"
#include "tools/daemon/running.h"

/* Retry after this time if the new addresses could not be put into force. */
#define RETRY_MS 30000

static void log_line(void *ctx, enum log_level level, const char *line)
{
	const struct running *running = ctx;

	log_write(level, "%s: %s", running->path, line);
}

void running_take_names(struct running *running, struct loaded *loaded,
			struct loaded *former)
{
	const struct policy *policy = engine_policy(running->engine);
	struct name_limits limits = policy_name_limits(policy);

	refresh_free(running->refresh);
	running->refresh = NULL;
	*former = running->source;
	running->source = *loaded;
	*loaded = (struct loaded){ 0 };
	running->names_retry_ms = 0;
	if (policy_hosts(policy) == 0)
		return;
	running->refresh = refresh_new(&running->source.hosts, &limits,
				       log_line, running);
	if (running->refresh == NULL)
		log_warning("%s: names: out of memory: they keep their "
			    "current addresses", running->path);
}

int running_names_fd(const struct running *running)
{
	return running->refresh != NULL ? refresh_fd(running->refresh) : -1;
}

int running_names_wait_ms(const struct running *running)
{
	uint64_t now_ms = clock_ms();
	int ms, retry_ms;

	if (running->refresh == NULL)
		return -1;
	ms = refresh_wait_ms(running->refresh);
	if (running->names_retry_ms == 0)
		return ms;
	retry_ms = running->names_retry_ms <= now_ms ? 0 :
		   (int)(running->names_retry_ms - now_ms);
	return ms < 0 || retry_ms < ms ? retry_ms : ms;
}

static int put_in_force(struct running *running)
{
	struct log_stream log;
	struct policy *policy;
	int rc = load_again(&running->source, running->state_dir, &policy);

	if (rc < 0)
		return rc;
	rc = running_go_over(running, policy, log_open(&log));
	log_close(&log, LOG_LEVEL_ERROR);
	return rc;
}

void running_follow_names(struct running *running)
{
	bool is_due = running->names_retry_ms != 0 &&
		      running->names_retry_ms <= clock_ms();
	int rc;

	if (running->refresh == NULL ||
	    (!refresh_turn(running->refresh) && !is_due))
		return;
	rc = put_in_force(running);
	running->names_retry_ms = rc < 0 ? clock_ms() + RETRY_MS : 0;
	if (rc < 0) {
		log_warning("%s: names: the new addresses are not in force; "
			    "next attempt in 30 seconds", running->path);
		return;
	}
	rc = hosts_save(&running->source.hosts, running->state_dir);
	if (rc < 0)
		log_warning("%s: addresses of names are not saved: %s",
			    running->path, strerror(-rc));
}
