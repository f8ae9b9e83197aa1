/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * route_index_private.h - the data of an index; for route_index*.c only.
 */
#ifndef WAYMARK_ROUTE_INDEX_PRIVATE_H
#define WAYMARK_ROUTE_INDEX_PRIVATE_H

#include "rules/policy/route_index.h"

#define INDEX_KINDS (NODE_PAYLOAD + 1)
/* Route numbers in struct decision have 16 bits. */
#define INDEX_ROUTES_MAX 65536
#define INDEX_WORDS_MAX (INDEX_ROUTES_MAX / 64)

/* With fewer routes, evaluating all of them is as fast. */
#define INDEX_ROUTES_MIN 8

/* A word of a look-up result, and the bits under which routes are indexed. */
struct index_chunk {
	uint32_t word;
	uint64_t mask;
};

/* Routes that test the same payload facts and are false unless `guard` is
 * true. */
struct index_group {
	uint32_t guard;
	uint8_t facts;
	const uint32_t *routes;
	size_t count;
};

/* The routes indexed under one kind of leaf. A key is the number of a set or a
 * pattern, or a bit of a bitmap or a value. */
struct index_field {
	uint8_t fact;
	size_t keys;
	const uint32_t *starts;		/* keys + 1, into routes */
	const uint32_t *routes;
	const struct index_chunk *chunks;
	size_t chunk_count;
	const struct index_group *groups;	/* of payload kinds */
	size_t group_count;
};

struct route_index {
	const struct condition_pool *pool;
	const uint32_t *nodes;
	size_t count;
	size_t words;			/* of a bitmap of routes; 0: no index */
	const uint64_t *always;		/* evaluated for every flow */
	struct index_field fields[INDEX_KINDS];
};

/* One route under one key, before the entries are sorted into fields. */
struct index_entry {
	uint8_t kind;
	uint8_t facts;
	uint32_t guard;
	uint32_t key;
	uint32_t route;
};

struct index_entries {
	struct index_entry *items;
	size_t count, room;
	uint64_t *always;
};

/* Choose the keys of each route; 0 or -ENOMEM. */
int route_index_collect(const struct route_index *index, set_is_wide is_wide,
			const void *ctx, struct index_entries *entries);

#endif
