/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * top_table.h - print what flows carry, as the engine answers `traffic`: a table
 * of one kind, such as classes.
 */
#ifndef WAYMARK_TOP_TABLE_H
#define WAYMARK_TOP_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Kinds and columns to sort by, each list with a NULL at its end. */
extern const char *const top_kinds[];
extern const char *const top_sorts[];
/* The place of a word in such a list, or -1. */
int top_find(const char *const *list, const char *word);

/* Print at most `lines` lines. `sort` is marked. `width`: of a line, 0: any. */
void top_table_print(const json_t *traffic, const char *kind, const char *sort,
		     size_t lines, size_t width, FILE *out);

#endif
