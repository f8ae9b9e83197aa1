/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_html.h - a replay as one page for browsers, and as a table for
 * spreadsheets.
 */
#ifndef WAYMARK_REPORT_HTML_H
#define WAYMARK_REPORT_HTML_H

#include <stdio.h>

#include "engine/replay/replay.h"

/* Write the page, which needs no other file. `path` is that of the policy,
 * `captures` ends with NULL. 0 or -errno. */
int report_html(const struct policy *policy, const char *path,
		char *const captures[], const struct replay *replay, FILE *out);

/* A head, then a line for each flow (RFC 4180); the columns are the members of
 * `replay --json`. 0 or -errno. */
int report_csv(const struct policy *policy, const struct replay *replay,
	       FILE *out);

#endif
