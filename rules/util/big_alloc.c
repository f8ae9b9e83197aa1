/* SPDX-License-Identifier: GPL-2.0-or-later */
/* big_alloc.c - allocate large tables, in huge pages if possible. */
#include "rules/util/big_alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CACHE_LINE 64
/* The size of a huge page on x86-64 and on arm64 with pages of 4 KiB. */
#define HUGE_PAGE ((size_t)2 << 20)

void *big_alloc(size_t size)
{
	size_t align = size < HUGE_PAGE ? CACHE_LINE : HUGE_PAGE;
	size_t whole;
	void *memory;

	if (size > SIZE_MAX - align)
		return NULL;
	whole = (size + align - 1) / align * align;
	memory = aligned_alloc(align, whole > 0 ? whole : align);
	if (memory == NULL)
		return NULL;
	/* Only advice: a kernel without huge pages provides normal ones. */
	if (align == HUGE_PAGE)
		madvise(memory, whole, MADV_HUGEPAGE);
	return memset(memory, 0, size);
}
