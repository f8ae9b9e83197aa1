/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * expects.h - run the expect lines of a policy, and report those that fail.
 */
#ifndef WAYMARK_EXPECTS_H
#define WAYMARK_EXPECTS_H

#include <stddef.h>
#include <stdio.h>

struct place;
struct policy;

/*
 * Takes an expect line that does not hold, or cannot be proven. `details` has
 * what decides instead, in lines that begin with blanks; `place` is NULL if all
 * lines are concerned.
 */
typedef void (*expects_sink)(void *ctx, const struct place *place,
			     const char *text, const char *details);

/* The details of one line, while they are printed. */
struct expects_details {
	FILE *out;		/* NULL: out of memory */
	char *text;
	size_t len;
};

void expects_details_open(struct expects_details *details);
/* Pass them to `sink`: the line `text` at `place` does not hold. */
void expects_details_pass(struct expects_details *details,
			  const struct place *place, const char *text,
			  expects_sink sink, void *ctx);

/* Call `sink` for each line that does not hold. How many there are. */
size_t expects_each(const struct policy *policy, expects_sink sink, void *ctx);

/* Print them as an `error` or a `warning`, with their place. */
size_t expects_run(const struct policy *policy, const char *what, FILE *out);

/* The same for the `expect never` lines; expects_each() calls it. */
size_t nevers_each(const struct policy *policy, expects_sink sink, void *ctx);

#endif
