/*
 * diff.h - the steps from what the kernel has to what a plan wants, in an
 * order in which nothing leaks: what marked packets need comes before the
 * marking, and goes after it.
 */
#ifndef WAYMARK_SETUP_DIFF_H
#define WAYMARK_SETUP_DIFF_H

#include <stdio.h>

#include "rules/setup/journal.h"
#include "rules/setup/plan/plan.h"
#include "rules/setup/kernel/rt_tables.h"
#include "rules/setup/plan/state.h"

/* In the order in which they are taken. */
enum step_kind {
	STEP_GUARD_DELETE,	/* what has no mark is to pass again */
	STEP_TABLES_WRITE,
	STEP_ROUTE_ADD,
	STEP_ROUTE_REPLACE,
	STEP_RULE_ADD,
	STEP_SYSCTL,
	STEP_GROUP,
	STEP_RULESET,
	STEP_GUARD_ADD,		/* now that all is marked */
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

/* Beside the state: what is read only once the plan is known. */
struct diff_input {
	const struct plan *plan;
	const struct state *state;
	const struct journal *journal;
	const struct rt_tables *tables;
	uint64_t ruleset;	/* hash of the wanted ruleset */
	/* The present value of a sysctl: sysctl_read(), or a test's. */
	int (*sysctl)(const char *path, char value[static SYSCTL_VALUE_MAX]);
};

/* 0 or -ENOMEM. What the steps point to must stay. */
int diff_make(const struct diff_input *input, struct diff *diff);
void diff_fini(struct diff *diff);

/* The step's thing, "ip -4 rule pref 20101 ...", and its sign: + ~ -. */
char diff_thing(const struct step *step, const struct diff_input *input,
		char *thing, size_t size);

/* One line a step: "+ ip -4 rule add pref 20101 fwmark ...". */
void diff_print(const struct diff *diff, const struct diff_input *input,
		FILE *out);

#endif
