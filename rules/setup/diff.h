/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diff.h - compute the steps from the kernel's state to the plan's, in an
 * order in which no packet leaks: what marked packets depend on is added before
 * the marking, and removed after it.
 */
#ifndef WAYMARK_SETUP_DIFF_H
#define WAYMARK_SETUP_DIFF_H

#include <stdio.h>

#include "rules/setup/journal.h"
#include "rules/setup/plan/plan.h"
#include "rules/setup/kernel/rt_tables.h"
#include "rules/setup/plan/state.h"

/* In the order in which they are applied. */
enum step_kind {
	STEP_GUARD_DELETE,	/* unmarked packets pass again */
	STEP_TABLES_WRITE,
	STEP_ROUTE_ADD,
	STEP_ROUTE_REPLACE,
	STEP_RULE_ADD,
	STEP_SYSCTL,
	STEP_GROUP,
	STEP_RULESET,
	STEP_GUARD_ADD,		/* last: packets are marked by now */
	STEP_RULESET_DELETE,
	STEP_GROUP_RESTORE,
	STEP_SYSCTL_RESTORE,
	STEP_RULE_DELETE,
	STEP_ROUTE_DELETE,
	STEP_TABLES_REMOVE,
};

struct step {
	enum step_kind kind;
	union {
		/* Borrowed from the plan or the state. */
		const struct kernel_route *route;
		const struct kernel_rule *rule;
		struct {
			unsigned int link;
			char dev[IFNAMSIZ];
			uint32_t found, put;
		} group;
		struct {
			char path[PLAN_PATH_MAX];
			char found[SYSCTL_VALUE_MAX];
			char put[SYSCTL_VALUE_MAX];
		} sysctl;
	};
};

struct diff {
	struct step *steps;
	size_t count;
};

/* The state, and what is read only once the plan is known. */
struct diff_input {
	const struct plan *plan;
	const struct state *state;
	const struct journal *journal;
	const struct rt_tables *tables;
	uint64_t ruleset;	/* hash of the wanted ruleset */
	/* The present value of a sysctl: sysctl_read(), or a test's. */
	int (*sysctl)(const char *path, char value[static SYSCTL_VALUE_MAX]);
	bool (*is_writable)(const char *path);	/* a sysctl; NULL: all are */
};

/* Compute the steps. 0 or -ENOMEM. They borrow from `input`. */
int diff_make(const struct diff_input *input, struct diff *diff);
void diff_fini(struct diff *diff);

/* Log, as notices, what has no step because it cannot be written and is only
 * convenient. */
void diff_log_skipped(const struct diff_input *input);

/* Name the step's object, "ip -4 rule pref 20101 ..."; returns its sign: one of
 * + ~ -. */
char diff_thing(const struct step *step, const struct diff_input *input,
		char *thing, size_t size);

/* Print a line for each step: "+ ip -4 rule add pref 20101 fwmark ...". */
void diff_print(const struct diff *diff, const struct diff_input *input,
		FILE *out);

#endif
