/* SPDX-License-Identifier: GPL-2.0-or-later */
/* traffic_flows.c - what flows carried meanwhile, see traffic_flows.h. */
#include "tools/traffic/traffic_flows.h"

#include <stdlib.h>

#include "rules/util/keyed_hash.h"

/* Readings in which a flow may be missing before its place is reused. */
#define PATIENCE 2

static const size_t group_room[TRAFFIC_KINDS] = {
	[TRAFFIC_UPLINK] = 256, [TRAFFIC_CLASS] = 1024,
	[TRAFFIC_ROUTE] = 4096, [TRAFFIC_APP] = 512,
	[TRAFFIC_CLIENT] = 2048, [TRAFFIC_HOST] = 4096,
};

struct place {
	uint64_t ends;		/* hash; 0: free */
	uint32_t id;		/* conntrack's; 0: named before it was read */
	uint32_t seen;		/* the latest reading that had it */
	uint64_t bytes, packets;
	bool is_named, was_read;
	/* As a flow of its uplink and client, and as what it is. */
	bool is_flow, is_named_flow;
	struct traffic_ref refs[TRAFFIC_KINDS];
};

struct traffic_flows {
	struct place *places;
	size_t room;
	uint32_t reading;
	bool is_first;		/* reading: what flows carried is old */
	uint64_t uncounted;
	struct traffic_groups groups[TRAFFIC_KINDS];
	/* Seen last; NULL: there was no room. */
	struct place *last;
	struct flows_entry last_entry;
	bool last_was_known;
};

struct traffic_flows *traffic_flows_new(size_t room)
{
	struct traffic_flows *flows = calloc(1, sizeof(*flows));
	bool is_complete = flows != NULL;

	if (flows == NULL)
		return NULL;
	(void)keyed_hash_process();	/* before system calls are filtered */
	flows->places = calloc(room, sizeof(flows->places[0]));
	flows->room = room;
	flows->reading = PATIENCE + 1;
	flows->is_first = true;
	for (int i = 0; i < TRAFFIC_KINDS; i++)
		is_complete &= traffic_groups_init(&flows->groups[i],
						   group_room[i]) == 0;
	if (is_complete && flows->places != NULL)
		return flows;
	traffic_flows_free(flows);
	return NULL;
}

void traffic_flows_free(struct traffic_flows *flows)
{
	if (flows == NULL)
		return;
	for (int i = 0; i < TRAFFIC_KINDS; i++)
		traffic_groups_fini(&flows->groups[i]);
	free(flows->places);
	free(flows);
}

struct traffic_groups *traffic_flows_groups(struct traffic_flows *flows,
					    enum traffic_kind kind)
{
	return &flows->groups[kind];
}

uint64_t traffic_flows_uncounted(const struct traffic_flows *flows)
{
	return flows->uncounted;
}

/* ---- places ---- */

/* The same for both directions. */
static uint64_t ends_of(const struct flows_entry *entry)
{
	struct flows_entry reversed = *entry;

	reversed.client = entry->server;
	reversed.server = entry->client;
	reversed.sport = entry->dport;
	reversed.dport = entry->sport;
	return (flows_entry_hash(entry) + flows_entry_hash(&reversed)) | 1;
}

static struct place *bucket_of(const struct traffic_flows *flows, uint64_t ends)
{
	size_t buckets = flows->room / TRAFFIC_WAYS;

	return &flows->places[(ends >> 8) % buckets * TRAFFIC_WAYS];
}

static struct place *find(const struct traffic_flows *flows, uint64_t ends,
			  uint32_t id)
{
	struct place *bucket = bucket_of(flows, ends);

	for (int i = 0; i < TRAFFIC_WAYS; i++)
		if (bucket[i].ends == ends && bucket[i].id == id)
			return &bucket[i];
	return NULL;
}

/* A flow that is not named yet, although it was read. */
static struct place *find_unnamed(const struct traffic_flows *flows,
				  uint64_t ends)
{
	struct place *bucket = bucket_of(flows, ends);

	for (int i = 0; i < TRAFFIC_WAYS; i++)
		if (bucket[i].ends == ends && !bucket[i].is_named &&
		    flows->reading - bucket[i].seen < PATIENCE)
			return &bucket[i];
	return NULL;
}

/* The place of the flow that was missing longest; NULL: none was missing. To
 * forget one that goes on would count it twice. */
static struct place *make_room(const struct traffic_flows *flows,
			       uint64_t ends, uint32_t id)
{
	struct place *bucket = bucket_of(flows, ends), *oldest = bucket;

	for (int i = 0; i < TRAFFIC_WAYS; i++) {
		if (bucket[i].ends == 0) {
			oldest = &bucket[i];
			break;
		}
		if (flows->reading - bucket[i].seen >
		    flows->reading - oldest->seen)
			oldest = &bucket[i];
	}
	if (oldest->ends != 0 && flows->reading - oldest->seen < PATIENCE)
		return NULL;
	*oldest = (struct place){
		.ends = ends, .id = id, .seen = flows->reading,
	};
	return oldest;
}

/* ---- names ---- */

static void name(struct traffic_flows *flows, struct place *place,
		 const struct traffic_names *names)
{
	for (int i = TRAFFIC_NAMED; i < TRAFFIC_KINDS; i++)
		place->refs[i] = traffic_groups_get(&flows->groups[i],
						    names->names[i]);
	place->is_named = true;
	place->is_named_flow = false;
}

void traffic_flows_name(struct traffic_flows *flows,
			const struct flows_entry *ends,
			const struct traffic_names *names)
{
	uint64_t hash = ends_of(ends);
	struct place *place = find_unnamed(flows, hash);

	if (place == NULL)
		place = find(flows, hash, 0);
	if (place == NULL)
		place = make_room(flows, hash, 0);
	if (place == NULL)
		return;		/* counts as unnamed */
	name(flows, place, names);
	if (place->id == 0)
		place->seen = flows->reading;
}

void traffic_flows_name_seen(struct traffic_flows *flows,
			     const struct traffic_names *names)
{
	if (flows->last != NULL)
		name(flows, flows->last, names);
}

/* ---- reading ---- */

static struct place *place_of(struct traffic_flows *flows,
			      const struct flows_entry *entry)
{
	uint64_t ends = ends_of(entry);
	struct place *place = find(flows, ends, entry->id);

	if (place == NULL) {
		place = find(flows, ends, 0);
		if (place != NULL)
			place->id = entry->id;
	}
	return place != NULL ? place : make_room(flows, ends, entry->id);
}

static void name_ends(struct traffic_flows *flows, struct place *place,
		      const struct flows_entry *entry, const char *uplink)
{
	char text[ADDRESS_TEXT_MAX];

	place->refs[TRAFFIC_UPLINK] = traffic_groups_get(
		&flows->groups[TRAFFIC_UPLINK], uplink);
	if (!place->was_read)
		place->refs[TRAFFIC_CLIENT] = traffic_groups_get(
			&flows->groups[TRAFFIC_CLIENT],
			address_print_packet(&entry->client, text));
}

bool traffic_flows_see(struct traffic_flows *flows,
		       const struct flows_entry *entry, const char *uplink,
		       bool is_settled)
{
	struct place *place = place_of(flows, entry);

	flows->last = place;
	if (place == NULL) {
		flows->uncounted++;
		return false;
	}
	flows->last_was_known = place->was_read;
	flows->last_entry = *entry;
	name_ends(flows, place, entry, uplink);
	place->was_read = true;
	place->seen = flows->reading;
	return !place->is_named && is_settled &&
	       (flows->last_was_known || flows->is_first);
}

static uint64_t increase(uint64_t then, uint64_t now)
{
	return now >= then ? now - then : now;
}

/* Add to the groups of the kinds from `first` to before `end`. */
static void add(struct traffic_flows *flows, const struct place *place,
		int first, int end, struct traffic_sums more)
{
	for (int i = first; i < end; i++) {
		struct traffic_sums *sums = traffic_groups_sums(
			&flows->groups[i], place->refs[i]);

		sums->bytes += more.bytes;
		sums->packets += more.packets;
		sums->flows += more.flows;
		sums->seen++;
	}
}

void traffic_flows_count_seen(struct traffic_flows *flows)
{
	const struct flows_entry *entry = &flows->last_entry;
	struct place *place = flows->last;
	struct traffic_sums more = { 0 };

	if (place == NULL ||
	    (!place->is_named && !flows->last_was_known && !flows->is_first))
		return;
	if (!flows->is_first) {
		more.bytes = increase(place->bytes, entry->bytes);
		more.packets = increase(place->packets, entry->packets);
	}
	more.flows = !place->is_flow && !flows->is_first;
	add(flows, place, 0, TRAFFIC_NAMED, more);
	more.flows = !place->is_named_flow && !flows->is_first;
	add(flows, place, TRAFFIC_NAMED, TRAFFIC_KINDS, more);
	place->bytes = entry->bytes;
	place->packets = entry->packets;
	place->is_flow = true;
	place->is_named_flow = true;
}

void traffic_flows_turn(struct traffic_flows *flows, double seconds)
{
	for (int i = 0; i < TRAFFIC_KINDS; i++)
		traffic_groups_turn(&flows->groups[i], seconds);
	flows->reading++;
	flows->is_first = false;
}
