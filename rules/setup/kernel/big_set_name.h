/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * big_set_name.h - the names of big sets (plan/big_set.h), which contain a
 * checksum of the elements.
 */
#ifndef WAYMARK_SETUP_BIG_SET_NAME_H
#define WAYMARK_SETUP_BIG_SET_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BIG_SET_NAME_MAX 48

/* Which addresses a set has; the number of stems is BIG_SET_STEMS. */
enum big_set_stem {
	BIG_SET_FROM4, BIG_SET_FROM6, BIG_SET_TO4, BIG_SET_TO6,
	BIG_SET_ADDRESSES4, BIG_SET_ADDRESSES6,
	BIG_SET_STEMS,
};

/* The content that a name claims. */
struct big_set_claim {
	uint64_t sum;
	uint32_t elements;
};

void big_set_name(enum big_set_stem stem, const struct big_set_claim *claim,
		  char ret[static BIG_SET_NAME_MAX]);
/* Whether the name has the form of a big set's. */
bool big_set_is(const char *name, struct big_set_claim *ret_claim);
/* The kernel's dump of elements takes quadratic time: beyond this many only
 * their number is compared. */
#define BIG_SET_READ_MAX 32768
/* The number that the kernel reports (NFTA_SET_COUNT, Linux 6.17): ranges. */
uint32_t big_set_count(const struct big_set_claim *claim);
/* Return the contribution of one element to the checksum. */
uint64_t big_set_part(const void *key, size_t len, bool is_end);

#endif
