/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state_file.h - read, replace and lock the files of the state directory. All
 * state is accessed through these functions:
 *
 * - A directory whose content another user could exchange is refused with
 *   -EPERM: each part of its path has to belong to root, to this process's user
 *   or to the owner of the default directory (the user of the systemd unit),
 *   and neither group nor others may write to it. Parents may be sticky.
 * - A file that is no regular file or belongs to another user is refused with
 *   -EBADMSG, without following a symbolic link or waiting for a FIFO.
 * - Files are created with mode 0600, directories with 0700, whatever the
 *   umask.
 *
 * state_file_reason() prints what was wrong. Any thread may call any of these.
 */
#ifndef WAYMARK_STATE_FILE_H
#define WAYMARK_STATE_FILE_H

#include <limits.h>
#include <stddef.h>
#include <stdio.h>

#define STATE_WHY_MAX (PATH_MAX + 256)

/* Check that no other user can exchange what is in `dir`. 0 or -errno. */
int state_dir_check(const char *dir);

/* Read the file to its end. *ret_text, which the caller frees, has a NUL after
 * `*ret_len` bytes. 0 or -errno. */
int state_file_read(const char *path, char **ret_text, size_t *ret_len);

/* Replace the file atomically by `len` bytes and flush it and its directory,
 * which is created if missing. 0 or -errno. */
int state_file_write(const char *path, const void *text, size_t len);

/* The same, of what `print` writes; it returns 0 or -errno. */
int state_file_print(const char *path,
		     int (*print)(const void *what, FILE *out),
		     const void *what);

/* Open the file for locks and for writing, and create it if missing. A
 * descriptor or -errno. */
int state_file_open(const char *path);
/* Open the file for reading. A descriptor or -errno. */
int state_file_open_read(const char *path);

/* Explain the error that a function above returned for the file or the
 * directory `path`. Returns `why`. */
const char *state_file_reason(const char *path, int rc,
			      char why[static STATE_WHY_MAX]);

#endif
