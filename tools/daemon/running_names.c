/* running_names.c - names in address lists, while an engine runs. */
#include <errno.h>
#include <string.h>

#include "rules/hosts/hosts_file.h"
#include "rules/hosts/refresh.h"
#include "tools/daemon/running.h"

/* What could not be put into force is tried again after this. */
#define RETRY_MS 30000

static void log_line(void *ctx, const char *line)
{
	const struct running *running = ctx;

	fprintf(stderr, "waymark: %s: %s\n", running->path, line);
}

void running_take_names(struct running *running, struct loaded *loaded)
{
	const struct policy *policy = engine_policy(running->engine);
	struct name_limits limits = policy_name_limits(policy);

	refresh_free(running->refresh);
	running->refresh = NULL;
	loaded_fini(&running->source);
	running->source = *loaded;
	*loaded = (struct loaded){ 0 };
	running->names_retry_ms = 0;
	if (running->source.ast == NULL)
		return;
	running->refresh = refresh_new(&running->source.hosts, &limits,
				       log_line, running);
	if (running->refresh == NULL)
		log_line(running, "names: out of memory: they keep the "
			 "addresses that they have");
}

int running_names_fd(const struct running *running)
{
	return running->refresh != NULL ? refresh_fd(running->refresh) : -1;
}

int running_names_wait_ms(const struct running *running)
{
	uint64_t now_ms = refresh_now_ms();
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
	struct policy *policy;
	int rc = load_again(&running->source, running->state_dir, &policy);

	return rc < 0 ? rc : running_go_over(running, policy, stderr);
}

void running_follow_names(struct running *running)
{
	bool is_due = running->names_retry_ms != 0 &&
		      running->names_retry_ms <= refresh_now_ms();
	int rc;

	if (running->refresh == NULL ||
	    (!refresh_turn(running->refresh) && !is_due))
		return;
	rc = put_in_force(running);
	running->names_retry_ms = rc < 0 ? refresh_now_ms() + RETRY_MS : 0;
	if (rc < 0) {
		log_line(running, "names: other addresses are not in force: "
			 "tried again in half a minute");
		return;
	}
	rc = hosts_save(&running->source.hosts, running->state_dir);
	if (rc < 0)
		fprintf(stderr, "waymark: %s: what is known of names is not "
			"kept: %s\n", running->path, strerror(-rc));
}
