/* SPDX-License-Identifier: GPL-2.0-or-later */
/* numbers.c - keep the numbers of uplinks across set-ups, see numbers.h. */
#include "rules/setup/numbers.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/policy/marks.h"
#include "rules/setup/kernel/conntrack_cleanup.h"
#include "rules/setup/setup.h"

int numbers_load(const char *state_dir, struct uplink_numbers *ret)
{
	struct journal journal;
	char dir[PATH_MAX];
	int rc = setup_state_dir(state_dir, dir);

	*ret = (struct uplink_numbers){ 0 };
	if (rc == 0)
		rc = journal_load(dir, &journal);
	if (rc < 0)
		return rc;
	*ret = journal.numbers;
	journal.numbers = (struct uplink_numbers){ 0 };
	journal_fini(&journal);
	return 0;
}

static const struct plan_uplink *uplink_of(const struct plan *plan,
					   const char *name)
{
	for (size_t i = 0; i < plan->uplink_count; i++)
		if (strcmp(plan->uplinks[i].name, name) == 0)
			return &plan->uplinks[i];
	return NULL;
}

/* The uplink that has the number's name, or replaces it under another name. */
static const struct plan_uplink *heir_of(const struct plan *plan,
					 const struct uplink_number *number)
{
	const struct plan_uplink *heir = uplink_of(plan, number->name);

	for (size_t i = 0; i < plan->uplink_count && heir == NULL; i++)
		if (number->origin[0] != '\0' &&
		    strcmp(plan->uplinks[i].origin, number->origin) == 0)
			heir = &plan->uplinks[i];
	return heir;
}

static bool has_path(const struct plan *plan, uint8_t path)
{
	for (size_t i = 0; i < plan->uplink_count; i++)
		if (plan->uplinks[i].path == path)
			return true;
	return false;
}

bool numbers_are_noted(const struct journal *journal, const struct plan *plan)
{
	const struct uplink_numbers *all = &journal->numbers;

	for (size_t i = 0; i < all->count; i++) {
		const struct plan_uplink *uplink =
			uplink_of(plan, all->items[i].name);

		if (uplink == NULL || uplink->path != all->items[i].path ||
		    uplink->table != all->items[i].table ||
		    strcmp(uplink->origin, all->items[i].origin) != 0)
			return false;
	}
	return all->count == plan->uplink_count;
}

int numbers_note(struct journal *journal, const struct plan *plan)
{
	int rc = 0;

	for (size_t i = plan->uplink_count; i-- > 0 && rc == 0;) {
		const struct plan_uplink *uplink = &plan->uplinks[i];
		struct uplink_number number = {
			.path = uplink->path,
			.table = uplink->table,
		};

		_Static_assert(PLAN_NAME_MAX == UPLINK_NAME_MAX, "one cut");
		memcpy(number.name, uplink->name, sizeof(number.name));
		memcpy(number.origin, uplink->origin, sizeof(number.origin));
		rc = journal_note_number(journal, &number);
	}
	return rc;
}

static struct mark_change change_of(const struct plan *plan, uint8_t path,
				    uint8_t put)
{
	unsigned int shift = (unsigned int)__builtin_ctz(plan->mask);
	uint32_t under = plan->mask & ~plan->settled;

	return (struct mark_change){
		.is = (uint32_t)path << shift & under,
		.under = under,
		.put = (uint32_t)put << shift,
		.mask = put ? under : plan->mask,
	};
}

/* Renumber flows of `path`, and those that arrived by its uplink, to the
 * numbers of `heir`, or unmark them. 0 or -errno. */
static int renumber(const struct plan *plan, uint8_t path,
		    const struct plan_uplink *heir)
{
	struct marks marks = marks_layout(plan->mask);
	uint8_t arrival = (uint8_t)(marks.path_max + 1 - path);
	struct mark_change changes[2] = {
		change_of(plan, path, heir != NULL ? heir->path : 0),
		change_of(plan, arrival, heir == NULL ? 0 : heir->arrival ?
			  heir->arrival : heir->path),
	};

	return conntrack_cleanup_change(changes,
			path > marks.path_max || has_path(plan, arrival) ? 1 : 2);
}

void numbers_clear_taken(const struct journal *journal,
			 const struct plan *plan)
{
	const struct uplink_numbers *all = &journal->numbers;

	for (size_t i = 0; i < all->count; i++) {
		const struct plan_uplink *heir = heir_of(plan, &all->items[i]);

		if (uplink_of(plan, all->items[i].name) == NULL &&
		    (heir == NULL || heir->path != all->items[i].path) &&
		    has_path(plan, all->items[i].path))
			(void)renumber(plan, all->items[i].path, NULL);
	}
}

void numbers_follow(struct journal *journal, const struct plan *plan)
{
	struct uplink_numbers *all = &journal->numbers;
	size_t kept = 0;

	for (size_t i = 0; i < all->count; i++) {
		struct uplink_number *number = &all->items[i];
		const struct plan_uplink *now = uplink_of(plan, number->name);
		bool is_current = now != NULL && now->path == number->path &&
				  now->table == number->table;

		if (is_current || (!has_path(plan, number->path) &&
				   renumber(plan, number->path,
					    heir_of(plan, number)) < 0))
			all->items[kept++] = *number;
	}
	all->count = kept;
}
