/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipfix_names.c - names that the collector has received, see ipfix_names.h. */
#include "tools/ipfix/ipfix_names.h"

#include <stdio.h>
#include <string.h>

/* Interfaces may be created again under another number. */
#define LOOK_UP_MS 5000
/* RFC 6759, 4.1: USER-Defined. */
#define ENGINE_USER_DEFINED 6
/* Fowler, Noll and Vo's hash, FNV-1a. */
#define HASH_START 2166136261u
#define HASH_FACTOR 16777619u

void ipfix_names_forget(struct ipfix_names *names)
{
	for (unsigned i = 0; i < names->application_count; i++)
		names->applications[i].is_known = false;
	for (unsigned i = 0; i < names->interface_count; i++)
		names->interfaces[i].is_known = false;
}

/* ---- applications ---- */

void ipfix_application_id(const char *app,
			  uint8_t ret[static IPFIX_APPLICATION_LEN])
{
	uint32_t hash = HASH_START;

	for (const char *c = app; *c != '\0'; c++)
		hash = (hash ^ (uint8_t)*c) * HASH_FACTOR;
	hash = app[0] != '\0' ? hash >> 24 ^ hash : 0;
	ret[0] = ENGINE_USER_DEFINED;
	ret[1] = (uint8_t)(hash >> 16);
	ret[2] = (uint8_t)(hash >> 8);
	ret[3] = (uint8_t)hash;
}

struct ipfix_application *ipfix_names_application(struct ipfix_names *names,
						  const char *app)
{
	struct ipfix_application *place;
	uint8_t id[IPFIX_APPLICATION_LEN];

	ipfix_application_id(app, id);
	for (unsigned i = 0; i < names->application_count; i++) {
		place = &names->applications[i];
		if (memcmp(place->id, id, sizeof(id)) == 0)
			return place->is_known ? NULL : place;
	}
	if (names->application_count == IPFIX_APPLICATIONS)
		return NULL;
	place = &names->applications[names->application_count++];
	memcpy(place->id, id, sizeof(id));
	place->is_known = false;
	return place;
}

/* ---- interfaces ---- */

static struct ipfix_interface *interface_place(struct ipfix_names *names,
					       const char *name,
					       const char *uplink)
{
	struct ipfix_interface *place;

	for (unsigned i = 0; i < names->interface_count; i++) {
		place = &names->interfaces[i];
		if (strcmp(place->name, name) == 0 &&
		    strcmp(place->uplink, uplink) == 0)
			return place;
	}
	if (names->interface_count < IPFIX_INTERFACES)
		place = &names->interfaces[names->interface_count++];
	else
		place = &names->interfaces[names->next_interface++ %
					   IPFIX_INTERFACES];
	*place = (struct ipfix_interface){ 0 };
	snprintf(place->name, sizeof(place->name), "%s", name);
	snprintf(place->uplink, sizeof(place->uplink), "%s", uplink);
	return place;
}

struct ipfix_interface *ipfix_names_interface(struct ipfix_names *names,
					      const char *name,
					      const char *uplink,
					      uint64_t now_ms)
{
	struct ipfix_interface *interface;
	uint32_t index;

	if (name[0] == '\0')
		return NULL;
	interface = interface_place(names, name, uplink);
	if (interface->looked_up_ms != 0 &&
	    now_ms - interface->looked_up_ms < LOOK_UP_MS)
		return interface;
	index = if_nametoindex(name);
	interface->looked_up_ms = now_ms;
	interface->is_known = interface->is_known && interface->index == index;
	interface->index = index;
	return interface;
}
