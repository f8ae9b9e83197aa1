/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy_load.h - read, parse and compile policies.
 */
#ifndef WAYMARK_POLICY_LOAD_H
#define WAYMARK_POLICY_LOAD_H

#include <stddef.h>

#include "rules/hosts/hosts.h"
#include "rules/policy/policy.h"
#include "rules/policy/vocabulary.h"

struct ast;

/*
 * Read, parse and compile `path`. Errors and warnings are in `diag`. 0 without
 * errors, else -EINVAL, or -errno when the file cannot be read; *ret is then
 * not written.
 */
int policy_load(const char *path, const struct vocabulary *vocabulary,
		struct diag *diag, struct policy **ret);
/* Parse and compile a text. */
int policy_parse(const char *name, const char *text, size_t len,
		 const struct vocabulary *vocabulary, struct diag *diag,
		 struct policy **ret);
/* Read and parse `path` as ast_load() does; an empty policy is an error. */
struct ast *policy_read(const char *path, struct diag *diag);
/*
 * Compile a tree. `numbers` are those in force, `hosts` has the addresses of
 * the host names in address lists; NULL: none. The tree keeps the list files,
 * so that it can be compiled again.
 */
int policy_compile(struct ast *ast, const struct vocabulary *vocabulary,
		   const struct uplink_numbers *numbers,
		   const struct hosts *hosts, struct diag *diag,
		   struct policy **ret);

#endif
