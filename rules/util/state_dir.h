/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state_dir.h - the directory of state that survives the process.
 */
#ifndef WAYMARK_STATE_DIR_H
#define WAYMARK_STATE_DIR_H

#include <limits.h>

/*
 * Return `given`, or by default /var/lib/waymark. In a network namespace other
 * than that of process 1 the default is /var/lib/waymark/netns-INODE. 0 or
 * -ENAMETOOLONG.
 */
int state_dir_path(const char *given, char dir[static PATH_MAX]);

/* The path of a file in it, with the same `given`. 0 or -ENAMETOOLONG, also where
 * the name of a temporary file beside it would be too long. */
int state_dir_file(const char *given, const char *name,
		   char path[static PATH_MAX]);

/* Create the directory `dir` and its parents, each with mode 0700, and check
 * them as state_dir_check() of state_file.h does. 0 or -errno. */
int state_dir_make(const char *dir);
/* The same for the directory of the file `path`. */
int state_dir_make_for(const char *path);

/* Rename a damaged file to FILE.broken, in place of an earlier one, and write
 * the new path to `broken`. 0 or -errno. */
int state_file_set_aside(const char *path, char broken[static PATH_MAX]);

#endif
