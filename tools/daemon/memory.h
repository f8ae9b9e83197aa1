/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory.h - keep what the engine learned from one run to the next.
 * For the main thread, before the engine starts and after it ended.
 */
#ifndef WAYMARK_MEMORY_H
#define WAYMARK_MEMORY_H

#include "engine/learn/learned.h"

/* Load the file of the state directory into a new store; NULL when out of
 * memory. A damaged file is renamed to FILE.broken, which is logged. */
struct learned *memory_open(const char *state_dir);

/* Save the store unless it is empty, and free it. NULL is accepted. */
void memory_close(struct learned *learned, const char *state_dir);

#endif
