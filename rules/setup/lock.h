/*
 * lock.h - the folder of the journal, and who may write there.
 */
#ifndef WAYMARK_SETUP_LOCK_H
#define WAYMARK_SETUP_LOCK_H

#include <limits.h>
#include <stdbool.h>

#include "rules/setup/kernel/set_error.h"

struct lock {
	int fd;			/* -1: not held */
	bool is_default;	/* the folder above it is ours too */
	char dir[PATH_MAX];
};

/* Make the folder and wait for its lock. 0 or -errno with a sentence. */
int lock_open(struct lock *lock, const char *given,
	      char error[static SETUP_ERROR_MAX]);
/* Let go; with `remove`, folder and all, if nobody else has files there. */
void lock_close(struct lock *lock, bool remove);

/* Whether the open file `fd` is still the one at `path`: whoever held a lock
 * on it before may have removed it, and then nobody else will open it. */
bool lock_is_current(int fd, const char *path);

#endif
