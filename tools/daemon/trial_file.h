/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trial_file.h - remember the last confirmed policy across a restart. The file
 * confirmed.policy of the state directory has its canonical text, and in its
 * first line the digest and the path of the policy that was not confirmed.
 */
#ifndef WAYMARK_TRIAL_FILE_H
#define WAYMARK_TRIAL_FILE_H

#include <limits.h>
#include <stdbool.h>

struct ast;

/* Whether the file `path` has other statements than `running`; true if it
 * cannot be read or has errors. Comments and list files do not count. */
bool trial_file_differs(const char *path, const struct ast *running);

/* Save `confirmed`, for as long as the file `path` has the statements of
 * `trial`. 0 or -errno. */
int trial_file_save(const char *state_dir, const char *path,
		    const struct ast *confirmed, const struct ast *trial);
void trial_file_remove(const char *state_dir);

/* Whether the policy in `path` was not confirmed and has not been changed
 * since; `ret_file` is then the file of the confirmed one. */
bool trial_file_find(const char *state_dir, const char *path,
		     char ret_file[static PATH_MAX]);

#endif
