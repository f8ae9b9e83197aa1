/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conntrack_cleanup.c - change the marks of conntrack entries. */
#include "rules/setup/kernel/conntrack_cleanup.h"

#include "rules/setup/kernel/flow_entries.h"

struct clearing {
	const struct mark_change *changes;
	size_t count;
};

/* The first change that matches decides. */
static void change_entry(void *ctx, const struct flow_entry *entry,
			 struct flow_changes *changes)
{
	const struct clearing *clearing = ctx;

	for (size_t i = 0; i < clearing->count; i++) {
		const struct mark_change *change = &clearing->changes[i];

		if ((entry->mark & change->under) != change->is)
			continue;
		if ((entry->mark & change->mask) != change->put)
			flow_changes_mark(changes, &entry->key, change->put,
					  change->mask);
		return;
	}
}

int conntrack_cleanup_marks(uint32_t mask)
{
	struct mark_change change = { .mask = mask };

	return conntrack_cleanup_change(&change, 1);
}

int conntrack_cleanup_change(const struct mark_change *changes, size_t count)
{
	struct clearing clearing = { changes, count };

	return flow_entries_scan(change_entry, &clearing);
}
