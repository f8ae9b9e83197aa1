/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * causes.h - collect what may have caused the changes that a check finds, for
 * the log.
 */
#ifndef WAYMARK_SETUP_CAUSES_H
#define WAYMARK_SETUP_CAUSES_H

#include <stdbool.h>

#include "rules/setup/monitor/watch.h"

#define CAUSE_MAX 160
#define CAUSE_KERNEL "changed by the kernel"	/* as watch.c words it */

/* Since the last check; all zero: none. */
struct causes {
	char seen[WATCH_KINDS][CAUSE_MAX];	/* notifications of each kind */
	char why[CAUSE_MAX];			/* a cause of our own */
};

/* Add a notification. Whether it differs from the one before of its kind. */
bool causes_add(struct causes *causes, enum watch_kind kind, const char *text);
void causes_add_own(struct causes *causes, const char *why);
void causes_clear(struct causes *causes);

/* Whether there is a cause other than another program. */
bool causes_has(const struct causes *causes);
/* Whether a change of `thing`, as below, undoes no change of others: there is
 * such a cause, or it follows routes that another program changed. */
bool causes_explain(const struct causes *causes, const char *thing);
/* Describe the cause of a change of `thing`, see struct setup_change. */
const char *causes_of(const struct causes *causes, const char *thing);

#endif
