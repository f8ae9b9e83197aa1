/* SPDX-License-Identifier: GPL-2.0-or-later */
/* traffic_groups.c - sums by name in fixed memory, see traffic_groups.h. */
#include "tools/traffic/traffic_groups.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/util/keyed_hash.h"

int traffic_groups_init(struct traffic_groups *groups, size_t room)
{
	*groups = (struct traffic_groups){ .room = room };
	groups->items = calloc(room, sizeof(groups->items[0]));
	return groups->items != NULL ? 0 : -ENOMEM;
}

void traffic_groups_fini(struct traffic_groups *groups)
{
	free(groups->items);
	*groups = (struct traffic_groups){ 0 };
}

/* Of what is kept of the name; never 0. Clients choose host names. */
static uint64_t hash_of(const char *name)
{
	return keyed_hash_bytes(keyed_hash_process(), name,
				strnlen(name, TRAFFIC_NAME_MAX - 1)) | 1;
}

static struct traffic_group *bucket_of(const struct traffic_groups *groups,
				       uint64_t hash)
{
	size_t buckets = groups->room / TRAFFIC_WAYS;

	return &groups->items[(hash >> 16) % buckets * TRAFFIC_WAYS];
}

static struct traffic_group *find(const struct traffic_groups *groups,
				  uint64_t hash, const char *name)
{
	struct traffic_group *bucket = bucket_of(groups, hash);

	for (int i = 0; i < TRAFFIC_WAYS; i++)
		if (bucket[i].hash == hash &&
		    strncmp(bucket[i].name, name, TRAFFIC_NAME_MAX - 1) == 0)
			return &bucket[i];
	return NULL;
}

const struct traffic_group *traffic_groups_find(
	const struct traffic_groups *groups, const char *name)
{
	return find(groups, hash_of(name), name);
}

static void evict(struct traffic_groups *groups, struct traffic_group *group)
{
	groups->others.bytes += group->sums.bytes;
	groups->others.packets += group->sums.packets;
	groups->others.flows += group->sums.flows;
	groups->others.seen += group->sums.seen;
	groups->others.bytes_then += group->sums.bytes_then;
	groups->evicted++;
}

/* A free place, or that of the least bytes. */
static struct traffic_group *make_room(struct traffic_groups *groups,
				       uint64_t hash)
{
	struct traffic_group *bucket = bucket_of(groups, hash);
	struct traffic_group *least = bucket;

	for (int i = 0; i < TRAFFIC_WAYS; i++) {
		if (bucket[i].hash == 0)
			return &bucket[i];
		if (bucket[i].sums.bytes < least->sums.bytes)
			least = &bucket[i];
	}
	evict(groups, least);
	return least;
}

struct traffic_ref traffic_groups_get(struct traffic_groups *groups,
				      const char *name)
{
	struct traffic_group *group;
	uint64_t hash;

	if (name == NULL)
		return (struct traffic_ref){ 0 };
	hash = hash_of(name);
	group = find(groups, hash, name);
	if (group == NULL) {
		group = make_room(groups, hash);
		*group = (struct traffic_group){
			.hash = hash, .age = (uint16_t)(group->age + 1),
		};
		snprintf(group->name, sizeof(group->name), "%s", name);
	}
	return (struct traffic_ref){
		.place = (uint16_t)(group - groups->items + 1),
		.age = group->age,
	};
}

struct traffic_sums *traffic_groups_sums(struct traffic_groups *groups,
					 struct traffic_ref ref)
{
	if (ref.place == 0)
		return &groups->unnamed;
	if (groups->items[ref.place - 1].age != ref.age)
		return &groups->others;
	return &groups->items[ref.place - 1].sums;
}

static void turn(struct traffic_sums *sums, double seconds)
{
	sums->rate = seconds > 0 ?
		(double)(sums->bytes - sums->bytes_then) / seconds : 0;
	sums->bytes_then = sums->bytes;
	sums->active = sums->seen;
	sums->seen = 0;
}

void traffic_groups_turn(struct traffic_groups *groups, double seconds)
{
	for (size_t i = 0; i < groups->room; i++)
		if (groups->items[i].hash != 0)
			turn(&groups->items[i].sums, seconds);
	turn(&groups->unnamed, seconds);
	turn(&groups->others, seconds);
}
