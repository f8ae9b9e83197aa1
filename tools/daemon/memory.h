/*
 * memory.h - what an engine learned, from one run to the next.
 */
#ifndef WAYMARK_MEMORY_H
#define WAYMARK_MEMORY_H

#include "engine/learn/learned.h"

/* A store with what the folder's file holds; NULL when out of memory. A file
 * that is broken is set aside as FILE.broken, with a line on stderr. */
struct learned *memory_open(const char *state_dir);

/* Save it, if there is anything, and free it. NULL is fine. */
void memory_close(struct learned *learned, const char *state_dir);

#endif
