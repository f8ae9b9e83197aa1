/*
 * ruleset_names.h - a set of interfaces, whole names and beginnings of names,
 * as nft tests it.
 */
#ifndef WAYMARK_SETUP_RULESET_NAMES_H
#define WAYMARK_SETUP_RULESET_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct offload_set;

/* How many rules it takes to say that one of them holds. */
size_t ruleset_names_ways(const struct offload_set *set);
/* The test of one of these; all of it, when it is negated. */
void ruleset_names_write(const struct offload_set *set, bool negated,
			 size_t way, FILE *out);

#endif
