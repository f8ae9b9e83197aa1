/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * name_set.h - sets of domains or interface names, used while compiling a
 * policy. Names are borrowed, or copied by name_set_add_copy().
 */
#ifndef WAYMARK_NAME_SET_H
#define WAYMARK_NAME_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "rules/util/arena.h"

struct name_entry {
	const char *name;
	size_t len;
	bool exact;
};

struct name_set {
	struct name_entry *entries;
	size_t count;
	size_t room;
	bool has_exact;
};

void name_set_fini(struct name_set *set);

/* 0 or -ENOMEM. */
int name_set_add(struct name_set *set, const char *name, size_t len,
		 bool exact);
int name_set_add_copy(struct name_set *set, struct arena *arena,
		      const char *name, size_t len, bool exact);
int name_set_add_all(struct name_set *set, const struct name_set *other);

/* Sort and remove duplicates. Required before comparing sets. */
void name_set_normalise(struct name_set *set);
bool name_set_equal(const struct name_set *a, const struct name_set *b);

#endif
