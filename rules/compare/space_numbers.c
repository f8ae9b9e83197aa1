/* SPDX-License-Identifier: GPL-2.0-or-later */
/* space_numbers.c - divide numbers and addresses into classes. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "rules/compare/space.h"
#include "rules/parse/keywords.h"
#include "rules/policy/policy_private.h"

#define LENGTH_MIN 20u		/* an IPv4 header */

static uint32_t number_of(const struct address *address)
{
	return ntohl(address->be32[3]);
}

/* ---- numbers ---- */

static void add_span(struct space *space, enum axis axis,
		     const struct space_span *span)
{
	struct space_axis *a = &space->axes[axis];

	if (!space_grow(space, &a->spans, &a->span_room, a->span_count,
			sizeof(*a->spans)))
		return;
	a->spans[a->span_count++] = *span;
}

/* Add first..last; neighbours of one class become one span. */
static void add_values(struct space *space, enum axis axis,
		       const struct address *first, const struct address *last,
		       uint64_t marks)
{
	struct space_axis *a = &space->axes[axis];
	const struct space_value value = { .address = *first };
	struct space_span span = { *first, *last, 0 };
	bool v4 = address_is_v4(first);

	span.class = space_class(space, axis, &value, marks);
	space_exists(space, axis, span.class, v4 ? SPACE_V4 : SPACE_V6);
	if (a->span_count > 0 &&
	    a->spans[a->span_count - 1].class == span.class &&
	    address_is_v4(&a->spans[a->span_count - 1].first) == v4)
		a->spans[a->span_count - 1].last = *last;
	else
		add_span(space, axis, &span);
}

static void add_numbers(struct space *space, enum axis axis, uint32_t first,
			uint32_t last, uint64_t marks)
{
	const struct address from = address_from_v4(htonl(first));
	const struct address to = address_from_v4(htonl(last));

	add_values(space, axis, &from, &to, marks);
}

static void add_small(struct space *space, enum axis axis, uint32_t first,
		      uint32_t last)
{
	if (!space_is_tested(space, axis)) {
		add_numbers(space, axis, first, last, 0);
		return;
	}
	for (uint32_t n = first; n <= last; n++)
		add_numbers(space, axis, n, n, 0);
}

static void add_protocols(struct space *space)
{
	for (uint32_t n = 0; n < 256; n++) {
		uint64_t marks = keywords_has_ports(n) ? SPACE_PORTS : 0;

		if (n == IPPROTO_TCP)
			marks |= SPACE_TCP;
		if (n == IPPROTO_TCP || n == IPPROTO_UDP || n == IPPROTO_SCTP)
			marks |= SPACE_PAYLOAD;
		add_numbers(space, AXIS_PROTO, n, n, marks);
	}
}

static void add_families(struct space *space)
{
	add_numbers(space, AXIS_FAMILY, 0, 0, 0);
	add_numbers(space, AXIS_FAMILY, 1, 1, SPACE_GIVEN);
}

/* The class of a value that the words of a flow do not give, if it is one of
 * the possible classes. */
static void find_absent(struct space *space, enum axis axis)
{
	struct space_axis *a = &space->axes[axis];
	const struct space_value none = { .address = address_from_v4(0) };
	uint32_t class = space_class(space, axis, &none, 0);

	if (class < a->exists_room && a->exists[class] != 0)
		a->absent = class;
}

/* ---- addresses ---- */

static int compare_addresses(const void *a, const void *b)
{
	return address_compare(a, b);
}

static bool add_one(struct address *address)
{
	int i = 15;

	while (i >= 0 && ++address->bytes[i] == 0)
		i--;
	return i >= 0;
}

static struct address one_less(struct address address)
{
	int i = 15;

	while (i >= 0 && address.bytes[i]-- == 0)
		i--;
	return address;
}

struct starts {
	struct address *items;
	size_t count, room;
};

static void add_start(struct space *space, struct starts *starts,
		      const struct address *address)
{
	if (space_grow(space, &starts->items, &starts->room, starts->count,
		       sizeof(*starts->items)))
		starts->items[starts->count++] = *address;
}

static void add_ranges(struct space *space, enum axis axis, size_t policy,
		       struct starts *starts)
{
	const struct policy *p = space->policies[policy];

	for (size_t s = 0; s < p->address_set_count; s++) {
		const struct header_set *set = &p->address_sets[s];

		if (!space_has_bit(space->axes[axis].used[policy], s))
			continue;
		for (size_t r = 0; r < set->count && !space->is_short; r++) {
			struct address end = set->ranges[r].last;

			add_start(space, starts, &set->ranges[r].first);
			if (add_one(&end))
				add_start(space, starts, &end);
		}
	}
}

/* Where the family changes: ::, 0.0.0.0, and what follows 255.255.255.255. */
static void add_families_of(struct space *space, struct starts *starts)
{
	struct address address = { .be64 = { 0, 0 } };

	add_start(space, starts, &address);
	address = address_from_v4(0);
	add_start(space, starts, &address);
	address = address_from_v4(UINT32_MAX);
	add_one(&address);
	add_start(space, starts, &address);
}

static void add_addresses(struct space *space, enum axis axis)
{
	struct starts starts = { 0 };
	struct address end;

	add_families_of(space, &starts);
	for (size_t k = 0; k < space->policy_count; k++)
		add_ranges(space, axis, k, &starts);
	qsort(starts.items, starts.count, sizeof(*starts.items),
	      compare_addresses);
	for (size_t i = 0; i < starts.count && !space->is_short; i++) {
		memset(end.bytes, 0xff, sizeof(end.bytes));
		if (i + 1 < starts.count) {
			if (address_equal(&starts.items[i],
					  &starts.items[i + 1]))
				continue;
			end = one_less(starts.items[i + 1]);
		}
		add_values(space, axis, &starts.items[i], &end, 0);
	}
	free(starts.items);
}

/* ---- users ---- */

static int compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

struct numbers {
	uint32_t *items;
	size_t count, room;
};

static void add_number(struct space *space, struct numbers *numbers,
		       uint32_t number)
{
	if (space_grow(space, &numbers->items, &numbers->room, numbers->count,
		       sizeof(*numbers->items)))
		numbers->items[numbers->count++] = number;
}

static void add_user_starts(struct space *space, const struct policy *p,
			    struct numbers *starts)
{
	for (size_t s = 0; s < p->uid_set_count; s++)
		for (size_t r = 0; r < p->uid_sets[s].count; r++) {
			const struct exempt_range *range =
				&p->uid_sets[s].ranges[r];

			add_number(space, starts, number_of(&range->first));
			add_number(space, starts, number_of(&range->last) + 1);
		}
}

/* Forwarded flows have no user: their span is the first. */
static void add_users(struct space *space)
{
	struct numbers starts = { 0 };

	add_number(space, &starts, 0);
	for (size_t k = 0; k < space->policy_count; k++)
		add_user_starts(space, space->policies[k], &starts);
	if (starts.count > 0)
		qsort(starts.items, starts.count, sizeof(*starts.items),
		      compare_numbers);
	add_numbers(space, AXIS_UID, UID_NONE, UID_NONE, 0);
	for (size_t i = 0; i < starts.count; i++) {
		uint32_t next = i + 1 < starts.count ? starts.items[i + 1] :
						       UID_NONE;

		if (starts.items[i] < next)
			add_numbers(space, AXIS_UID, starts.items[i], next - 1,
				    SPACE_LOCAL);
	}
	free(starts.items);
}

/* ---- all ---- */

void space_add_numbers(struct space *space)
{
	add_users(space);
	add_families(space);
	add_protocols(space);
	add_small(space, AXIS_DPORT, 0, 65535);
	add_small(space, AXIS_SPORT, 0, 65535);
	add_small(space, AXIS_TOS, 0, 255);
	add_small(space, AXIS_LENGTH, LENGTH_MIN, 65535);
	add_addresses(space, AXIS_FROM);
	add_addresses(space, AXIS_TO);
	find_absent(space, AXIS_TOS);
	find_absent(space, AXIS_LENGTH);
}
