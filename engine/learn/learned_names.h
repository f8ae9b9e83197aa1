/*
 * learned_names.h - host names that are too long for an item of the learned
 * store; only its files include this.
 *
 * Few names are that long, so there is room for one to some dozens of items.
 * An item has the hash of its name. When places are wanted, the name that was
 * put longest ago goes, and items that had it have none from then on. Any
 * thread may call everything here at any time; readers take no lock.
 */
#ifndef WAYMARK_LEARNED_NAMES_H
#define WAYMARK_LEARNED_NAMES_H

#include "engine/learn/learned.h"

struct learned_names;

/* Enough for so many items of the store. NULL: out of memory. */
struct learned_names *learned_names_new(size_t items, bool fixed_key);
void learned_names_free(struct learned_names *names);
size_t learned_names_bytes(const struct learned_names *names);

/* The hash that `host` is found by; `now_s` says when it was put. */
uint64_t learned_names_put(struct learned_names *names, const char *host,
			   uint32_t now_s);
/* False: it is not there any more. */
bool learned_names_get(const struct learned_names *names, uint64_t hash,
		       char ret_host[static LEARNED_HOST_MAX + 1]);

#endif
