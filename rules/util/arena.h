/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arena.h - memory that is freed all at once, such as that of a syntax tree.
 * An arena belongs to one thread at a time.
 */
#ifndef WAYMARK_ARENA_H
#define WAYMARK_ARENA_H

#include <stddef.h>

struct arena;

/* Create an empty arena; NULL when out of memory. */
struct arena *arena_new(void);
void arena_free(struct arena *arena);

/* Allocate `size` zeroed bytes, valid as long as the arena; NULL when out of
 * memory. */
void *arena_alloc(struct arena *arena, size_t size);

/* Copy `len` bytes and append '\0'; NULL when out of memory. */
char *arena_copy(struct arena *arena, const char *text, size_t len);

#endif
