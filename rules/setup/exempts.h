/*
 * exempts.h - exemptions made on the running system by `waymark exempt`, kept
 * in a file: exempt.json in STATE_DIR, by default in the folder of state_dir.h.
 */
#ifndef WAYMARK_SETUP_EXEMPTS_H
#define WAYMARK_SETUP_EXEMPTS_H

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "rules/setup/plan/plan.h"

#define EXEMPTS_WHY_MAX 256
#define EXEMPTS_MAX 4096		/* addresses, of all hosts together */

struct exempts {
	char path[PATH_MAX];
	/* An object for each host: host, addresses, from, to, by_rule, and
	 * until, in seconds since 1970, unless it is for ever. */
	json_t *hosts;
	struct plan_exempts plan;	/* what they come to */
};

/* What `state_dir` has, which may be NULL; no file is an empty one. -EINVAL
 * when it makes no sense, with the reason in `why`; then it is empty. */
int exempts_load(struct exempts *exempts, const char *state_dir,
		 char why[static EXEMPTS_WHY_MAX]);
void exempts_fini(struct exempts *exempts);

/*
 * Change the list, not the file. `host` is checked and copied; one of the
 * same name is replaced. 0, -EINVAL or -ENOMEM with the reason in `why`.
 */
int exempts_add(struct exempts *exempts, const json_t *host,
		char why[static EXEMPTS_WHY_MAX]);
/* -ENOENT: there is none of that name. */
int exempts_delete(struct exempts *exempts, const char *name);
/* Back to what `hosts` was before; it is taken over. */
void exempts_restore(struct exempts *exempts, json_t *hosts);
/* Take out what is over; true when there was any. */
bool exempts_expire(struct exempts *exempts, int64_t now);
/* When the next one is over; 0: none ever is. */
int64_t exempts_next(const struct exempts *exempts);

/* Replace the file at once and for good. 0 or -errno. */
int exempts_save(const struct exempts *exempts);

#endif
