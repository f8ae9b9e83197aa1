/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ways.h - where routes lead, numbered by meaning: two routes have one way if
 * and only if they send each flow to uplinks of the same name.
 */
#ifndef WAYMARK_WAYS_H
#define WAYMARK_WAYS_H

#include "rules/compare/outcomes.h"

struct route;

/* The way of a route of policy `k` for a family; a balance of which only one
 * member is up leads there. */
uint32_t ways_of_route(struct outcomes *outcomes, size_t k,
		       const struct route *route, bool is_v6, bool is_local);
/* The way of a flow that belongs to `otherwise`, unless a strict member of `way`
 * takes it. */
uint32_t ways_claim(struct outcomes *outcomes, size_t k, uint32_t way,
		    uint32_t otherwise);
/* What happens to a flow that starts by one way and belongs to another, as text
 * that the caller frees; NULL when out of memory. */
char *ways_late(struct outcomes *outcomes, size_t k, uint32_t first,
		uint32_t last, enum late_policy late);

/* "keep", "move", "reset", or "" if the paths are equal: as decide_late() of the
 * engine. */
const char *ways_late_word(const struct policy *policy, enum late_policy late,
			   uint8_t from, uint8_t to);

/* Both NULL, or equal. */
bool ways_same_text(const char *a, const char *b);

#endif
