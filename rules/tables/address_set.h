/*
 * address_set.h - ranges of addresses while a policy is compiled.
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
};

void address_set_fini(struct address_set *set);

/* 0 or -ENOMEM. */
int address_set_add(struct address_set *set, const struct address *first,
		    const struct address *last);
int address_set_add_all(struct address_set *set,
			const struct address_set *other);

/* Sort, and join ranges that overlap or touch. The calls below need it. */
void address_set_normalise(struct address_set *set);

bool address_set_equal(const struct address_set *a,
		       const struct address_set *b);
/* Whether all of `inner` lies in `outer`. */
bool address_set_covers(const struct address_set *outer,
			const struct address_set *inner);

#endif
