/* SPDX-License-Identifier: GPL-2.0-or-later */
/* counter_totals.c - let the kernel's counters go on, see counter_totals.h. */
#include "rules/setup/kernel/counter_totals.h"

#include <stdlib.h>
#include <string.h>

#include "rules/setup/kernel/array.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct counter_total *)a)->last.name,
		      ((const struct counter_total *)b)->last.name);
}

/* Find one of the first `sorted`, or add it; NULL without memory. */
static struct counter_total *find_or_add(struct counter_totals *totals,
					 size_t sorted, const char *name)
{
	struct counter_total key = { 0 };
	struct counter_total *found;

	strcpy(key.last.name, name);
	found = sorted == 0 ? NULL : bsearch(&key, totals->items, sorted,
					     sizeof(key), by_name);
	if (found != NULL)
		return found;
	if (ARRAY_ADD(totals->items, totals->count, key) < 0)
		return NULL;
	return &totals->items[totals->count - 1];
}

static void apply(struct counter_total *total, struct counter *counter)
{
	struct counter *last = &total->last;

	if (counter->packets < last->packets || counter->bytes < last->bytes) {
		total->lost_packets += last->packets;
		total->lost_bytes += last->bytes;
	}
	total->was_read = true;
	last->packets = counter->packets;
	last->bytes = counter->bytes;
	counter->packets += total->lost_packets;
	counter->bytes += total->lost_bytes;
}

/* Their table, or their route, is missing now. */
static void apply_missing(struct counter_totals *totals,
			  struct counters *counters)
{
	for (size_t i = 0; i < totals->count; i++) {
		struct counter none = { 0 };

		if (totals->items[i].was_read)
			continue;
		strcpy(none.name, totals->items[i].last.name);
		apply(&totals->items[i], &none);
		(void)ARRAY_ADD(counters->items, counters->count, none);
	}
}

void counter_totals_apply(struct counter_totals *totals,
			  struct counters *counters)
{
	size_t sorted = totals->count;

	for (size_t i = 0; i < sorted; i++)
		totals->items[i].was_read = false;
	for (size_t i = 0; i < counters->count; i++) {
		struct counter_total *total = find_or_add(
			totals, sorted, counters->items[i].name);

		if (total != NULL)
			apply(total, &counters->items[i]);
	}
	apply_missing(totals, counters);
	counters_sort(counters);
	if (totals->count > sorted)
		qsort(totals->items, totals->count, sizeof(*totals->items),
		      by_name);
}

void counter_totals_fini(struct counter_totals *totals)
{
	free(totals->items);
	*totals = (struct counter_totals){ 0 };
}
