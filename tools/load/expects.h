/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * expects.h - run the expect lines of a policy, and report those that fail.
 */
#ifndef WAYMARK_EXPECTS_H
#define WAYMARK_EXPECTS_H

#include <stddef.h>
#include <stdio.h>

struct policy;

/* Report each that does not hold, as an `error` or a `warning`, with its place
 * and what decides instead. How many there are. */
size_t expects_run(const struct policy *policy, const char *what, FILE *out);

/* The same for the `expect never` lines; expects_run() calls it. */
size_t nevers_run(const struct policy *policy, const char *what, FILE *out);

#endif
