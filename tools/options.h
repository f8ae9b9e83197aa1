/*
 * options.h - what the commands that speak of a running waymark have in
 * common: its state folder, and how the answer is to look.
 */
#ifndef WAYMARK_OPTIONS_H
#define WAYMARK_OPTIONS_H

#include <stdbool.h>

struct options {
	const char *state_dir;	/* NULL: that of this network namespace */
	bool json;
};

/*
 * Read --state-dir, with `has_json` --json too, and leave optind at the first
 * of the words behind them. False, with a complaint, when there are others, or
 * not `least` to `most` words.
 */
bool options_read(int argc, char *argv[], bool has_json, int min, int max,
		  struct options *options);

/* A number from 1 on; false: it is none. */
bool options_count(const char *text, unsigned long *ret);

#endif
