/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arena.c - allocate from blocks of doubling size that are freed together. */
#include "rules/util/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_FIRST ((size_t)4096)
#define BLOCK_MAX ((size_t)1 << 20)

struct block {
	struct block *next;
	alignas(max_align_t) char bytes[];
};

struct arena {
	struct block *blocks;
	char *free;		/* in the newest block */
	size_t left;
	size_t block_size;	/* of the next one */
};

struct arena *arena_new(void)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (arena != NULL)
		arena->block_size = BLOCK_FIRST;
	return arena;
}

void arena_free(struct arena *arena)
{
	struct block *block;

	if (arena == NULL)
		return;
	while ((block = arena->blocks) != NULL) {
		arena->blocks = block->next;
		free(block);
	}
	free(arena);
}

static int grow(struct arena *arena, size_t size)
{
	size_t room = size > arena->block_size ? size : arena->block_size;
	struct block *block = calloc(1, sizeof(*block) + room);

	if (block == NULL)
		return -1;
	block->next = arena->blocks;
	arena->blocks = block;
	arena->free = block->bytes;
	arena->left = room;
	if (arena->block_size < BLOCK_MAX)
		arena->block_size *= 2;
	return 0;
}

static void *take(struct arena *arena, size_t size, size_t align)
{
	size_t pad = -(uintptr_t)arena->free & (align - 1);
	char *bytes;

	if (size > SIZE_MAX / 2)
		return NULL;
	if (arena->left < pad || arena->left - pad < size) {
		if (grow(arena, size) < 0)
			return NULL;
		pad = 0;
	}
	bytes = arena->free + pad;
	arena->free = bytes + size;
	arena->left -= pad + size;
	return bytes;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return take(arena, size, alignof(max_align_t));
}

char *arena_copy(struct arena *arena, const char *text, size_t len)
{
	char *copy = take(arena, len + 1, 1);

	if (copy != NULL) {
		memcpy(copy, text, len);
		copy[len] = '\0';
	}
	return copy;
}
