/*
 * apply.h - take the steps of a difference.
 */
#ifndef WAYMARK_SETUP_APPLY_H
#define WAYMARK_SETUP_APPLY_H

#include "rules/setup/diff.h"

struct netlink;
struct setup_listener;

/* What the step for the ruleset needs, made and tried beforehand. */
struct apply_ruleset {
	bool native;		/* nft's own queue expression */
	char *first;		/* scripts; NULL: not needed */
	bool lacks_bigs;	/* sets are to be made before */
	const struct nft_table *table;
	char *change;
};

/* Find out how the kernel queues and whether it takes the plan's ruleset;
 * changes nothing. 0 or -errno with a sentence; apply_fini in both cases. */
int apply_prepare(struct apply_ruleset *ruleset, const struct plan *plan,
		  const struct nft_table *table,
		  char error[static SETUP_ERROR_MAX]);
void apply_fini(struct apply_ruleset *ruleset);

/* Take all steps. 0 or -errno with a sentence at the first that fails; with a
 * listener, which may be NULL, only the ruleset's is one that ends it. */
int apply_steps(struct netlink *nl, const struct diff *diff,
		const struct diff_input *input,
		const struct apply_ruleset *ruleset,
		const struct setup_listener *listener,
		char error[static SETUP_ERROR_MAX]);

#endif
