/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flows_group.h - add up listed flows by client, application, host, ...
 */
#ifndef WAYMARK_FLOWS_GROUP_H
#define WAYMARK_FLOWS_GROUP_H

#include <stdbool.h>
#include <stdio.h>

#include "tools/flows_list.h"

extern const char flows_group_keys[];
bool flows_group_has_key(const char *key);
/* Whether the key is only known once lines and classes are. */
bool flows_group_needs_lines(const char *key);

/* Print the sums of the groups of `list`, at most `rows`, as a table or as an
 * object in a line each: by packets, rate or flows if `sort` is that, else by
 * bytes. 0 or -ENOMEM. */
int flows_group_print(const struct flows_list *list, const char *key,
		      const char *sort, size_t rows, bool json, FILE *out);

#endif
