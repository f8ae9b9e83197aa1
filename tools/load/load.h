/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load.h - read a policy for a command, and print its errors and warnings.
 */
#ifndef WAYMARK_LOAD_H
#define WAYMARK_LOAD_H

#include <stdio.h>

#include "rules/hosts/hosts.h"
#include "rules/policy/policy.h"

struct diag;

/* All zeros: warnings are printed, names have their stored addresses. */
struct load_options {
	bool quiet;		/* no warnings */
	const char *query;	/* appended, see ast_add_query(); or NULL */
	bool resolve;		/* ask for the names in address lists */
	bool remember;		/* and keep what is answered */
	bool is_case;		/* of `test`, which never asks */
	bool warn_foreign;	/* of foreign rules that ours shadow */
	bool prove;		/* warn of routes that are never reached */
	bool overlaps;		/* and of those that lose flows to others */
	bool run_expects;	/* warn of those that do not hold */
	bool keep_tree;		/* also if no name is in it */
	/* Uplinks have the numbers that are in force by the journal: as the
	 * policy is, or would be, set up here. */
	bool here;
	const char *state_dir;	/* of both; NULL: the defaults */
	/* What is known of names, in place of what is kept; or NULL. */
	const struct hosts *known;
	FILE *out;		/* for messages; NULL: stderr */
	/* Takes errors and warnings, which are not printed then; or NULL. */
	void (*report)(void *ctx, const struct diag *diag);
	/* The same for those that have no place; or NULL. */
	void (*report_foreign)(void *ctx, const char *line, const char *fix);
	void *report_ctx;
};

/* A policy, and what is needed to compile it again when the addresses of names
 * change. */
struct loaded {
	struct policy *policy;
	struct ast *ast;	/* NULL: no name is in it, and no keep_tree */
	struct hosts hosts;
};

/* Read the policy in `path`. 0, or -errno when it has errors, which have
 * been printed; *ret is empty then. */
int load(const char *path, const struct load_options *options,
	 struct loaded *ret);
void loaded_fini(struct loaded *loaded);
/* The policy of the same text, as `here`, with what names have now. 0 or
 * -errno. */
int load_again(const struct loaded *loaded, const char *state_dir,
	       struct policy **ret_policy);

/* The policy alone, the caller's to free; NULL when it is broken. */
struct policy *load_policy(const char *path,
			   const struct load_options *options);

/* "office.policy:21", or "(default)" for the built-in default. `text` has room
 * for `size` bytes; returns it. */
char *load_place(const struct place *place, char *text, size_t size);

#endif
