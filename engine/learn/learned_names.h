/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * learned_names.h - host names that are too long for an item of the learned
 * store; only its files include this.
 *
 * Such names are rare, so there is room for one per some dozens of items. An
 * item holds the hash of its name. When a bucket is full the name stored
 * longest ago is evicted, and items that refer to it have no name from then on.
 * Any thread may call everything here at any time; readers take no lock.
 */
#ifndef WAYMARK_LEARNED_NAMES_H
#define WAYMARK_LEARNED_NAMES_H

#include "engine/learn/learned.h"

struct learned_names;

/* Allocate enough for `items` items of the store. NULL: out of memory. */
struct learned_names *learned_names_new(size_t items, bool fixed_key);
void learned_names_free(struct learned_names *names);
size_t learned_names_bytes(const struct learned_names *names);

/* Store `host`; returns its hash. `now_s` is the time it was stored. */
uint64_t learned_names_put(struct learned_names *names, const char *host,
			   uint32_t now_s);
/* False: the name was evicted. */
bool learned_names_get(const struct learned_names *names, uint64_t hash,
		       char ret_host[static LEARNED_HOST_MAX + 1]);

#endif
