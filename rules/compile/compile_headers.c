/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compile_headers.c - store the sets of header conditions in the policy: the
 * rules for the kernel are printed from them (offload.h). */
#include <arpa/inet.h>
#include <errno.h>

#include "rules/compile/compile.h"

static struct header_set *sets_new(struct compiler *c, size_t count)
{
	return arena_alloc(c->policy->arena,
			   (count + 1) * sizeof(struct header_set));
}

const struct exempt_range *compile_ranges(struct compiler *c,
					  const struct address_set *set)
{
	struct exempt_range *ranges = arena_alloc(c->policy->arena,
						  (set->count + 1) *
						  sizeof(*ranges));

	if (ranges == NULL)
		return NULL;
	for (size_t i = 0; i < set->count; i++) {
		ranges[i].first = set->ranges[i].first;
		ranges[i].last = set->ranges[i].last;
	}
	return ranges;
}

static int store_ranges(struct compiler *c, const struct address_set *sets,
			size_t count, struct header_set **ret_sets)
{
	struct header_set *kept = sets_new(c, count);

	if (kept == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		kept[i].ranges = compile_ranges(c, &sets[i]);
		kept[i].count = sets[i].count;
		kept[i].has_hosts = sets[i].has_hosts;
		if (kept[i].ranges == NULL)
			return -ENOMEM;
	}
	*ret_sets = kept;
	return 0;
}

static int store_addresses(struct compiler *c)
{
	struct policy *p = c->policy;
	int rc = store_ranges(c, c->address_sets.items, c->address_sets.count,
			      &p->address_sets);

	if (rc == 0)
		rc = store_ranges(c, c->uid_sets.items, c->uid_sets.count,
				  &p->uid_sets);
	if (rc < 0)
		return rc;
	p->address_set_count = c->address_sets.count;
	p->uid_set_count = c->uid_sets.count;
	return 0;
}

static bool has(const struct number_set *set, uint32_t n)
{
	return n < 65536 && (set->words[n / 64] >> n % 64 & 1) != 0;
}

/* Count the ranges of a set, and write them to `ranges` unless it is NULL. */
static size_t list_ranges(const struct number_set *set,
			  struct exempt_range *ranges)
{
	size_t count = 0;

	for (uint32_t n = 0; n < 65536; n++) {
		uint32_t first = n;

		if (!has(set, n))
			continue;
		while (has(set, n + 1))
			n++;
		if (ranges != NULL) {
			ranges[count].first = address_from_v4(htonl(first));
			ranges[count].last = address_from_v4(htonl(n));
		}
		count++;
	}
	return count;
}

static int store_numbers(struct compiler *c)
{
	struct policy *p = c->policy;

	p->number_sets = sets_new(c, c->number_sets.count);
	if (p->number_sets == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < c->number_sets.count; i++) {
		const struct number_set *set = c->number_sets.items[i];
		size_t count = list_ranges(set, NULL);
		struct exempt_range *ranges =
			arena_alloc(p->arena, (count + 1) * sizeof(*ranges));

		if (ranges == NULL)
			return -ENOMEM;
		list_ranges(set, ranges);
		p->number_sets[i].ranges = ranges;
		p->number_sets[i].count = count;
	}
	p->number_set_count = c->number_sets.count;
	return 0;
}

static int store_interfaces(struct compiler *c)
{
	struct policy *p = c->policy;

	p->interface_sets = sets_new(c, c->interface_sets.count);
	if (p->interface_sets == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < c->interface_sets.count; i++) {
		const struct name_set *set = &c->interface_sets.items[i];
		const char **names = arena_alloc(p->arena, (set->count + 1) *
							   sizeof(*names));

		if (names == NULL)
			return -ENOMEM;
		for (size_t n = 0; n < set->count; n++)
			names[n] = set->entries[n].name;
		p->interface_sets[i].names = names;
		p->interface_sets[i].count = set->count;
	}
	p->interface_set_count = c->interface_sets.count;
	return 0;
}

int compile_headers(struct compiler *c)
{
	int rc = store_addresses(c);

	if (rc == 0)
		rc = store_numbers(c);
	if (rc == 0)
		rc = store_interfaces(c);
	return rc;
}
