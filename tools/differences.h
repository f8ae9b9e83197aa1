/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * differences.h - what two policies treat differently, printed; for cmd_diff.c.
 */
#ifndef WAYMARK_DIFFERENCES_H
#define WAYMARK_DIFFERENCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "rules/compare/compare.h"

struct policy;

/* Print all differences. 0 or -ENOMEM. */
int differences_print(struct comparison *comparison, FILE *out);
int differences_json(struct comparison *comparison, FILE *out);

/* "via fast", "first via fast, then via cheap, late keep", ... */
void differences_course(const struct course *course, bool with_class, FILE *out);

struct query;

/* Print the answers of a query: the flows, and their outcome. 0 or -ENOMEM. */
int differences_print_answers(struct query *query, FILE *out);
int differences_json_answers(struct query *query, FILE *out);

/*
 * Replay captures by both policies and print a summary of the flows that
 * change. 0: none does; 1: some do; -1 after an error message.
 */
struct captures_options {
	const char *interface;		/* for `in`, or NULL */
	bool json;
};

int differences_captures(struct policy *const policies[2], char *paths[],
		  const struct captures_options *options, FILE *out);

#endif
