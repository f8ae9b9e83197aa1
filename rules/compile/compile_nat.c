/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compile_nat.c - the source translation of uplinks. */
#include <errno.h>

#include "rules/compile/compile.h"

static int fill_from(struct compiler *c, const struct ast_nat *a,
		     struct uplink_nat *nat)
{
	const struct address_set *set;
	uint32_t number;
	int rc;

	if (a->from == NULL)
		return 0;
	rc = compile_address_set(c, a->from, &number);
	if (rc < 0)
		return rc;
	set = &c->address_sets.items[number];
	if (set->count > NAT_RANGES_MAX)
		diag_add(c->diag, DIAG_ERROR, a->from_place,
			 "name the networks that contain these addresses",
			 "more than %u ranges are too many for NAT",
			 NAT_RANGES_MAX);
	nat->has_from = true;
	nat->from = compile_ranges(c, set);
	nat->from_count = set->count;
	return nat->from == NULL ? -ENOMEM : 0;
}

int compile_nat(struct compiler *c)
{
	for (size_t i = 0; i < c->uplinks.count; i++) {
		const struct ast_statement *s = c->uplinks.items[i];

		for (int v6 = 0; v6 < 2 && !s->is_broken; v6++) {
			const struct ast_nat *a = &s->uplink.nat[v6];
			struct uplink_nat *nat = &c->policy->uplinks[i].nat[v6];

			nat->kind = a->kind;
			nat->to = a->to;
			if (fill_from(c, a, nat) == -ENOMEM)
				return -ENOMEM;
		}
	}
	return 0;
}
