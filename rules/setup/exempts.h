/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exempts.h - exemptions made at run time by `waymark exempt`, kept in
 * exempt.json of the state directory (state_dir.h).
 */
#ifndef WAYMARK_SETUP_EXEMPTS_H
#define WAYMARK_SETUP_EXEMPTS_H

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "rules/setup/plan/plan.h"
#include "rules/util/clock.h"

#define EXEMPTS_WHY_MAX 256
#define EXEMPTS_MAX 4096		/* addresses, of all hosts together */

struct exempts {
	char path[PATH_MAX];
	/* An object for each host: host, addresses, from, to, by_rule, and
	 * until, in seconds of clock_boot_s(); without it an entry never
	 * expires. */
	json_t *hosts;
	struct plan_exempts plan;	/* the same, for plan_make() */
};

/*
 * Load the file of `state_dir`, which may be NULL, without entries that have
 * expired by `now`; a missing file is an empty list. Invalid file: -EINVAL with
 * the reason in `why`, and an empty list.
 */
int exempts_load(struct exempts *exempts, const char *state_dir,
		 const struct clock_stamp *now,
		 char why[static EXEMPTS_WHY_MAX]);
/* The same, but an invalid file is renamed to FILE.broken unless `dry_run`, with
 * a warning to `out`, and counts as empty. */
int exempts_load_valid(struct exempts *exempts, const char *state_dir,
		       const struct clock_stamp *now, bool dry_run, FILE *out);
void exempts_fini(struct exempts *exempts);

/*
 * Add a host to the list, not to the file. `host` is checked and copied, with
 * left_seconds, if any, in place of `until`; an entry of the same name is
 * replaced. `now_s` is clock_boot_s(). 0, -EINVAL or -ENOMEM with the reason
 * in `why`.
 */
int exempts_add(struct exempts *exempts, const json_t *host, int64_t now_s,
		char why[static EXEMPTS_WHY_MAX]);
/* Return a copy of `hosts` with left_seconds in place of `until`. */
json_t *exempts_list(const struct exempts *exempts, int64_t now_s);
/* Remove a host from the list. 0, or -ENOENT for an unknown name. */
int exempts_delete(struct exempts *exempts, const char *name);
/* Restore an earlier value of `hosts`, which is consumed. */
void exempts_restore(struct exempts *exempts, json_t *hosts);
/* Remove expired entries; whether there were any. */
bool exempts_expire(struct exempts *exempts, int64_t now_s);
/* Return the second in which the next entry expires; 0: never. */
int64_t exempts_next(const struct exempts *exempts);

/* Replace the file atomically and durably. 0 or -errno. */
int exempts_save(const struct exempts *exempts, const struct clock_stamp *now);

#endif
