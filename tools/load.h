/*
 * load.h - a policy read for a command, complaints printed.
 */
#ifndef WAYMARK_LOAD_H
#define WAYMARK_LOAD_H

#include <stdio.h>

#include "rules/policy.h"

/*
 * Read the policy in `path`; errors go to stderr, warnings too unless `quiet`.
 * NULL when it is broken. The caller frees it with policy_free().
 */
struct policy *load_policy(const char *path, bool quiet);

/*
 * The same as it is, or would be, set up here: uplinks have the numbers that
 * are in force by the journal of `state_dir`, which may be NULL.
 */
struct policy *load_policy_here(const char *path, bool quiet,
				const char *state_dir);

/* "office.policy:21", or "(default)" for what nobody wrote. `text` has room
 * for `size` bytes; returns it. */
char *load_place(const struct place *place, char *text, size_t size);

#endif
