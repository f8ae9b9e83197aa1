/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apply.h - carry out the steps of a difference.
 */
#ifndef WAYMARK_SETUP_APPLY_H
#define WAYMARK_SETUP_APPLY_H

#include "rules/setup/diff.h"

struct netlink;
struct setup_listener;

/* What the step for the ruleset needs, prepared and tried in advance. */
struct apply_ruleset {
	bool native;		/* nft's own queue expression */
	char *first;		/* script to run first; NULL: none */
	bool lacks_bigs;	/* big sets have to be made before */
	const struct nft_table *table;
	char *change;		/* the script of the change itself */
	/* Of the table's owner, before or after; -1: it has none. */
	int socket;
	/* The table begins to have an owner, or to have none: it is made
	 * again. */
	bool replaces;
};

/* Detect how the kernel queues and whether it accepts the plan's ruleset;
 * changes nothing. `socket` is that of the table's owner, or -1. 0 or -errno
 * with a message; apply_fini in both cases. */
int apply_prepare(struct apply_ruleset *ruleset, const struct plan *plan,
		  const struct nft_table *table, int socket,
		  char error[static SETUP_ERROR_MAX]);
void apply_fini(struct apply_ruleset *ruleset);

/* Carry out all steps. 0, or -errno with a message for the first that fails.
 * With a `listener`, which may be NULL, only a failure of the ruleset's step
 * stops; others are reported to it. */
int apply_steps(struct netlink *nl, const struct diff *diff,
		const struct diff_input *input,
		const struct apply_ruleset *ruleset,
		const struct setup_listener *listener,
		char error[static SETUP_ERROR_MAX]);

#endif
