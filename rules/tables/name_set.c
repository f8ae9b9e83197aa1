/* SPDX-License-Identifier: GPL-2.0-or-later */
/* name_set.c - collect, sort and compare names. */
#include "rules/tables/name_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void name_set_fini(struct name_set *set)
{
	free(set->entries);
	memset(set, 0, sizeof(*set));
}

static int make_room(struct name_set *set, size_t more)
{
	size_t room = set->room == 0 ? 8 : set->room;
	struct name_entry *entries;

	while (room < set->count + more)
		room *= 2;
	if (room == set->room)
		return 0;
	entries = reallocarray(set->entries, room, sizeof(*entries));
	if (entries == NULL)
		return -ENOMEM;
	set->entries = entries;
	set->room = room;
	return 0;
}

int name_set_add(struct name_set *set, const char *name, size_t len, bool exact)
{
	if (make_room(set, 1) < 0)
		return -ENOMEM;
	set->entries[set->count++] = (struct name_entry){ name, len, exact };
	set->has_exact |= exact;
	return 0;
}

int name_set_add_copy(struct name_set *set, struct arena *arena,
		      const char *name, size_t len, bool exact)
{
	const char *copy = arena_copy(arena, name, len);

	if (copy == NULL)
		return -ENOMEM;
	return name_set_add(set, copy, len, exact);
}

int name_set_add_all(struct name_set *set, const struct name_set *other)
{
	if (make_room(set, other->count) < 0)
		return -ENOMEM;
	if (other->count > 0)
		memcpy(set->entries + set->count, other->entries,
		       other->count * sizeof(*other->entries));
	set->count += other->count;
	set->has_exact |= other->has_exact;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct name_entry *x = a, *y = b;
	size_t shorter = x->len < y->len ? x->len : y->len;
	int order = memcmp(x->name, y->name, shorter);

	if (order != 0)
		return order;
	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return x->exact - y->exact;
}

void name_set_normalise(struct name_set *set)
{
	size_t kept = 0;

	if (set->count == 0)
		return;
	qsort(set->entries, set->count, sizeof(*set->entries), by_name);
	for (size_t i = 1; i < set->count; i++)
		if (by_name(&set->entries[kept], &set->entries[i]) != 0)
			set->entries[++kept] = set->entries[i];
	set->count = kept + 1;
}

bool name_set_equal(const struct name_set *a, const struct name_set *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (by_name(&a->entries[i], &b->entries[i]) != 0)
			return false;
	return true;
}
