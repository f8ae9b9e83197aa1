/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset_names.h - write nft tests of a set of interfaces: full names, and
 * prefixes of names that end in *.
 */
#ifndef WAYMARK_SETUP_RULESET_NAMES_H
#define WAYMARK_SETUP_RULESET_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct offload_set;

/* The number of rules needed to match any of the names. */
size_t ruleset_names_rules(const struct offload_set *set);
/* Write the test of rule `index`; a negated test fits in one rule. */
void ruleset_names_write(const struct offload_set *set, bool negated,
			 size_t index, FILE *out);

#endif
