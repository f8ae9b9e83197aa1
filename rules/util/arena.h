/*
 * arena.h - memory that is given back all at once, as a syntax tree's is.
 * An arena belongs to one thread at a time.
 */
#ifndef WAYMARK_ARENA_H
#define WAYMARK_ARENA_H

#include <stddef.h>

struct arena;

/* NULL when out of memory. */
struct arena *arena_new(void);
void arena_free(struct arena *arena);

/* `size` bytes of zeros that live as long as the arena; NULL when out of
 * memory. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy of `len` bytes with a '\0' behind; NULL when out of memory. */
char *arena_copy(struct arena *arena, const char *text, size_t len);

#endif
