/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.h - parse the options that several commands have in common.
 */
#ifndef WAYMARK_OPTIONS_H
#define WAYMARK_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct options {
	const char *state_dir;	/* NULL: that of this network namespace */
	const char *events_dir;	/* NULL: the default */
	bool json;
	bool verbose;
};

/*
 * Parse --state-dir, and --json if `has_json`; optind is then the index of the
 * first argument. Returns false, after getopt's message, for other options or
 * if there are not `min` to `max` arguments.
 */
bool options_read(int argc, char *argv[], bool has_json, int min, int max,
		  struct options *options);

/* The same for `up` and `run`: --state-dir, --events-dir of `up`, -v and one
 * policy. */
bool options_read_daemon(int argc, char *argv[], bool has_events,
			 struct options *options);

/* Return the arguments with a blank between them, the caller's to free; NULL when
 * out of memory. */
char *options_join(int argc, char *argv[]);

/* Parse a time in seconds, minutes, hours or days: 90s, 30m, 1h, 2d. */
bool options_time(const char *text, int64_t *ret_seconds);

/* Parse a number greater than 0. */
bool options_count(const char *text, unsigned long *ret);

#endif
