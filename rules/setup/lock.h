/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lock.h - the state directory and its lock.
 */
#ifndef WAYMARK_SETUP_LOCK_H
#define WAYMARK_SETUP_LOCK_H

#include <limits.h>
#include <stdbool.h>

#include "rules/setup/kernel/set_error.h"

struct lock {
	int fd;			/* -1: not held */
	bool is_default;	/* below /run/waymark, which is ours, too */
	char dir[PATH_MAX];
};

/* Make the directory and wait for its lock. 0 or -errno with a message. */
int lock_open(struct lock *lock, const char *given,
	      char error[static SETUP_ERROR_MAX]);
/* Release the lock; with `remove`, delete the directory if it is empty. */
void lock_close(struct lock *lock, bool remove);

/* Whether the open file `fd` is still the one at `path`: the previous holder
 * of the lock may have removed it, and a lock on it would exclude no one. */
bool lock_is_current(int fd, const char *path);

#endif
