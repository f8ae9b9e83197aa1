/*
 * setup.h - make the kernel do what a policy says, and undo it.
 *
 * There is one function from a policy to the wanted state, one that reads
 * the present state, and a difference between the two that is carried out.
 * Undoing is the difference to nothing. Any number of processes may call
 * these; a lock keeps them apart.
 */
#ifndef WAYMARK_SETUP_H
#define WAYMARK_SETUP_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

#include "rules/setup/fault.h"

struct policy;
struct plan_exempts;

struct setup_options {
	/* Where the journal is; NULL: /run/waymark/netns-INODE, of this
	 * network namespace. */
	const char *state_dir;
	/* A link that is gone or down is no error: what needs it is left
	 * out. For a policy that is already in force. */
	bool dead_links;
	/* Only say what would be changed. */
	bool dry_run;
	/* The steps, one a line, before they are taken; may be NULL. */
	FILE *steps;
	/* Exemptions beside the policy's; may be NULL. */
	const struct plan_exempts *exempts;
	/* Called when all that the policy needs is there, before what only an
	 * older one needed goes; an -errno ends it there, with the sentence in
	 * `error`. May be NULL. */
	int (*ready)(void *ctx, char error[static SETUP_ERROR_MAX]);
	void *ctx;
};

struct setup_report {
	unsigned int changes;	/* 0: all was as it should be */
};

/*
 * 0, or -errno with one sentence in `error`: the thing, what is wrong, the
 * mend. What can be known beforehand is found before anything is changed;
 * and a first set-up that fails half way is undone.
 */
int setup_apply(const struct policy *policy,
		const struct setup_options *options,
		struct setup_report *report,
		char error[static SETUP_ERROR_MAX]);

/* Put back what was there, as far as it is still as we left it. */
int setup_undo(const struct setup_options *options,
	       struct setup_report *report,
	       char error[static SETUP_ERROR_MAX]);

/* A shell script that sets all up, for people to read; needs no root. */
int setup_print(const struct policy *policy, FILE *out,
		char error[static SETUP_ERROR_MAX]);

/* The folder that `given`, which may be NULL, stands for. 0 or -errno. */
int setup_state_dir(const char *given, char dir[static PATH_MAX]);

#endif
