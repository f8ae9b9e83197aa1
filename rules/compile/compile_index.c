/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compile_index.c - build the route index of a complete policy. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include "rules/compile/compile.h"
#include "rules/policy/route_index.h"

#define WIDE_NUMBERS 4096u	/* of 65,536 */
#define WIDE_BYTE 16		/* of 256 values of the first byte */

static bool numbers_are_wide(const struct header_set *set)
{
	uint32_t total = 0;

	for (size_t i = 0; i < set->count; i++)
		total += ntohl(set->ranges[i].last.be32[3]) -
			 ntohl(set->ranges[i].first.be32[3]) + 1;
	return total > WIDE_NUMBERS;
}

static bool addresses_are_wide(const struct header_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct address *first = &set->ranges[i].first;
		const struct address *last = &set->ranges[i].last;
		size_t at = address_is_v4(first) ? 12 : 0;

		if (last->bytes[at] - first->bytes[at] >= WIDE_BYTE)
			return true;
	}
	return false;
}

static bool is_wide(const void *ctx, enum node_kind kind, uint32_t set)
{
	const struct policy *p = ctx;

	switch (condition_row_of(kind)->test) {
	case TEST_NUMBERS:
		return numbers_are_wide(&p->number_sets[set]);
	case TEST_ADDRESSES:
		return addresses_are_wide(&p->address_sets[set]);
	default:
		return false;
	}
}

int compile_index(struct compiler *c)
{
	struct policy *p = c->policy;
	size_t count = p->route_count - 1;
	uint32_t *nodes;

	if (diag_errors(c->diag) > 0)
		return 0;
	nodes = calloc(count + 1, sizeof(*nodes));
	if (nodes == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		nodes[i] = p->tests[i].node;
	p->index = route_index_new(p->arena, &p->pool, nodes, count, is_wide,
				   p);
	free(nodes);
	return p->index != NULL ? 0 : -ENOMEM;
}
