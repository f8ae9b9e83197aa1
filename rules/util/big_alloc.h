/*
 * big_alloc.h - memory for tables that are read here and there: in huge pages
 * where the kernel gives them, so that finding a page costs no far read; and
 * for what one thread writes often, beside others who do the same.
 */
#ifndef WAYMARK_BIG_ALLOC_H
#define WAYMARK_BIG_ALLOC_H

#include <stddef.h>

/* `size` bytes of zeros, on cache lines that hold nothing else; NULL when out
 * of memory. The caller's to free with free(). */
void *big_alloc(size_t size);

#endif
