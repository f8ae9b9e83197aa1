/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * big_set.h - address lists of a plan that are too long for an nft script.
 *
 * Each is a set that is filled in one transaction before the rules that refer
 * to it (ruleset/big_set_fill.h). Its name contains a checksum of the elements, so that a set which
 * exists need not be loaded again when the rest of the ruleset changes.
 */
#ifndef WAYMARK_SETUP_BIG_SET_H
#define WAYMARK_SETUP_BIG_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "rules/setup/kernel/big_set_name.h"
#include "rules/tables/address.h"

struct plan;

/* Lists of more ranges than this. */
#define BIG_SET_ABOVE 1024

struct big_set {
	char name[BIG_SET_NAME_MAX];
	bool is_v6;
	/* The first and the last address of each range, in order. */
	const struct address *pairs;
	size_t count;		/* of ranges */
	/* One of the plan's exempt sets, or of its offload's. */
	bool is_exempt;
	size_t number;
};

/* Fill plan->bigs. 0 or -ENOMEM. */
int big_sets_find(struct plan *plan);
/* Find a list's set; NULL: the list is not long. */
const struct big_set *big_set_of(const struct plan *plan, bool is_exempt,
				 size_t number, bool is_v6);

/* Whether the plan has a set of that name. */
bool big_sets_have(const struct plan *plan, const char *name);
/* Call `each` for the elements as nft encodes them: a range ends at the address
 * after its last, and an end element comes before the first range. */
typedef void big_set_element(void *ctx, const void *key, size_t len,
			     bool is_end);
void big_set_each(const struct big_set *set, big_set_element *each, void *ctx);

#endif
