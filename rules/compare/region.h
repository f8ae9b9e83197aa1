/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * region.h - a set of flows: one of them, and all of them in words.
 */
#ifndef WAYMARK_REGION_H
#define WAYMARK_REGION_H

#include <stdio.h>

#include "rules/compare/space.h"
#include "rules/policy/facts.h"
#include "rules/tables/domain_table.h"

/* A flow, in the words of expect lines. Names are borrowed from the space. */
struct region_flow {
	struct address client, server;
	uint16_t sport, dport, length;
	uint8_t proto, tos;
	bool has_ports;
	uint32_t uid;			/* UID_NONE: forwarded */
	const char *interface, *app, *ja4;	/* NULL: none */
	uint16_t app_number;
	char host[DOMAIN_MAX + 1];	/* "": none */
	bool flags[SPACE_FLAGS_MAX];
	uint32_t classes[AXES];
};

/* Choose a flow of the region, as common a one as there is; false: none. */
bool region_pick(struct space *space, uint32_t region, struct region_flow *ret);
/* The next flow of the same classes, with other ports and addresses as far as
 * they have some: the n-th one. */
void region_vary(const struct space *space, struct region_flow *flow, size_t n);

/* What policy `k` finds out about the flow in the end. */
void region_facts(const struct space *space, size_t k,
		  const struct region_flow *flow, struct facts *ret);

/* Print the flow as `waymark explain` takes it. */
void region_print_flow(const struct space *space,
		       const struct region_flow *flow, FILE *out);
/* Whether `waymark explain` can express it: it has neither patterns nor several
 * ALPN names. */
bool region_is_in_words(const struct space *space,
			const struct region_flow *flow);

/*
 * Print the flows of the region as conditions of the policy language, at most
 * `max` parts with `separator` between them. Long lists are cut. Returns
 * whether there are more parts.
 */
bool region_print(struct space *space, uint32_t region, size_t max,
		  const char *separator, FILE *out);

/* ---- shared by region*.c ---- */

/* The part of a region in which an axis is of a class. */
uint32_t region_follow(const struct space *space, uint32_t ref, enum axis axis,
		       uint32_t class);

/* A product of sets of classes; NULL: all classes of the axis. */
struct region_cube {
	const bool *members[AXES];
	int8_t flags[SPACE_FLAGS_MAX];	/* 0: either, 1: present, -1: not */
};

void region_print_cube(struct space *space, const struct region_cube *cube,
		       FILE *out);

#endif
