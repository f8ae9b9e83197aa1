/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * child.h - run a function in a child process and read what it writes.
 *
 * The daemon has several threads, and a child is a copy of the one that forked
 * it: a lock that another thread held at that moment is never released there.
 * The C library prepares its own locks for this, other libraries may not. A
 * child that hangs is ended, and another one tries.
 */
#ifndef WAYMARK_SETUP_CHILD_H
#define WAYMARK_SETUP_CHILD_H

/* A child that hardly uses the processor and writes nothing for this long
 * hangs. */
#define CHILD_STALL_S 5
#define CHILD_TRIES 3

/* Return all that `run` wrote to `fd`, which the caller frees; `run` returns
 * the child's exit status. NULL: it failed, or each child hung. */
char *child_read(int (*run)(int fd, const void *arg), const void *arg);

#endif
