/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * big_alloc.h - memory for large tables that are read at random: in huge pages
 * if the kernel has them, which saves TLB misses. Blocks are aligned to cache
 * lines, so that threads writing to different blocks share none.
 */
#ifndef WAYMARK_BIG_ALLOC_H
#define WAYMARK_BIG_ALLOC_H

#include <stddef.h>

/* Allocate `size` zeroed bytes on cache lines of their own; NULL when out of
 * memory. The caller releases them with free(). */
void *big_alloc(size_t size);

#endif
