/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * array.h - append to arrays that are a pointer and a count.
 */
#ifndef WAYMARK_SETUP_ARRAY_H
#define WAYMARK_SETUP_ARRAY_H

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/*
 * Make room for one item after `count` items. `array` is the address of the
 * pointer. The capacity doubles whenever the count is a power of two, so it
 * need not be stored. 0 or -1.
 */
static inline int array_room(void *array, size_t count, size_t size)
{
	void *items, *grown;

	if (count & (count - 1))
		return 0;
	memcpy(&items, array, sizeof(items));
	grown = realloc(items, (count ? count * 2 : 1) * size);
	if (grown == NULL)
		return -1;
	memcpy(array, &grown, sizeof(grown));
	return 0;
}

/* Append `item` to the array; evaluates to 0, or -ENOMEM. */
#define ARRAY_ADD(items, count, item)                                      \
	(array_room(&(items), (count), sizeof(*(items))) < 0               \
		 ? -ENOMEM                                                 \
		 : ((items)[(count)++] = (item), 0))

#endif
