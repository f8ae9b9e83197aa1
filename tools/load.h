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

/* "office.policy:21", or "(default)" for what nobody wrote. `text` has room
 * for `size` bytes; returns it. */
char *load_place(const struct place *place, char *text, size_t size);

#endif
