/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * traffic_groups.h - sums of what flows carry, by name, in fixed memory. Where
 * there is no room for another name, the one of its neighbours that carried
 * least is evicted to the sums of all others. Main thread only.
 */
#ifndef WAYMARK_TRAFFIC_GROUPS_H
#define WAYMARK_TRAFFIC_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRAFFIC_NAME_MAX 128
#define TRAFFIC_WAYS 8

struct traffic_sums {
	uint64_t bytes, packets, flows;
	uint64_t active;	/* flows that the latest reading had */
	double rate;		/* bytes per second, between two readings */
	/* For the next reading. */
	uint64_t seen, bytes_then;
};

struct traffic_group {
	uint64_t hash;		/* 0: free */
	uint16_t age;		/* how often the place was reused */
	char name[TRAFFIC_NAME_MAX];	/* longer ones are cut */
	struct traffic_sums sums;
};

/* A place and its age; 0 is the sums of what has no name. */
struct traffic_ref {
	uint16_t place, age;
};

struct traffic_groups {
	struct traffic_group *items;
	size_t room;
	struct traffic_sums unnamed, others;
	uint64_t evicted;	/* names */
};

/* Room for `room` names, a multiple of TRAFFIC_WAYS below 65536. 0 or -ENOMEM. */
int traffic_groups_init(struct traffic_groups *groups, size_t room);
void traffic_groups_fini(struct traffic_groups *groups);

/* Find the group of a name, or make it; NULL: that of what has no name. */
struct traffic_ref traffic_groups_get(struct traffic_groups *groups,
				      const char *name);
/* The sums to add to: those of the others, once the group was evicted. */
struct traffic_sums *traffic_groups_sums(struct traffic_groups *groups,
					 struct traffic_ref ref);
/* The group of that name; NULL: there is none. */
const struct traffic_group *traffic_groups_find(
	const struct traffic_groups *groups, const char *name);
/* A reading of all flows is complete, `seconds` after the previous one. */
void traffic_groups_turn(struct traffic_groups *groups, double seconds);

#endif
