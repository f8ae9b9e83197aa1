/*
 * route_index_private.h - what an index is made of. Only route_index*.c
 * include this.
 */
#ifndef WAYMARK_ROUTE_INDEX_PRIVATE_H
#define WAYMARK_ROUTE_INDEX_PRIVATE_H

#include "rules/policy/route_index.h"

#define INDEX_KINDS (NODE_PAYLOAD + 1)
/* As struct decision numbers routes. */
#define INDEX_ROUTES_MAX 65536
#define INDEX_WORDS_MAX (INDEX_ROUTES_MAX / 64)

/* Below this many routes a walk is as cheap. */
#define INDEX_ROUTES_MIN 8

/* A word of a facts' look-up in which some route is filed. */
struct index_chunk {
	uint32_t word;
	uint64_t mask;
};

/* Routes that speak of the same payload facts, false unless `guard` holds. */
struct index_group {
	uint32_t guard;
	uint8_t facts;
	const uint32_t *routes;
	size_t count;
};

/* What is filed under one kind of leaf. Keys are numbers of sets or patterns,
 * bits of a bitmap or of a value. */
struct index_field {
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
	size_t words;			/* of a bitmap of routes; 0: walk */
	const uint64_t *always;		/* evaluated for every flow */
	struct index_field fields[INDEX_KINDS];
};

/* One route under one key, before they are sorted into fields. */
struct filing {
	uint8_t kind;
	uint8_t facts;
	uint32_t guard;
	uint32_t key;
	uint32_t route;
};

struct filings {
	struct filing *items;
	size_t count, room;
	uint64_t *always;
};

/* Choose for each route where it is filed; 0 or -ENOMEM. */
int route_index_file(const struct route_index *index, set_is_wide is_wide,
		     const void *ctx, struct filings *filings);

#endif
