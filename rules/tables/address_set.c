/* SPDX-License-Identifier: GPL-2.0-or-later */
/* address_set.c - collect, sort, merge and compare address ranges. */
#include "rules/tables/address_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void address_set_fini(struct address_set *set)
{
	free(set->ranges);
	memset(set, 0, sizeof(*set));
}

static int make_room(struct address_set *set, size_t more)
{
	size_t room = set->room == 0 ? 8 : set->room;
	struct address_range *ranges;

	while (room < set->count + more)
		room *= 2;
	if (room == set->room)
		return 0;
	ranges = reallocarray(set->ranges, room, sizeof(*ranges));
	if (ranges == NULL)
		return -ENOMEM;
	set->ranges = ranges;
	set->room = room;
	return 0;
}

int address_set_add(struct address_set *set, const struct address *first,
		    const struct address *last)
{
	if (make_room(set, 1) < 0)
		return -ENOMEM;
	set->ranges[set->count].first = *first;
	set->ranges[set->count].last = *last;
	set->count++;
	return 0;
}

int address_set_add_all(struct address_set *set,
			const struct address_set *other)
{
	if (make_room(set, other->count) < 0)
		return -ENOMEM;
	if (other->count > 0)
		memcpy(set->ranges + set->count, other->ranges,
		       other->count * sizeof(*other->ranges));
	set->count += other->count;
	set->has_hosts |= other->has_hosts;
	return 0;
}

static int by_first(const void *a, const void *b)
{
	const struct address_range *x = a, *y = b;

	return address_compare(&x->first, &y->first);
}

/* Return the next address; all zeros after the last one. */
static struct address next_address(struct address a)
{
	for (int i = 15; i >= 0; i--)
		if (++a.bytes[i] != 0)
			break;
	return a;
}

/* Test whether b overlaps or directly follows a, which begins first. */
static bool joins(const struct address_range *a, const struct address_range *b)
{
	struct address behind = next_address(a->last);

	if (address_is_v4(&a->first) != address_is_v4(&b->first))
		return false;
	return address_compare(&b->first, &a->last) <= 0 ||
	       address_equal(&b->first, &behind);
}

void address_set_normalise(struct address_set *set)
{
	size_t kept = 0;

	if (set->count == 0)
		return;
	qsort(set->ranges, set->count, sizeof(*set->ranges), by_first);
	for (size_t i = 1; i < set->count; i++) {
		struct address_range *last = &set->ranges[kept];

		if (!joins(last, &set->ranges[i]))
			set->ranges[++kept] = set->ranges[i];
		else if (address_compare(&set->ranges[i].last, &last->last) > 0)
			last->last = set->ranges[i].last;
	}
	set->count = kept + 1;
}

bool address_set_equal(const struct address_set *a,
		       const struct address_set *b)
{
	return a->count == b->count && a->has_hosts == b->has_hosts &&
	       (a->count == 0 || memcmp(a->ranges, b->ranges,
					a->count * sizeof(*a->ranges)) == 0);
}

bool address_set_covers(const struct address_set *outer,
			const struct address_set *inner)
{
	size_t o = 0;

	for (size_t i = 0; i < inner->count; i++) {
		const struct address_range *r = &inner->ranges[i];

		while (o < outer->count &&
		       address_compare(&outer->ranges[o].last, &r->first) < 0)
			o++;
		if (o == outer->count ||
		    address_compare(&outer->ranges[o].first, &r->first) > 0 ||
		    address_compare(&outer->ranges[o].last, &r->last) < 0)
			return false;
	}
	return true;
}
