/* SPDX-License-Identifier: GPL-2.0-or-later */
/* covers.c - compare the sets of two conditions. */
#include "rules/compile/compile.h"

static bool numbers_cover(const struct number_set *outer,
			  const struct number_set *inner)
{
	for (size_t i = 0; i < 1024; i++)
		if (inner->words[i] & ~outer->words[i])
			return false;
	return true;
}

/* Whether each name of the inner set is in the outer set. Larger sets are not
 * compared. */
#define COVER_MAX 4096

static bool domains_cover(const struct compiler *c, uint32_t outer,
			  uint32_t inner)
{
	const struct name_set *o = &c->domain_sets.items[outer];
	const struct name_set *i = &c->domain_sets.items[inner];

	if (o->has_exact || i->count > COVER_MAX)
		return false;
	for (size_t n = 0; n < i->count; n++) {
		set_bits bits = policy_resolve_host(c->policy,
						    i->entries[n].name,
						    i->entries[n].len);

		if ((bits[outer / 64] >> outer % 64 & 1) == 0)
			return false;
	}
	return true;
}

bool compile_covers(void *ctx, enum node_kind kind, uint32_t outer,
		   uint32_t inner)
{
	const struct compiler *c = ctx;

	switch (condition_row_of(kind)->test) {
	case TEST_NUMBERS:
		return numbers_cover(c->number_sets.items[outer],
				     c->number_sets.items[inner]);
	case TEST_ADDRESSES:
		/* A host name without an address may get one later. */
		if (c->address_sets.items[inner].count == 0)
			return outer == inner;
		return address_set_covers(&c->address_sets.items[outer],
					  &c->address_sets.items[inner]);
	case TEST_USERS:
		return address_set_covers(&c->uid_sets.items[outer],
					  &c->uid_sets.items[inner]);
	case TEST_DOMAINS:
		return domains_cover(c, outer, inner);
	default:
		return outer == inner;
	}
}
