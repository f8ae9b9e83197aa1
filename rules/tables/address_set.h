/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * address_set.h - sets of address ranges, used while compiling a policy.
 */
#ifndef WAYMARK_ADDRESS_SET_H
#define WAYMARK_ADDRESS_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "rules/tables/address.h"

struct address_range {
	struct address first;
	struct address last;	/* inclusive; of the same family */
};

struct address_set {
	struct address_range *ranges;
	size_t count;
	size_t room;
	bool has_hosts;	/* some are those of a host name */
};

void address_set_fini(struct address_set *set);

/* 0 or -ENOMEM. */
int address_set_add(struct address_set *set, const struct address *first,
		    const struct address *last);
int address_set_add_all(struct address_set *set,
			const struct address_set *other);

/* Sort, and merge ranges that overlap or touch. Required by the calls below. */
void address_set_normalise(struct address_set *set);

bool address_set_equal(const struct address_set *a,
		       const struct address_set *b);
/* Test whether `outer` contains all of `inner`. */
bool address_set_covers(const struct address_set *outer,
			const struct address_set *inner);

#endif
