/*
 * name_set.h - domains or interface names while a policy is compiled.
 * Names are borrowed or, with name_set_add_copy(), the set's own.
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

/* Sort and drop what stands twice, so that sets can be compared. */
void name_set_normalise(struct name_set *set);
bool name_set_equal(const struct name_set *a, const struct name_set *b);

#endif
