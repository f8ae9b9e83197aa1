/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_set.h - operations on a set of hints. A hint is named by its number in
 * the registry, below HINTS_MAX.
 */
#ifndef WAYMARK_HINT_SET_H
#define WAYMARK_HINT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/hints/hint.h"

static inline bool hint_set_has(const struct hint_set *set, size_t hint)
{
	return set->bits[hint / 64] >> hint % 64 & 1;
}

static inline void hint_set_remove(struct hint_set *set, size_t hint)
{
	set->bits[hint / 64] &= ~(UINT64_C(1) << hint % 64);
}

static inline bool hint_set_is_empty(const struct hint_set *set)
{
	uint64_t all = 0;

	for (size_t i = 0; i < HINTS_MAX / 64; i++)
		all |= set->bits[i];
	return all == 0;
}

/* Return the set of one hint. */
static inline struct hint_set hint_set_of(size_t hint)
{
	struct hint_set set = { 0 };

	set.bits[hint / 64] = UINT64_C(1) << hint % 64;
	return set;
}

#endif
